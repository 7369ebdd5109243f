//! Parts of mapped files, which stay mapped as long as anybody holds one.

use std::ops::Range;
use std::sync::Arc;

use memmap2::Mmap;

/// Bytes of a mapped file.
#[derive(Clone)]
pub(super) struct Pages {
    file: Arc<Mmap>,
    range: Range<usize>,
}

impl Pages {
    /// `range` has to be inside the file.
    pub(super) fn new(file: &Arc<Mmap>, range: Range<usize>) -> Self {
        Self { file: Arc::clone(file), range }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.file[self.range.clone()]
    }
}
