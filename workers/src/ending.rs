//! How a worker ended.

use std::fmt;
use std::time::Duration;

use attune_core::printable;

/// Lines of standard error that a message repeats.
const LINES: usize = 4;
/// Characters of each of them, and of a line that is not as the protocol has it.
const CHARACTERS: usize = 200;
/// Bytes of a line that are looked at for that.
const LOOKED_AT: usize = 4096;

/// How a worker ended, and what it last wrote for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    /// Why.
    pub cause: Cause,
    /// The last lines of its standard error, the latest at the end.
    pub stderr: Vec<String>,
}

/// Why a worker is no more.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// It ended by itself, or somebody else ended it.
    Exited {
        /// How: `exited with code 1`.
        how: String,
    },
    /// It closed its standard output and went on; it was ended.
    ClosedOutput,
    /// It did not answer `hello`; it was ended.
    NoHello(Duration),
    /// Nothing was heard of it; it was ended.
    Silent(Duration),
    /// It went on with a request that was called off; it was ended.
    NotCancelled(Duration),
    /// It said what the protocol does not have; it was ended.
    Nonsense {
        /// What it said, shortened.
        line: String,
        /// What is wrong with that.
        why: String,
    },
    /// The host had no more need of it.
    Closed,
}

impl Cause {
    /// It said `line`, which is wrong because of `why`.
    pub(crate) fn nonsense(line: &str, why: impl Into<String>) -> Self {
        Self::Nonsense { line: shown(line), why: why.into() }
    }
}

/// A line as messages quote it.
pub(crate) fn shown(line: &str) -> String {
    printable::line(line.trim(), CHARACTERS).into_owned()
}

/// A line as it came, likewise; of a very long one, its beginning.
pub(crate) fn shown_bytes(line: &[u8]) -> String {
    shown(&String::from_utf8_lossy(&line[..line.len().min(LOOKED_AT)]))
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Exited { how } => write!(f, "it {how}")?,
            Cause::ClosedOutput => write!(f, "it closed its standard output and went on, and was ended")?,
            Cause::NoHello(time) => write!(f, "it did not answer `hello` within {time:?}, and was ended")?,
            Cause::Silent(time) => write!(
                f,
                "nothing was heard of it for {time:?}, not even a heartbeat, and it was ended (`idle-seconds` of its `hello` \
                 allows more)"
            )?,
            Cause::NotCancelled(time) => {
                write!(f, "it went on for {time:?} with a request that was called off, and was ended")?;
            }
            Cause::Nonsense { line, why } => {
                write!(f, "it broke the protocol, and was ended: it said `{line}`, and {why}")?;
            }
            Cause::Closed => write!(f, "it was closed")?,
        }
        let last = &self.stderr[self.stderr.len().saturating_sub(LINES)..];
        if last.is_empty() {
            return write!(f, "; its standard error is empty");
        }
        let last: Vec<String> = last.iter().map(|line| shown(line)).collect();
        write!(f, "; the last lines of its standard error: {}", last.join(" | "))
    }
}
