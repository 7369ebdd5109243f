//! A reader of GGUF files, by the format's description (ggml's `docs/gguf.md`).

use std::collections::BTreeMap;

/// A value of a key.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Key {
    U32(u32),
    I32(i32),
    F32(f32),
    Bool(bool),
    Text(String),
    List(Vec<Key>),
}

pub(super) struct Stored {
    pub(super) kind: u32,
    /// The outermost axis first.
    pub(super) shape: Vec<usize>,
    pub(super) bytes: Vec<u8>,
}

pub(super) struct Gguf {
    pub(super) keys: BTreeMap<String, Key>,
    pub(super) tensors: BTreeMap<String, Stored>,
}

/// Number and name of a type, the numbers of a block and its bytes (`ggml.h`, `ggml-common.h`).
const KINDS: [(u32, &str, usize, usize); 14] = [
    (0, "f32", 1, 4),
    (1, "f16", 1, 2),
    (2, "q4_0", 32, 18),
    (3, "q4_1", 32, 20),
    (6, "q5_0", 32, 22),
    (7, "q5_1", 32, 24),
    (8, "q8_0", 32, 34),
    (10, "q2_k", 256, 84),
    (11, "q3_k", 256, 110),
    (12, "q4_k", 256, 144),
    (13, "q5_k", 256, 176),
    (14, "q6_k", 256, 210),
    (30, "bf16", 1, 2),
    (39, "mxfp4", 32, 17),
];

impl Stored {
    pub(super) fn kind_name(&self) -> &'static str {
        KINDS.iter().find(|kind| kind.0 == self.kind).unwrap().1
    }
}

impl Gguf {
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let mut reader = Reader { bytes, at: 0 };
        assert_eq!(reader.take(4), b"GGUF");
        assert_eq!(reader.u32(), 3);
        let (tensors, keys) = (reader.u64(), reader.u64());
        let mut found = Self { keys: BTreeMap::new(), tensors: BTreeMap::new() };
        for _ in 0..keys {
            let (name, kind) = (reader.text(), reader.u32());
            let value = reader.value(kind);
            assert!(found.keys.insert(name.clone(), value).is_none(), "{name} twice");
        }
        let mut infos = Vec::new();
        for _ in 0..tensors {
            let (name, axes) = (reader.text(), reader.u32());
            let mut shape: Vec<usize> = (0..axes).map(|_| reader.u64()).collect();
            shape.reverse();
            infos.push((name, shape, reader.u32(), reader.u64()));
        }
        let start = reader.at.next_multiple_of(32);
        let mut end = start;
        for (name, shape, kind, offset) in infos {
            assert_eq!((start + offset, offset % 32), (end, 0), "{name} begins where the one before ends");
            let &(_, _, numbers, size) = KINDS.iter().find(|known| known.0 == kind).unwrap();
            let length = shape.iter().product::<usize>() / numbers * size;
            let stored = bytes[start + offset..][..length].to_vec();
            end = (start + offset + length).next_multiple_of(32);
            assert!(
                found.tensors.insert(name.clone(), Stored { kind, shape, bytes: stored }).is_none(),
                "{name} twice"
            );
        }
        assert_eq!(end, bytes.len(), "nothing is behind the last tensor");
        found
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> &'a [u8] {
        self.at += length;
        &self.bytes[self.at - length..self.at]
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take(4).try_into().unwrap())
    }

    fn u64(&mut self) -> usize {
        u64::from_le_bytes(self.take(8).try_into().unwrap()) as usize
    }

    fn text(&mut self) -> String {
        let length = self.u64();
        String::from_utf8(self.take(length).to_vec()).unwrap()
    }

    fn value(&mut self, kind: u32) -> Key {
        match kind {
            4 => Key::U32(self.u32()),
            5 => Key::I32(self.u32().cast_signed()),
            6 => Key::F32(f32::from_bits(self.u32())),
            7 => Key::Bool(self.take(1) == [1]),
            8 => Key::Text(self.text()),
            9 => {
                let (kind, length) = (self.u32(), self.u64());
                Key::List((0..length).map(|_| self.value(kind)).collect())
            }
            other => panic!("no value here is of type {other}"),
        }
    }
}
