//! Why a study cannot be searched for its target.

/// Why a study cannot be searched for its target.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// It takes no edit that the technique emits.
    #[error(
        "target: `{target}` takes {takes}, and plans of technique `{technique}` are made of {edits}: {why}; choose another \
         technique or another target (`attune target show {target}` says what it takes), or leave `target` out"
    )]
    NoEdit {
        /// The target.
        target: &'static str,
        /// The technique.
        technique: String,
        /// The kinds of edit that the target takes.
        takes: String,
        /// Those that the technique emits.
        edits: String,
        /// Why it does not take the first of these, and what would work.
        why: &'static str,
    },
    /// It cannot express a plan of the space.
    #[error(
        "target: `{target}` cannot express {config} of technique `{technique}`, whose plan has the edit {edit}: {reason} \
         (`attune target show {target}` says what it takes), or leave `target` out, or say `target: \"plan\"`"
    )]
    Inexpressible {
        /// The target.
        target: &'static str,
        /// The technique.
        technique: String,
        /// The config, in words.
        config: String,
        /// The edit, in its canonical text form.
        edit: String,
        /// Why, and what would work.
        reason: String,
    },
}
