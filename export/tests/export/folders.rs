//! Writes the folders that scripts of `tests/golden` load in engines.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use attune_core::exporter::{ExportInput, ModelFiles};
use attune_core::facts::Facts;
use attune_export::{read_plan, target};
use attune_families::DecoderConfig;
use attune_vocabulary::ModelFacts;

use crate::checkpoint::{facts, provenance};

/// Files of a folder.
struct Folder(PathBuf);

impl ModelFiles for Folder {
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap());
        let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
        let mut names: Vec<String> = files.map(|file| file.file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn read(&self, name: &str) -> io::Result<Cow<'_, [u8]>> {
        fs::read(self.0.join(name)).map(Cow::Owned)
    }
}

fn shape(folder: &Path) -> Facts {
    let config = DecoderConfig::read(&folder.join("config.json")).unwrap();
    let count = |number: usize| u32::try_from(number).unwrap();
    Facts::from(ModelFacts {
        family: config.family.name.to_owned(),
        layers: count(config.layers),
        heads: count(config.heads),
        kv_heads: count(config.cache_heads()),
        head_dim: count(config.head_dim),
        experts: 0,
        experts_per_token: 0,
        bytes_per_parameter: 4.0,
        ..ModelFacts::of(&facts())
    })
}

/// `ATTUNE_MODEL` and `ATTUNE_OUT` are folders, `ATTUNE_PLAN` is a file as `--to plan` writes it, `ATTUNE_TARGET` the target.
#[test]
#[ignore = "writes the folder that variables name, for `tests/golden/check_windows.py`"]
fn a_plan_of_a_folder_is_exported() {
    let given = |name: &str| env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let (model, out) = (PathBuf::from(given("ATTUNE_MODEL")), PathBuf::from(given("ATTUNE_OUT")));
    let file = given("ATTUNE_PLAN");
    let plan = read_plan(&file, &fs::read_to_string(&file).unwrap()).unwrap().plan;
    let input = ExportInput {
        plan: &plan,
        model: &shape(&model),
        files: &Folder(model.clone()),
        provenance: &provenance(),
    };
    fs::create_dir_all(&out).unwrap();
    let exporter = target(&given("ATTUNE_TARGET")).unwrap().exporter;
    exporter.export(&input, &mut |name: &str, bytes: &[u8]| fs::write(out.join(name), bytes)).unwrap();
}
