//! Place: what edits of a kind touch, and so where they come in a plan.

/// What an edit touches, and so where it comes in a plan: by group (for example a `layer`), then by part.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct PlaceRule {
    /// The argument with the number of the group; edits without it belong to group 0.
    pub group: Option<String>,
    /// The arguments that name a part of the group, the slowest first.
    pub parts: Vec<Part>,
}

/// An argument that names a part of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The argument; its absence counts as 0.
    pub argument: String,
    /// Where counting begins when it is there.
    pub base: u64,
}
