//! Headers of safetensors.

use attune_eval::model::Checkpoint;

use crate::{Target, scratch};

pub(crate) const TARGET: Target = Target {
    name: "weights",
    // The header, and a little of what follows: the mutations belong to the header.
    seeds: |root| {
        let whole = super::model_config::of_families(root, "model.safetensors");
        whole.into_iter().map(|bytes| bytes[..bytes.len().min(8 << 10)].to_vec()).collect()
    },
    run: |input| {
        let folder = scratch::folder("weights");
        // As much data as the header of the seed says.
        let mut bytes = input.to_vec();
        bytes.resize(bytes.len().max(80_560), 0);
        scratch::write(&folder.join("model.safetensors"), &bytes);
        let _ = Checkpoint::open(&folder);
    },
};
