//! Edits without meaning.

/// Why an open edit has no meaning here.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// The vocabulary has no such edit.
    #[error("unknown edit `{kind}`{hint}; this attune knows {known}")]
    UnknownKind {
        /// What was found.
        kind: String,
        /// Nearest known kind, ready to print.
        hint: String,
        /// The kinds that are known.
        known: String,
    },
    /// A required argument is absent.
    #[error("edit `{kind}` lacks the argument `{argument}`")]
    MissingArgument {
        /// The edit.
        kind: String,
        /// The argument.
        argument: String,
    },
    /// An argument that the edit does not have.
    #[error("edit `{kind}` has no argument `{argument}`")]
    UnknownArgument {
        /// The edit.
        kind: String,
        /// The argument.
        argument: String,
    },
    /// An argument of the wrong type or out of range.
    #[error("argument `{argument}` of edit `{kind}` is {found}, expected {expected}")]
    BadArgument {
        /// The edit.
        kind: String,
        /// The argument.
        argument: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
}
