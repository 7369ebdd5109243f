//! Values of the interface as they lie in a component's memory (the canonical ABI of the component model), chosen by the
//! bytes of an input.

/// A type of the interface.
pub(crate) enum Type {
    Bool,
    U32,
    S64,
    F64,
    Text,
    List(&'static Type),
    /// A record or a tuple.
    Record(&'static [Type]),
    /// The payloads of the cases of a variant, an enum, an option or a result.
    Variant(&'static [Option<Type>]),
}

impl Type {
    fn align(&self) -> usize {
        match self {
            Self::Bool => 1,
            Self::U32 | Self::Text | Self::List(_) => 4,
            Self::S64 | Self::F64 => 8,
            Self::Record(fields) => fields.iter().map(Self::align).max().unwrap_or(1),
            Self::Variant(cases) => payloads(cases).map(Self::align).max().unwrap_or(1),
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Bool => 1,
            Self::U32 => 4,
            Self::S64 | Self::F64 | Self::Text | Self::List(_) => 8,
            Self::Record(fields) => {
                let end = fields
                    .iter()
                    .fold(0_usize, |at, field| at.next_multiple_of(field.align()) + field.size());
                end.next_multiple_of(self.align())
            }
            Self::Variant(cases) => {
                let largest = payloads(cases).map(Self::size).max().unwrap_or(0);
                (payload_offset(cases) + largest).next_multiple_of(self.align())
            }
        }
    }
}

fn payloads(cases: &'static [Option<Type>]) -> impl Iterator<Item = &'static Type> {
    cases.iter().flatten()
}

fn payload_offset(cases: &'static [Option<Type>]) -> usize {
    payloads(cases).map(Type::align).max().unwrap_or(1).max(1)
}

/// The bytes of an input, one choice after the other; all zero at its end.
pub(crate) struct Choices<'a>(pub(crate) &'a [u8]);

impl Choices<'_> {
    pub(crate) fn next(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.next()) % all.len()]
    }
}

const TEXTS: [&[u8]; 24] = [
    b"a",
    b"b",
    b"c",
    b"layer",
    b"keep-experts",
    b"memory",
    b"bytes",
    b"d",
    b"e",
    b"f",
    b"uniform",
    b"default",
    b"",
    b"\xff\xfe",
    b"dense",
    b"\x1b[2J",
    b"\xe2\x80\xae",
    b" a",
    b"layer",
    b"experts",
    b"sink",
    b"group-size",
    b"bits",
    b"random-best",
];
const WHOLE: [u32; 16] =
    [0, 1, 2, 3, 4, 1, 2, 3, 8, 16, 64, 4095, 1 << 20, i32::MAX as u32, u32::MAX, 0x8000_0000];
const REAL: [f64; 20] = [
    0.0,
    1.0,
    2.0,
    4.0,
    -1.0,
    0.5,
    1e-3,
    3.0,
    -0.0,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MIN_POSITIVE,
    5e-324,
    f64::MAX,
    f64::MIN,
    1e16,
    1e100,
    -1e-100,
    8.0,
];

/// A piece of a component's memory that begins at `base`.
pub(crate) struct Memory {
    pub(crate) bytes: Vec<u8>,
    base: u32,
    end: usize,
}

impl Memory {
    pub(crate) fn new(base: u32, size: usize) -> Self {
        Self { bytes: vec![0; size], base, end: 0 }
    }

    /// Writes a value where nothing is yet.
    pub(crate) fn add(&mut self, kind: &Type, choices: &mut Choices<'_>) {
        if let Some(at) = self.allocate(kind.size(), kind.align()) {
            self.write(at, kind, choices);
        }
    }

    fn allocate(&mut self, size: usize, align: usize) -> Option<usize> {
        let at = self.end.next_multiple_of(align);
        self.end = at.checked_add(size).filter(|end| *end <= self.bytes.len())?;
        Some(at)
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn write(&mut self, at: usize, kind: &Type, choices: &mut Choices<'_>) {
        match kind {
            Type::Bool => self.put(at, &[choices.next() % 3]),
            Type::U32 => self.put(at, &choices.of(&WHOLE).to_le_bytes()),
            Type::S64 => {
                let number = match choices.next() % 8 {
                    0 => i64::MIN,
                    1 => i64::MAX,
                    2 => -i64::from(choices.of(&WHOLE)),
                    _ => i64::from(choices.of(&WHOLE)),
                };
                self.put(at, &number.to_le_bytes());
            }
            Type::F64 => self.put(at, &choices.of(&REAL).to_le_bytes()),
            Type::Text => {
                let text = choices.of(&TEXTS);
                self.listed(at, text.len(), 1, 1, choices, |memory, at, _| memory.put(at, text));
            }
            Type::List(item) => {
                let many = choices.next() == 255;
                let length = if many { 1000 } else { usize::from(choices.next() % 5) };
                self.listed(at, length, item.size(), item.align(), choices, |memory, at, choices| {
                    for number in 0..length {
                        memory.write(at + number * item.size(), item, choices);
                    }
                });
            }
            Type::Record(fields) => {
                let mut at = at;
                for field in *fields {
                    at = at.next_multiple_of(field.align());
                    self.write(at, field, choices);
                    at += field.size();
                }
            }
            Type::Variant(cases) => {
                let number = match choices.next() {
                    255 => cases.len(),
                    number => usize::from(number) % cases.len(),
                };
                self.put(at, &[number as u8]);
                if let Some(Some(payload)) = cases.get(number) {
                    self.write(at + payload_offset(cases), payload, choices);
                }
            }
        }
    }

    /// Writes where a list is and how long, and has it written; now and then the length is a lie.
    fn listed(
        &mut self,
        at: usize,
        length: usize,
        size: usize,
        align: usize,
        choices: &mut Choices<'_>,
        write: impl FnOnce(&mut Self, usize, &mut Choices<'_>),
    ) {
        let Some(items) = self.allocate(length * size, align) else { return };
        let said = if choices.next() == 255 { choices.of(&WHOLE) } else { length as u32 };
        self.put(at, &(self.base + items as u32).to_le_bytes());
        self.put(at + 4, &said.to_le_bytes());
        write(self, items, choices);
    }
}
