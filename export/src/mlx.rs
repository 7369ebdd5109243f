//! `--to mlx`: weights in few bits, as MLX stores them.
//!
//! MLX's affine mode keeps, per output row and group of neighbouring input channels, unsigned codes with a scale and a
//! bias, `w' = scale·q + bias`. That is the grid of `weight-bits` (`s` and `min`), so nothing is fitted again: codes,
//! scales and minimums are those that were scored.

mod codes;
mod config;
mod levels;
mod shards;
mod unlike;

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink};
use attune_core::facts::Facts;
use attune_core::plan::Plan;
use attune_vocabulary::ModelFacts;
use serde::Serialize;

use crate::checkpoint::{CONFIG, Companions, Layout, copy, with_manifest, write};
use levels::Levels;
use shards::Tensors;

const TARGET: &str = "mlx";

/// Writes a checkpoint of mixed bits that mlx-lm loads.
#[derive(Clone, Copy, Debug)]
pub struct MlxExporter;

/// What was done to the checkpoint.
#[derive(Serialize)]
struct Done {
    approximation: Option<String>,
    tensors: Tensors,
    files: Companions,
}

impl Exporter for MlxExporter {
    fn name(&self) -> &'static str {
        TARGET
    }

    fn summary(&self) -> &'static str {
        "the weights in their few bits for mlx-lm, on Apple silicon and on CPU; for plans of weight-bits in groups of \
         32, 64 or 128 channels, exact where the model is stored in float32"
    }

    fn check(&self, plan: &Plan, facts: &Facts) -> Result<Exactness, ExportError> {
        Levels::new(plan, facts)?;
        Ok(match levels::approximation(&ModelFacts::of(facts)) {
            None => Exactness::Exact,
            Some(reason) => Exactness::Approximate { reason },
        })
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut FileSink<'_>) -> Result<(), ExportError> {
        // Everything that can be refused is refused before the first byte is written.
        let model = &ModelFacts::of(input.model);
        let levels = Levels::new(input.plan, input.model)?;
        let config = config::patched(input.files, &levels)?;
        let layout = Layout::open(input.files)?;
        shards::complete(&layout, &levels)?;

        with_manifest(TARGET, input, Some(VERIFY), sink, |sink| {
            let tensors = shards::write_shards(input.files, &layout, &levels, sink)?;
            let files = copy(input.files, &layout, sink)?;
            // Last, because a folder without it is no model.
            write(sink, CONFIG, config.as_bytes())?;
            Ok(Done { approximation: levels::approximation(model), tensors, files })
        })
    }
}

/// How to check a checkpoint.
const VERIFY: &str = "python tests/golden/check_mlx.py DIR_OF_THE_DENSE_MODEL DIR_OF_THIS_FILE DIR_OF_THIS_FILE/attune-export.json";
