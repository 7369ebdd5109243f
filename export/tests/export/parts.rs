//! Weights are read and written tensor by tensor: no exporter holds a file of them.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;

use attune_core::exporter::{ExportInput, FileSink, ModelFiles, OpenFile};
use attune_core::facts::Facts;
use attune_core::plan::{Edit, Plan};
use attune_export::target;
use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{Module, NumberGrid, arrange};

use crate::checkpoint::{Files, keep, provenance};
use crate::gguf::{self, HIDDEN, INNER, bits};

/// What no header of these tests is larger than.
const HEADER: usize = 1 << 16;

/// Files whose weights are handed out in parts alone.
struct InParts<'a> {
    files: &'a Files,
    largest: Cell<usize>,
}

impl ModelFiles for InParts<'_> {
    fn names(&self) -> Vec<String> {
        self.files.names()
    }

    fn read(&self, name: &str) -> io::Result<Cow<'_, [u8]>> {
        assert!(!name.ends_with(".safetensors"), "{name} is read as a whole");
        self.files.read(name)
    }

    fn size(&self, name: &str) -> io::Result<u64> {
        self.files.size(name)
    }

    fn read_part(&self, name: &str, part: Range<u64>) -> io::Result<Cow<'_, [u8]>> {
        let bytes = self.files.read_part(name, part)?;
        self.largest.set(self.largest.get().max(bytes.len()));
        Ok(bytes)
    }
}

/// Files, and the most bytes that were handed over at once.
#[derive(Default)]
struct Written {
    files: BTreeMap<String, Vec<u8>>,
    largest: usize,
}

struct One<'a> {
    name: String,
    bytes: Vec<u8>,
    to: &'a mut Written,
}

impl FileSink for Written {
    fn begin(&mut self, name: &str) -> io::Result<Box<dyn OpenFile + '_>> {
        Ok(Box::new(One { name: name.to_owned(), bytes: Vec::new(), to: self }))
    }
}

impl Write for One<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to.largest = self.to.largest.max(bytes.len());
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl OpenFile for One<'_> {
    fn finish(self: Box<Self>) -> io::Result<()> {
        let Self { name, bytes, to } = *self;
        to.files.insert(name, bytes);
        Ok(())
    }
}

/// Exports a plan, whose weights are read in parts and written in parts of which none is larger than `tensor`, and of which there are
/// more than fit in one; the files are those of whoever takes each as a whole.
fn check(to: &str, plan: &Plan, model: &Facts, files: &Files, tensor: usize) {
    let exporter = target(to).unwrap().exporter;
    let in_parts = InParts { files, largest: Cell::new(0) };
    let mut written = Written::default();
    let input = ExportInput { plan, model, files: &in_parts, provenance: &provenance() };
    exporter.export(&input, &mut written).unwrap();
    let most = tensor.max(HEADER);
    assert!(in_parts.largest.get() <= most, "{to}: {} bytes are read at once", in_parts.largest.get());
    assert!(written.largest <= most, "{to}: {} bytes are written at once", written.largest);
    let weights = written.files.values().map(Vec::len).max().unwrap_or(0);
    assert!(weights > 2 * most, "{to}: {weights} bytes are no test");

    let mut whole = BTreeMap::new();
    let input = ExportInput { files, ..input };
    exporter
        .export(&input, &mut |name: &str, bytes: &[u8]| {
            whole.insert(name.to_owned(), bytes.to_vec());
            Ok(())
        })
        .unwrap();
    assert!(whole == written.files, "{to}: files differ with how they are taken");
}

#[test]
fn weights_pass_tensor_by_tensor() {
    let (llama, mixtral) = (gguf::llama(), gguf::mixtral());
    let on = |layer, module, grid| {
        let (bits, group_size) = (4, 64);
        Edit::from(WeightBits { layer, module, expert: None, bits, group_size, grid, rounding: None })
    };
    let pruned = [keep(0, &[0, 2]), keep(1, &[1, 0])];
    let (wide, half) = (HIDDEN * INNER * 4, HIDDEN * INNER * 2);
    let blocks = || [bits(0, Module::Gate, NumberGrid::Q4K), bits(1, Module::Down, NumberGrid::Q6K)];
    let down = |grid| arrange([on(0, Module::Down, grid), on(1, Module::Down, grid)]);
    for (to, plan, (facts, files), tensor) in [
        ("gguf", arrange(blocks()), &llama, wide),
        ("gguf", arrange(blocks().into_iter().chain(pruned.clone())), &mixtral, half),
        ("hf", arrange(pruned), &mixtral, half),
        ("mlx", down(None), &llama, wide),
        ("compressed-tensors", down(Some(NumberGrid::Symmetric)), &llama, wide),
    ] {
        check(to, &plan, facts, files, tensor);
    }
}
