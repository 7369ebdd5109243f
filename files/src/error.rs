//! Errors of reading a file.

use std::fmt;
use std::fs::FileType;
use std::io;
use std::path::PathBuf;

use attune_core::describe::of_system;

/// A file that cannot be read as what it was meant for. Every message names the file.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system refuses.
    #[error("cannot read {}: {}", path.display(), of_system(source))]
    Io {
        /// Path of the file, as the message names it.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no regular file.
    #[error("{} is {kind}, expected a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What is there.
        kind: FileKind,
    },
    /// It is larger than anything that is meant.
    #[error("{} has {} bytes, expected at most {limit}: is it the file that was meant?", path.display(), more_than(*bytes, *limit))]
    TooLarge {
        /// Path of the file, as the message names it.
        path: PathBuf,
        /// Its size as far as it is known; one more than `limit` when it grew while it was read.
        bytes: u64,
        /// The most that is read, in bytes.
        limit: u64,
    },
    /// It is no text in UTF-8.
    #[error(
        "{}:{line}: byte {offset} of the file is {byte:#04x}, which is no UTF-8; save the file as UTF-8",
        path.display()
    )]
    NotUtf8 {
        /// Path of the file, as the message names it.
        path: PathBuf,
        /// Line of the first byte that does not fit, from 1.
        line: usize,
        /// Its position in the file, from 0.
        offset: usize,
        /// The byte.
        byte: u8,
    },
}

/// What is at a path that is no regular file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A folder.
    Folder,
    /// A named pipe.
    Pipe,
    /// A socket.
    Socket,
    /// A character or block device.
    Device,
    /// Something that this program has no word for.
    Other,
}

impl FileKind {
    pub(crate) fn of(kind: FileType) -> Self {
        if kind.is_dir() {
            return Self::Folder;
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::FileTypeExt as _;
            if kind.is_fifo() {
                return Self::Pipe;
            }
            if kind.is_socket() {
                return Self::Socket;
            }
            if kind.is_char_device() || kind.is_block_device() {
                return Self::Device;
            }
        }
        Self::Other
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Folder => "a folder",
            Self::Pipe => "a pipe",
            Self::Socket => "a socket",
            Self::Device => "a device",
            Self::Other => "something special",
        })
    }
}

fn more_than(bytes: u64, limit: u64) -> String {
    // A file without a size of its own was read just far enough to know.
    if bytes == limit + 1 { format!("more than {limit}") } else { bytes.to_string() }
}
