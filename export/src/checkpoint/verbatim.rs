//! Weight files as they are.

use std::io::Write as _;

use attune_core::exporter::{ExportError, FileSink, ModelFiles};

use super::layout::{INDEX, Layout};
use super::{read, read_part, write};

/// Bytes that are copied at a time: 16 MiB.
const PART: u64 = 16 << 20;

/// Copies the weight files, and their index where there is one, byte for byte.
pub(crate) fn copy_weights(
    files: &dyn ModelFiles,
    layout: &Layout,
    sink: &mut dyn FileSink,
) -> Result<(), ExportError> {
    for shard in &layout.shards {
        let failed = |action| {
            let file = shard.file.clone();
            move |source| ExportError::Io { action, file, source }
        };
        let size = files.size(&shard.file).map_err(failed("read"))?;
        let mut out = sink.begin(&shard.file).map_err(failed("write"))?;
        let mut done = 0;
        while done < size {
            let part = done..size.min(done + PART);
            done = part.end;
            out.write_all(&read_part(files, &shard.file, part)?).map_err(failed("write"))?;
        }
        out.finish().map_err(failed("write"))?;
    }
    if layout.sharded { write(sink, INDEX, &read(files, INDEX)?) } else { Ok(()) }
}
