//! Pickles of protocol 2 to 5, as far as snapshots have them: values, lists, tuples and dicts. Nothing that a pickle could call is
//! known here, so nothing is called.

use super::document::{Document, Node};

type Fault = (usize, &'static str);
const SHORT: &str = "the file ends too early";
const EMPTY: &str = "something is taken from an empty stack";

/// Reads a file; the error says where, in bytes from 0, and what is wrong.
pub(super) fn read(bytes: &[u8]) -> Result<Document, Fault> {
    Reader {
        bytes,
        at: 0,
        document: Document::default(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: Vec::new(),
    }
    .read()
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    document: Document,
    stack: Vec<usize>,
    /// Lengths of the stack where something began.
    marks: Vec<usize>,
    memo: Vec<usize>,
}

impl<'a> Reader<'a> {
    fn read(mut self) -> Result<Document, Fault> {
        loop {
            let at = self.at;
            let code = self.take(1)?[0];
            match code {
                0x80 => drop(self.take(1)?),
                0x95 => drop(self.take(8)?),
                b'.' => {
                    self.document.root = self.pop()?;
                    return Ok(self.document);
                }
                b'(' => self.marks.push(self.stack.len()),
                b'0' => drop(self.pop()?),
                b'N' => self.push(Node::Null),
                0x88 | 0x89 => self.push(Node::Other),
                b'J' => {
                    let bytes = self.take(4)?;
                    self.push(Node::Int(i64::from(i32::from_le_bytes([
                        bytes[0], bytes[1], bytes[2], bytes[3],
                    ]))));
                }
                b'K' => self.int(1)?,
                b'M' => self.int(2)?,
                0x8a => {
                    let length = self.take(1)?[0] as usize;
                    let bytes = self.take(length)?;
                    self.push(long(bytes));
                }
                b'G' => {
                    self.take(8)?;
                    self.push(Node::Other);
                }
                0x8c => self.text(1)?,
                b'X' => self.text(4)?,
                0x8d => self.text(8)?,
                b']' => self.push(Node::List(Vec::new())),
                b'}' => self.push(Node::Map(Vec::new())),
                b')' => self.push(Node::List(Vec::new())),
                b't' => {
                    let values = self.since_mark()?;
                    self.push(Node::List(values));
                }
                0x85..=0x87 => {
                    let count = usize::from(code - 0x84);
                    let first = self.stack.len().checked_sub(count).ok_or((at, EMPTY))?;
                    let values = self.stack.split_off(first);
                    self.push(Node::List(values));
                }
                b'a' => {
                    let value = self.pop()?;
                    self.append(vec![value])?;
                }
                b'e' => {
                    let values = self.since_mark()?;
                    self.append(values)?;
                }
                b's' => {
                    let (value, key) = (self.pop()?, self.pop()?);
                    self.set(vec![key, value])?;
                }
                b'u' => {
                    let values = self.since_mark()?;
                    self.set(values)?;
                }
                0x94 => {
                    let top = *self.stack.last().ok_or((at, EMPTY))?;
                    self.memo.push(top);
                }
                b'q' => self.put(1)?,
                b'r' => self.put(4)?,
                b'h' => self.get(1)?,
                b'j' => self.get(4)?,
                _ => {
                    return Err((
                        at,
                        "an operation that no memory snapshot has; nothing of it was carried out",
                    ));
                }
            }
        }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let end =
            self.at.checked_add(count).filter(|&end| end <= self.bytes.len()).ok_or((self.at, SHORT))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn number(&mut self, count: usize) -> Result<usize, Fault> {
        let at = self.at;
        let bytes = self.take(count)?;
        let value = bytes.iter().rev().fold(0_u64, |value, &byte| value << 8 | u64::from(byte));
        usize::try_from(value).map_err(|_| (at, SHORT))
    }

    fn push(&mut self, node: Node) {
        let node = self.document.add(node);
        self.stack.push(node);
    }

    fn pop(&mut self) -> Result<usize, Fault> {
        self.stack.pop().ok_or((self.at, EMPTY))
    }

    fn int(&mut self, count: usize) -> Result<(), Fault> {
        let value = self.number(count)?;
        self.push(Node::Int(value as i64));
        Ok(())
    }

    fn text(&mut self, count: usize) -> Result<(), Fault> {
        let length = self.number(count)?;
        let text = String::from_utf8_lossy(self.take(length)?).into_owned();
        self.push(Node::Text(text));
        Ok(())
    }

    fn since_mark(&mut self) -> Result<Vec<usize>, Fault> {
        let mark = self.marks.pop().filter(|&mark| mark <= self.stack.len());
        Ok(self.stack.split_off(mark.ok_or((self.at, "something ends that has not begun"))?))
    }

    fn append(&mut self, values: Vec<usize>) -> Result<(), Fault> {
        let top = *self.stack.last().ok_or((self.at, EMPTY))?;
        let Node::List(list) = &mut self.document.nodes[top] else {
            return Err((self.at, "values are added to what is no list"));
        };
        list.extend(values);
        Ok(())
    }

    fn set(&mut self, values: Vec<usize>) -> Result<(), Fault> {
        let top = *self.stack.last().ok_or((self.at, EMPTY))?;
        let Node::Map(map) = &mut self.document.nodes[top] else {
            return Err((self.at, "entries are added to what is no dict"));
        };
        map.extend(values.chunks_exact(2).map(|pair| (pair[0], pair[1])));
        Ok(())
    }

    /// Entries of the memo are numbered in the order in which they come.
    fn put(&mut self, count: usize) -> Result<(), Fault> {
        let place = self.number(count)?;
        let top = *self.stack.last().ok_or((self.at, EMPTY))?;
        if place > self.memo.len() {
            return Err((self.at, "an entry of the memo is out of order"));
        }
        self.memo.truncate(place);
        self.memo.push(top);
        Ok(())
    }

    fn get(&mut self, count: usize) -> Result<(), Fault> {
        let place = self.number(count)?;
        let node = *self.memo.get(place).ok_or((self.at, "an entry of the memo that there is not"))?;
        self.stack.push(node);
        Ok(())
    }
}

/// A whole number of any length, the least byte first, in two's complement.
fn long(bytes: &[u8]) -> Node {
    if bytes.len() > 8 {
        // Addresses need at most nine bytes, where the last only says that there is no sign.
        let spare = bytes[8..].iter().all(|&byte| byte == 0) && bytes[7] < 0x80;
        if !spare {
            return Node::Other;
        }
    }
    let negative = bytes.len() <= 8 && bytes.last().is_some_and(|&byte| byte >= 0x80);
    let mut wide = [if negative { 0xff } else { 0 }; 8];
    let count = bytes.len().min(8);
    wide[..count].copy_from_slice(&bytes[..count]);
    Node::Int(i64::from_le_bytes(wide))
}
