//! Notes on a store: what a person should know and that stops nobody.

use std::fmt;

/// Something that was found, and what was done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The last line was not written completely, so nobody was told that it is kept. It was cut off.
    TornLine {
        /// The log.
        path: String,
        /// Length of the torn line.
        bytes: u64,
    },
    /// The last line is complete and unreadable, and nothing says that it was ever acknowledged.
    UnreadableEnd {
        /// The log.
        path: String,
        /// The line.
        line: u64,
        /// What is wrong with it.
        fault: String,
        /// Where the log as it was is kept.
        kept: String,
    },
    /// A log that the index knows is gone: somebody moved or removed it.
    Gone {
        /// The log.
        path: String,
        /// Lines that it had.
        lines: u64,
    },
    /// The index was filled from the logs.
    Indexed {
        /// The index.
        path: String,
        /// Lines that were read.
        lines: u64,
    },
    /// A log cannot be used, also not in part; everything else can.
    Unusable {
        /// The error's text.
        error: String,
    },
    /// Repair moved a file aside.
    MovedAside {
        /// What it was called.
        path: String,
        /// What it is called now.
        kept: String,
    },
    /// Repair kept the readable part of a log.
    Kept {
        /// The log.
        path: String,
        /// Lines that were kept.
        kept: u64,
        /// Lines that were dropped from the log; all are in the file that was moved aside.
        dropped: u64,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TornLine { path, bytes } => write!(
                f,
                "{path} ended in a line that was never written completely ({bytes} bytes); it was cut off, and \
                 what it said will be computed again"
            ),
            Self::UnreadableEnd { path, line, fault, kept } => write!(
                f,
                "the last line of {path} (line {line}) could not be read and was cut off: {fault}; the file as it \
                 was is kept as {kept}"
            ),
            Self::Gone { path, lines } => {
                write!(f, "{path} with {lines} lines is gone and was forgotten; put it back to use it again")
            }
            Self::Indexed { path, lines } => {
                write!(f, "the index {path} was filled from {lines} lines of text")
            }
            Self::Unusable { error } => write!(f, "{error}"),
            Self::MovedAside { path, kept } => write!(f, "{path} was moved aside to {kept}"),
            Self::Kept { path, kept, dropped } => {
                write!(
                    f,
                    "{path} keeps the lines that can be used ({kept}); the others ({dropped}) are only in the copy"
                )
            }
        }
    }
}
