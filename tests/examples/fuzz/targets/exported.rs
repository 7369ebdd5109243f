//! Model folders as exporters read them: config.json, the index of shards, headers of safetensors and tensors, and what an
//! earlier export left.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use attune_core::exporter::{ExportInput, ModelFiles, Provenance};
use attune_core::plan::{Edit, Plan};
use attune_export::{earlier, targets};
use attune_vocabulary::edits::{KeepExperts, WeightBits};
use attune_vocabulary::{Module, arrange};

use super::component::model;
use crate::{Target, scratch};

const FILES: [&str; 4] =
    ["config.json", "model.safetensors", "model.safetensors.index.json", "attune-export.json"];

pub(crate) const TARGET: Target = Target {
    name: "exported",
    seeds: |root| {
        let mut seeds = Vec::new();
        for (place, name) in FILES.iter().enumerate().take(2) {
            for bytes in super::model_config::of_families(root, name) {
                seeds.push([&[b'0' + place as u8], &bytes[..]].concat());
            }
        }
        seeds.push(
            b"2{\"metadata\": {}, \"weight_map\": {\"model.norm.weight\": \"model.safetensors\"}}".to_vec(),
        );
        seeds.push(
            b"3{\"format\": \"attune-export\", \"version\": 1, \"files\": {\"config.json\": 3}}".to_vec(),
        );
        seeds
    },
    run,
};

/// The first byte says which file it is; the others are those of a small model.
fn run(input: &[u8]) {
    let Some((which, bytes)) = input.split_first() else { return };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/models/mixtral");
    let name = FILES[usize::from(*which) % FILES.len()];
    let mut files = Files(BTreeMap::new());
    for name in &FILES[..2] {
        files.0.extend(scratch::contents(&root, &[name]).pop().map(|bytes| ((*name).to_owned(), bytes)));
    }
    files.0.insert(name.to_owned(), bytes.to_vec());
    let _ = earlier(&files, &|name| Ok(files.0.get(name).map_or(0, |bytes| bytes.len() as u64)));
    let provenance = Provenance {
        study: "fuzz".to_owned(),
        trial: 0,
        technique: "fuzz".to_owned(),
        seed: 0,
        numerics: "f32".to_owned(),
        costs: Vec::new(),
        search: BTreeMap::new(),
        report: BTreeMap::new(),
    };
    let facts = attune_core::facts::Facts::from(attune_vocabulary::ModelFacts {
        layers: 2,
        experts: 5,
        ..attune_vocabulary::ModelFacts::of(&model())
    });
    let bits = |module| {
        Edit::from(WeightBits {
            layer: 0,
            module,
            expert: None,
            bits: 4,
            group_size: 32,
            grid: None,
            rounding: None,
        })
    };
    for plan in [
        Plan::empty(),
        arrange((0..2).map(|layer| Edit::from(KeepExperts { layer, experts: vec![0, 1] }))),
        arrange([bits(Module::Query), bits(Module::Up)]),
    ] {
        let input = ExportInput { plan: &plan, model: &facts, files: &files, provenance: &provenance };
        for target in targets() {
            if target.exporter.check(&plan, &facts).is_ok() {
                let _ = target.exporter.export(&input, &mut |_: &str, _: &[u8]| Ok(()));
            }
        }
    }
}

struct Files(BTreeMap<String, Vec<u8>>);

impl ModelFiles for Files {
    fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    fn read(&self, name: &str) -> io::Result<Cow<'_, [u8]>> {
        self.0.get(name).map(|bytes| Cow::Borrowed(&bytes[..])).ok_or(io::ErrorKind::NotFound.into())
    }
}
