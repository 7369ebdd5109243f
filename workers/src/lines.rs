//! Lines of bounded length.

use std::io::{self, BufRead, Read};

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A whole line, without its end.
    Whole(Vec<u8>),
    /// More bytes than a line may have, with the first of them.
    TooLong(Vec<u8>),
    /// The end. Whatever stands behind the last line break was never finished.
    End,
}

/// The next line of at most `longest` bytes.
pub(crate) fn next(from: &mut impl BufRead, longest: usize) -> io::Result<Line> {
    let mut line = Vec::new();
    let limit = longest as u64 + 1;
    from.take(limit).read_until(b'\n', &mut line)?;
    Ok(match line.pop_if(|last| *last == b'\n') {
        Some(_) => Line::Whole(line),
        None if line.len() as u64 == limit => {
            line.truncate(1024);
            Line::TooLong(line)
        }
        None => Line::End,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_with_a_break_and_are_no_longer_than_they_may_be() {
        let mut text = &b"one\n\nseven77\neight888\n"[..];
        assert_eq!(next(&mut text, 7).unwrap(), Line::Whole(b"one".to_vec()));
        assert_eq!(next(&mut text, 7).unwrap(), Line::Whole(Vec::new()));
        assert_eq!(next(&mut text, 7).unwrap(), Line::Whole(b"seven77".to_vec()));
        assert_eq!(next(&mut text, 7).unwrap(), Line::TooLong(b"eight888".to_vec()));
        assert_eq!(next(&mut &b"half"[..], 7).unwrap(), Line::End);
    }
}
