//! Exporters keep what the suite of all exporters asks; MLX has a model of its own in `mlx`.

use attune_core::plan::{Edit, Plan};
use attune_export::{HfExporter, PlanExporter};
use attune_testkit::exporter::check;
use attune_vocabulary::arrange;
use attune_vocabulary::edits::{DropBlock, Half};
use safetensors::Dtype;

use crate::checkpoint::{facts, keep, sharded, single, tensors};

#[test]
fn exporters_keep_their_promises() {
    let part = |part| Edit::from(DropBlock { layer: 0, part });
    let plans = [
        Plan::default(),
        arrange([keep(0, &[0, 1]), keep(1, &[1, 3])]),
        arrange([keep(0, &[0, 1])]),
        arrange([part(None)]),
        arrange([part(Some(Half::Attention))]),
    ];
    let source = tensors(Dtype::BF16);
    for files in [single(&source), sharded(&source, 2, |name| usize::from(name.contains("layers.0.")))] {
        check(&PlanExporter, &facts(), &files, &plans);
        check(&HfExporter, &facts(), &files, &plans);
    }
}
