//! Removing, renaming and cloning a study.

use crate::line_edit::LineEdit;

/// What a study is to have done to it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    Remove,
    /// The new name, as it is typed.
    Rename(LineEdit),
    /// The name of the second one, as it is typed.
    Clone(LineEdit),
}

impl Change {
    pub(crate) fn line(&self) -> Option<&LineEdit> {
        match self {
            Self::Remove => None,
            Self::Rename(line) | Self::Clone(line) => Some(line),
        }
    }

    pub(crate) fn line_mut(&mut self) -> Option<&mut LineEdit> {
        match self {
            Self::Remove => None,
            Self::Rename(line) | Self::Clone(line) => Some(line),
        }
    }
}
