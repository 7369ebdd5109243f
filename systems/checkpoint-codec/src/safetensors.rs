//! Saves in safetensors files: weights in BF16, F16 or F32, and moments in F32 where names say `exp_avg` or `exp_avg_sq`.
//!
//! A weight in F32 is two words of 16 bits; the upper halves of a tensor are coded as one tensor and the lower ones as another.

use std::fmt;

use crate::saves::{Class, Save, Tensor};

/// Bytes that a header may have.
const LONGEST: u64 = 64 << 20;

/// Why bytes are no save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SafetensorsError {
    /// The header is cut off, too long, or none.
    Header(String),
    /// A tensor whose type is not read.
    Type {
        /// Which one.
        tensor: String,
        /// Its type.
        found: String,
    },
    /// A tensor that does not lie in the file, or has another number of bytes than its shape says.
    Range {
        /// Which one.
        tensor: String,
    },
    /// A moment that is none of a weight tensor's.
    Moment {
        /// Which one.
        tensor: String,
        /// What is wrong with it.
        why: String,
    },
    /// There are no weights.
    Empty,
}

impl fmt::Display for SafetensorsError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(why) => write!(to, "the header is none of a safetensors file: {why}"),
            Self::Type { tensor, found } => {
                write!(to, "tensor `{tensor}` is of type {found}; BF16, F16 and F32 are read")
            }
            Self::Range { tensor } => write!(
                to,
                "the bytes of tensor `{tensor}` do not lie in the file, or are not those of its shape"
            ),
            Self::Moment { tensor, why } => {
                write!(to, "tensor `{tensor}` is a moment by its name, but {why}")
            }
            Self::Empty => write!(to, "there are no tensors of weights"),
        }
    }
}

impl std::error::Error for SafetensorsError {}

struct Entry {
    name: String,
    kind: String,
    count: usize,
    range: (usize, usize),
}

/// The save of a file; tensors are in the order of their names.
///
/// # Errors
/// Bytes that are no safetensors file, and types that are not read.
pub fn read(bytes: &[u8]) -> Result<Save, SafetensorsError> {
    let header = |why: &str| SafetensorsError::Header(why.to_owned());
    let length = bytes
        .first_chunk()
        .map(|head| u64::from_le_bytes(*head))
        .ok_or_else(|| header("the file has less than 8 bytes"))?;
    if length > LONGEST || length > bytes.len() as u64 - 8 {
        return Err(header("its length goes beyond the file"));
    }
    let (head, data) = bytes[8..].split_at(length as usize);
    let mut entries = json::entries(head).map_err(SafetensorsError::Header)?;
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    let mut save = Save { tensors: Vec::new() };
    let mut moments: Vec<(String, usize, Vec<f32>)> = Vec::new();
    for entry in entries {
        let size = match entry.kind.as_str() {
            "BF16" | "F16" => 2,
            "F32" => 4,
            _ => return Err(SafetensorsError::Type { tensor: entry.name, found: entry.kind }),
        };
        let found = data
            .get(entry.range.0..entry.range.1)
            .filter(|found| Some(found.len()) == entry.count.checked_mul(size));
        let Some(found) = found else { return Err(SafetensorsError::Range { tensor: entry.name }) };
        let of =
            |moment: &str| entry.name.strip_suffix(moment).map(|name| name.trim_end_matches('.').to_owned());
        let moment = of("exp_avg_sq").map(|name| (name, 1)).or_else(|| of("exp_avg").map(|name| (name, 0)));
        match moment {
            Some((name, which)) if size == 4 => {
                moments.push((name, which, values_of(&entry.name, which, found)?))
            }
            Some(_) => {
                let why = format!(
                    "is of type {}; `NAME.exp_avg` and `NAME.exp_avg_sq` are expected in F32",
                    entry.kind
                );
                return Err(SafetensorsError::Moment { tensor: entry.name, why });
            }
            _ if size == 2 => save.tensors.push(tensor(&entry.name, &entry.name, words(found, 2, 0))),
            _ => {
                let halves = [("upper", 2), ("lower", 0)];
                let half = |(half, offset): (&str, usize)| {
                    tensor(&format!("{}.{half}", entry.name), &entry.name, words(found, 4, offset))
                };
                save.tensors.extend(halves.map(half));
            }
        }
    }
    for (name, which, values) in moments {
        let of =
            |tensor: &&mut Tensor| tensor.name == name || tensor.name.strip_suffix(".upper") == Some(&name);
        match save.tensors.iter_mut().find(of) {
            Some(tensor) if tensor.weights.len() == values.len() => tensor.moments[which] = values,
            _ => {
                return Err(SafetensorsError::Moment {
                    tensor: format!("{name}.{}", ["exp_avg", "exp_avg_sq"][which]),
                    why: format!("there are no weights `{name}` of as many values"),
                });
            }
        }
    }
    if save.tensors.is_empty() { Err(SafetensorsError::Empty) } else { Ok(save) }
}

/// The values of the first (0) or second (1) moment: no codec has a code for what is not finite, nor the second for what is below zero.
fn values_of(tensor: &str, which: usize, bytes: &[u8]) -> Result<Vec<f32>, SafetensorsError> {
    let values = floats(bytes);
    let bad = |value: &f32| !value.is_finite() || which == 1 && *value < 0.0;
    match values.iter().position(bad) {
        None => Ok(values),
        Some(place) => {
            let expected = ["a finite number", "a finite number that is not negative"][which];
            let why = format!("its value {place} is {}, expected {expected}", values[place]);
            Err(SafetensorsError::Moment { tensor: tensor.to_owned(), why })
        }
    }
}

fn tensor(name: &str, whole: &str, weights: Vec<u16>) -> Tensor {
    let class = Class::of(whole);
    Tensor {
        name: name.to_owned(),
        class,
        weights,
        remainders: Vec::new(),
        moments: [Vec::new(), Vec::new()],
    }
}

fn words(bytes: &[u8], stride: usize, offset: usize) -> Vec<u16> {
    bytes.chunks_exact(stride).map(|word| u16::from_le_bytes([word[offset], word[offset + 1]])).collect()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|word| f32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect()
}

/// The header: an object of objects, of which names, types, shapes and offsets are read.
mod json {
    use super::Entry;

    struct Reader<'a> {
        bytes: &'a [u8],
        at: usize,
    }

    pub(super) fn entries(bytes: &[u8]) -> Result<Vec<Entry>, String> {
        let mut reader = Reader { bytes, at: 0 };
        let mut entries = Vec::new();
        reader.object(|reader, name| {
            let (mut kind, mut count, mut range) = (String::new(), None, None);
            reader.object(|reader, key| {
                match key.as_str() {
                    "dtype" => kind = reader.text()?,
                    "shape" => {
                        count = reader.numbers()?.iter().try_fold(1usize, |all, &side| all.checked_mul(side))
                    }
                    "data_offsets" => range = <[usize; 2]>::try_from(reader.numbers()?).ok(),
                    // Metadata has texts only.
                    _ => drop(reader.text()?),
                }
                Ok(())
            })?;
            match (name.as_str(), count, range) {
                ("__metadata__", ..) => Ok(()),
                (_, Some(count), Some([from, to])) if from <= to => {
                    entries.push(Entry { name, kind, count, range: (from, to) });
                    Ok(())
                }
                _ => Err(format!("tensor `{name}` has no shape or no offsets")),
            }
        })?;
        Ok(entries)
    }

    impl Reader<'_> {
        fn next(&mut self) -> Option<u8> {
            while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
                self.at += 1;
            }
            self.bytes.get(self.at).copied()
        }

        fn expect(&mut self, byte: u8) -> Result<(), String> {
            if self.next() != Some(byte) {
                return Err(format!("`{}` is expected at its byte {}", byte as char, self.at));
            }
            self.at += 1;
            Ok(())
        }

        fn object(
            &mut self,
            mut entry: impl FnMut(&mut Self, String) -> Result<(), String>,
        ) -> Result<(), String> {
            self.expect(b'{')?;
            while self.next() != Some(b'}') {
                let name = self.text()?;
                self.expect(b':')?;
                entry(self, name)?;
                if self.next() != Some(b',') {
                    break;
                }
                self.at += 1;
            }
            self.expect(b'}')
        }

        fn text(&mut self) -> Result<String, String> {
            self.expect(b'"')?;
            let start = self.at;
            while let Some(&byte) = self.bytes.get(self.at) {
                match byte {
                    b'"' => {
                        let text = String::from_utf8_lossy(&self.bytes[start..self.at]).into_owned();
                        self.at += 1;
                        return Ok(text);
                    }
                    // An escape stays as it is written: it names a tensor as well as what it stands for.
                    b'\\' => self.at += 2,
                    _ => self.at += 1,
                }
            }
            Err("a text does not end".to_owned())
        }

        fn numbers(&mut self) -> Result<Vec<usize>, String> {
            self.expect(b'[')?;
            let mut numbers = Vec::new();
            while self.next() != Some(b']') {
                let digits = self.bytes[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                let text = std::str::from_utf8(&self.bytes[self.at..self.at + digits]).unwrap_or_default();
                numbers.push(
                    text.parse()
                        .map_err(|_| format!("a whole number is expected at its byte {}", self.at))?,
                );
                self.at += digits;
                if self.next() != Some(b',') {
                    break;
                }
                self.at += 1;
            }
            self.expect(b']')?;
            Ok(numbers)
        }
    }
}
