//! Sealed lines: the outer form of every line in every log, of this format version and all later ones.
//!
//! ```text
//! {"v":1,"sum":"<16 hexadecimal digits>","record":<record as JSON>}
//! ```
//!
//! `sum` is the first 8 bytes of SHA-256 over the version in decimal, one space, and the record's bytes as
//! they stand in the line. The form is fixed to the byte, so that it is checked before any JSON is parsed.
//! What it does not find: lines that were removed or put into another order by hand.

use attune_core::hash::ContentHash;

/// The format version that this build writes and reads.
pub(crate) const VERSION: u64 = 1;

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LineFault {
    /// The text is not what was written.
    #[error("the checksum says {written} and the record has {computed}: the line was altered")]
    Checksum {
        /// As the line says.
        written: String,
        /// As it should say.
        computed: String,
    },
    /// Not a line of a log.
    #[error("found `{start}`, expected {{\"v\":…,\"sum\":\"…\",\"record\":…}}")]
    Form {
        /// How the line begins.
        start: String,
    },
    /// Intact, and written by another version.
    #[error("format {0}")]
    Version(u64),
}

/// The line for a record, line break included.
pub(crate) fn seal(json: &str) -> String {
    format!("{{\"v\":{VERSION},\"sum\":\"{}\",\"record\":{json}}}\n", checksum(VERSION, json))
}

/// The record in a line without its line break.
pub(crate) fn unseal(line: &[u8]) -> Result<&str, LineFault> {
    let form = || LineFault::Form { start: String::from_utf8_lossy(line).chars().take(24).collect() };
    let text = std::str::from_utf8(line).map_err(|_| form())?;
    let (version, written, json) = split(text).ok_or_else(form)?;
    let computed = checksum(version, json);
    if written != computed {
        return Err(LineFault::Checksum { written: written.to_owned(), computed });
    }
    if version != VERSION {
        return Err(LineFault::Version(version));
    }
    Ok(json)
}

/// Whether bytes can be the beginning of a sealed line.
pub(crate) fn begins(bytes: &[u8]) -> bool {
    let start = b"{\"v\":";
    let length = bytes.len().min(start.len());
    bytes[..length] == start[..length]
}

fn split(text: &str) -> Option<(u64, &str, &str)> {
    let (version, rest) = text.strip_prefix("{\"v\":")?.split_once(",\"sum\":\"")?;
    let (written, rest) = rest.split_once("\",\"record\":")?;
    Some((version.parse().ok()?, written, rest.strip_suffix('}')?))
}

fn checksum(version: u64, json: &str) -> String {
    let hash = ContentHash::of(format!("{version} {json}").as_bytes()).to_string();
    hash[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_single_flipped_bit_is_found() {
        let line = seal(r#"{"seconds":1.5}"#);
        let line = line.trim_end().as_bytes();
        assert_eq!(unseal(line), Ok(r#"{"seconds":1.5}"#));
        for bit in 0..line.len() * 8 {
            let mut damaged = line.to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(unseal(&damaged).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn every_prefix_of_a_line_is_refused() {
        let line = seal(r#"{"seconds":1.5}"#);
        for length in 0..line.len() - 1 {
            assert!(unseal(&line.as_bytes()[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn an_intact_line_of_another_version_is_told_from_damage() {
        let json = r#"{"minutes":1}"#;
        let line = format!("{{\"v\":2,\"sum\":\"{}\",\"record\":{json}}}", checksum(2, json));
        assert_eq!(unseal(line.as_bytes()), Err(LineFault::Version(2)));
        let altered = line.replace("\"v\":2", "\"v\":3");
        assert!(matches!(unseal(altered.as_bytes()), Err(LineFault::Checksum { .. })));
    }

    #[test]
    fn the_form_is_pinned() {
        assert_eq!(seal("{}"), "{\"v\":1,\"sum\":\"dce5d808836077fc\",\"record\":{}}\n");
    }
}
