//! `model.safetensors.index.json`.

use attune_eval::model::Checkpoint;

use crate::{Target, scratch};

const SHARD: &[u8] = include_bytes!("../../../golden/models/llama/model.safetensors");

pub(crate) const TARGET: Target = Target {
    name: "shard-index",
    seeds: |_| {
        let index = |file: &str| {
            let names = ["model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"];
            let entries = names.map(|name| format!("\"{name}\": \"{file}\"")).join(", ");
            format!("{{\"metadata\": {{\"total_size\": 80000}}, \"weight_map\": {{{entries}}}}}").into_bytes()
        };
        vec![index("model-00001-of-00001.safetensors"), index("../x.safetensors"), index("/etc/passwd")]
    },
    run: |input| {
        let folder = scratch::folder("shard-index");
        let shard = folder.join("model-00001-of-00001.safetensors");
        if !shard.exists() {
            scratch::write(&shard, SHARD);
        }
        scratch::write(&folder.join("model.safetensors.index.json"), input);
        let _ = Checkpoint::open(&folder);
    },
};
