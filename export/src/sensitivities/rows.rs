//! Comma-separated values (RFC 4180): rows of texts, read with the line that each begins in, and written.

use csv_core::{ReadFieldResult, Reader, Terminator, WriteResult, Writer, WriterBuilder};

/// A row, and the line that it begins in, from 1. Empty lines are none.
pub(super) type Row = (u64, Vec<String>);

/// The rows of a text; spaces around texts are left out.
pub(super) fn read(text: &str) -> Vec<Row> {
    let (mut reader, mut rows, mut row) = (Reader::new(), Vec::new(), Vec::new());
    let mut rest = text.as_bytes();
    let mut field = vec![0; rest.len() + 1];
    let (mut line, mut filled, mut begins) = (1, 0, 1);
    loop {
        if row.is_empty() && filled == 0 {
            while let Some((b'\r' | b'\n', after)) = rest.split_first().map(|(first, after)| (*first, after))
            {
                line += u64::from(rest[0] == b'\n');
                rest = after;
            }
            begins = line;
        }
        let (result, read, wrote) = reader.read_field(rest, &mut field[filled..]);
        line += rest[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
        rest = &rest[read..];
        filled += wrote;
        match result {
            ReadFieldResult::InputEmpty | ReadFieldResult::OutputFull => {}
            ReadFieldResult::Field { record_end } => {
                row.push(String::from_utf8_lossy(&field[..filled]).trim().to_owned());
                filled = 0;
                if record_end {
                    rows.push((begins, std::mem::take(&mut row)));
                }
            }
            ReadFieldResult::End => return rows,
        }
    }
}

/// Rows as a text.
pub(super) fn write(rows: &[Vec<String>]) -> String {
    let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).build();
    let mut text = Vec::new();
    for row in rows {
        for (number, field) in row.iter().enumerate() {
            if number > 0 {
                put(&mut text, &mut writer, 0, &mut |writer, out| writer.delimiter(out));
            }
            put(&mut text, &mut writer, field.len(), &mut |writer, out| {
                let (result, _, wrote) = writer.field(field.as_bytes(), out);
                (result, wrote)
            });
        }
        put(&mut text, &mut writer, 0, &mut |writer, out| writer.terminator(out));
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// How a writer writes into a buffer, and how many bytes of it.
type Write<'a> = dyn FnMut(&mut Writer, &mut [u8]) -> (WriteResult, usize) + 'a;

/// Lets the writer write what takes `len` bytes, each of them a quote that is doubled, and quotes around.
fn put(text: &mut Vec<u8>, writer: &mut Writer, len: usize, write: &mut Write<'_>) {
    let end = text.len();
    text.resize(end + 2 * len + 4, 0);
    let (_, wrote) = write(writer, &mut text[end..]);
    text.truncate(end + wrote);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_read_back_as_they_were_written() {
        let row = |fields: &[&str]| fields.iter().map(|field| (*field).to_owned()).collect::<Vec<String>>();
        let rows = [row(&["a", "b"]), row(&["plain", "x,\"y\"\nz"]), row(&["", "4"])];
        let text = write(&rows);
        assert_eq!(text, "a,b\nplain,\"x,\"\"y\"\"\nz\"\n,4\n");
        let read = read(&text);
        assert_eq!(read.iter().map(|(_, row)| row.clone()).collect::<Vec<_>>(), rows);
        assert_eq!(read.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2, 4]);
    }

    #[test]
    fn empty_lines_and_the_ends_of_other_systems_count_as_lines() {
        let read = read("\r\na, b\r\n\r\n1,2\r\n3,4");
        assert_eq!(read.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 4, 5]);
        assert_eq!(read[0].1, ["a", "b"]);
        assert!(super::read("").is_empty() && super::read("\n\n").is_empty());
    }
}
