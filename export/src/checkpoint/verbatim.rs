//! Weight files as they are.

use attune_core::exporter::{ExportError, FileSink, ModelFiles};

use super::layout::{INDEX, Layout};
use super::{read, write};

/// Copies the weight files, and their index where there is one, byte for byte; one of them is in memory at a time.
pub(crate) fn copy_weights(
    files: &dyn ModelFiles,
    layout: &Layout,
    sink: &mut FileSink<'_>,
) -> Result<(), ExportError> {
    for shard in &layout.shards {
        write(sink, &shard.file, &read(files, &shard.file)?)?;
    }
    if layout.sharded { write(sink, INDEX, &read(files, INDEX)?) } else { Ok(()) }
}
