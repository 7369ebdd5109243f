//! What the header of a GGUF file says of where its tensors begin, read by the format's own description (version 3).

/// Tensors begin at multiples of it where no key says otherwise.
const ALIGNMENT: u64 = 32;
/// The numbers of the types of texts and lists.
const TEXT: u32 = 8;
const LIST: u32 = 9;

struct Reader<'a> {
    bytes: &'a [u8],
    place: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        self.place += N;
        self.bytes[self.place - N..self.place].try_into().unwrap()
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take())
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.take())
    }

    fn text(&mut self) -> String {
        let length = self.u64() as usize;
        self.place += length;
        String::from_utf8(self.bytes[self.place - length..self.place].to_vec()).unwrap()
    }

    fn skip(&mut self, kind: u32) {
        match kind {
            TEXT => drop(self.text()),
            LIST => {
                let kind = self.u32();
                (0..self.u64()).for_each(|_| self.skip(kind));
            }
            0 | 1 | 7 => self.place += 1,
            2 | 3 => self.place += 2,
            4..=6 => self.place += 4,
            10..=12 => self.place += 8,
            other => panic!("values of type {other}"),
        }
    }
}

/// Bytes of the file behind its header: tensors, and the zeros between them.
pub(crate) fn tensor_bytes(bytes: &[u8]) -> u64 {
    let mut reader = Reader { bytes, place: 0 };
    assert_eq!((&reader.take(), reader.u32()), (b"GGUF", 3));
    let (tensors, keys) = (reader.u64(), reader.u64());
    for _ in 0..keys {
        assert_ne!(reader.text(), "general.alignment", "tensors begin elsewhere");
        let kind = reader.u32();
        reader.skip(kind);
    }
    let mut begins = Vec::new();
    for _ in 0..tensors {
        reader.text();
        let sizes = reader.u32() as usize;
        // Sizes, and the number of the type.
        reader.place += 8 * sizes + 4;
        begins.push(reader.u64());
    }
    let found = bytes.len() as u64 - (reader.place as u64).next_multiple_of(ALIGNMENT);
    assert!(
        begins.iter().all(|place| place.is_multiple_of(ALIGNMENT) && *place < found),
        "{begins:?} {found}"
    );
    found
}
