//! Codes that error feedback chose are exported: dequantised, the files are the model that the evaluator scored.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use attune_core::choices::Choices;
use attune_core::evaluator::{Evaluator, Outputs, Request, RunControl, Split};
use attune_core::exporter::{ExportInput, ModelFiles, Provenance};
use attune_core::plan::{Edit, Plan};
use attune_eval::compute::Precision;
use attune_eval::native::{NativeEvaluator, NativeSpec, REFERENCE_MEMORY};
use attune_eval::text::TextSpec;
use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{Module, NumberGrid, Rounding, arrange};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use crate::families::Folder;
use crate::support::{Place, refused, root, stderr};

const BITS: u32 = 4;
const GROUP: usize = 32;
const MODULES: [Module; 7] =
    [Module::Query, Module::Key, Module::Value, Module::Output, Module::Gate, Module::Up, Module::Down];

/// A folder, and what an evaluator chose.
struct Scored(Folder, Choices);

impl ModelFiles for Scored {
    fn names(&self) -> Vec<String> {
        self.0.names()
    }

    fn read(&self, name: &str) -> io::Result<Cow<'_, [u8]>> {
        self.0.read(name)
    }

    fn chosen(&self, edit: &Edit) -> Option<&[Arc<[u8]>]> {
        self.1.of(edit)
    }
}

type Tensors = BTreeMap<String, (Vec<usize>, Vec<u8>)>;

/// Writes tiny-moe with these weights in the place of its own.
fn write(folder: &Path, tensors: &Tensors) {
    for name in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
        std::fs::copy(root().join("models/tiny-moe").join(name), folder.join(name)).unwrap();
    }
    let views = tensors
        .iter()
        .map(|(name, (shape, bytes))| (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    safetensors::serialize_to_file(views, None, &folder.join("model.safetensors")).unwrap();
}

/// The weights of tiny-moe in float32: exports of such a model are exact.
fn widened() -> Tensors {
    let bytes = std::fs::read(root().join("models/tiny-moe/model.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let wide = |view: &TensorView<'_>| match view.dtype() {
        // The upper half of a float32.
        Dtype::BF16 => view.data().chunks_exact(2).flat_map(|half| [0, 0, half[0], half[1]]).collect(),
        Dtype::F32 => view.data().to_vec(),
        other => panic!("{other:?}"),
    };
    tensors.iter().map(|(name, view)| (name.to_owned(), (view.shape().to_vec(), wide(&view)))).collect()
}

fn open(model: &Path) -> NativeEvaluator {
    let text = |split: &str| root().join(format!("models/tiny-moe/data/prose.{split}.txt"));
    let task = TextSpec {
        tokenizer: model.join("tokenizer.json"),
        selection: text("selection"),
        report: text("report"),
        lengths: BTreeMap::new(),
        passkeys: BTreeMap::new(),
        selection_items: 0,
        report_items: 0,
        elsewhere: BTreeMap::new(),
        length: 24,
    };
    NativeEvaluator::open(&NativeSpec {
        model,
        device: "cpu",
        precision: Precision::F32,
        task: &task,
        reference_memory: REFERENCE_MEMORY,
        activation_memory: None,
    })
    .unwrap()
}

fn outputs(evaluator: &NativeEvaluator, plan: &Plan) -> Vec<Outputs> {
    let request = Request::new(Split::Report, vec![0, 1, 2]);
    evaluator.outputs(plan, &request, 4).unwrap().unwrap()
}

fn floats(view: &TensorView<'_>) -> Vec<f32> {
    assert_eq!(view.dtype(), Dtype::F32);
    view.data().chunks_exact(4).map(|one| f32::from_le_bytes(one.try_into().unwrap())).collect()
}

/// The tensors of an export, those in few bits dequantised as its engine does.
fn dequantised(file: &[u8]) -> Tensors {
    let tensors = SafeTensors::deserialize(file).unwrap();
    let mut made = Tensors::new();
    for (name, view) in tensors.iter() {
        let (place, part) = name.rsplit_once('.').unwrap();
        let of = |part: &str| tensors.tensor(&format!("{place}.{part}")).ok();
        let (scales, biases, half) = match (part, view.dtype()) {
            ("weight_packed", Dtype::I32) => (floats(&of("weight_scale").unwrap()), None, 8.0),
            ("weight", Dtype::U32) => {
                (floats(&of("scales").unwrap()), Some(floats(&of("biases").unwrap())), 0.0)
            }
            ("weight", _) => {
                made.insert(name.to_owned(), (view.shape().to_vec(), view.data().to_vec()));
                continue;
            }
            _ => continue,
        };
        // Two codes in a byte, the first one below.
        let codes = view.data().iter().flat_map(|byte| [byte & 15, byte >> 4]).map(f32::from);
        let weight = |(at, code): (usize, f32)| {
            let group = at / GROUP;
            (code - half) * scales[group] + biases.as_ref().map_or(0.0, |biases| biases[group])
        };
        let bytes = codes.enumerate().map(weight).flat_map(f32::to_le_bytes).collect();
        let shape = vec![view.shape()[0], view.shape()[1] * 32 / BITS as usize];
        made.insert(format!("{place}.weight"), (shape, bytes));
    }
    made
}

#[test]
fn the_dequantised_files_are_the_model_that_was_scored_to_the_bit() {
    let (dense, dequantised_folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(dense.path(), &widened());
    let evaluator = open(dense.path());
    let model = evaluator.model().clone();
    for (name, grid) in [("compressed-tensors", Some(NumberGrid::Symmetric)), ("mlx", None)] {
        let edit = |layer, module, rounding| {
            let group_size = GROUP as u32;
            Edit::from(WeightBits { layer, module, expert: None, bits: BITS, group_size, grid, rounding })
        };
        let plan =
            |rounding| arrange((0..6).flat_map(|layer| MODULES.map(|module| edit(layer, module, rounding))));
        let (fed_back, nearest) = (plan(Some(Rounding::Gptq)), plan(None));
        let choices = evaluator.choices(&fed_back, &RunControl::default()).unwrap().unwrap();
        assert_eq!(evaluator.choices(&nearest, &RunControl::default()), Ok(Some(Choices::default())));
        assert_eq!(
            evaluator.choices(&fed_back, &RunControl::default()),
            Ok(Some(choices.clone())),
            "chosen again"
        );

        let provenance = Provenance {
            study: "codes".into(),
            trial: 0,
            technique: "none".into(),
            seed: 0,
            numerics: String::new(),
            costs: Vec::new(),
            search: BTreeMap::new(),
            report: BTreeMap::new(),
        };
        let files = Scored(Folder(dense.path().to_owned()), choices);
        let input = ExportInput { plan: &fed_back, model: &model, files: &files, provenance: &provenance };
        let mut weights = Vec::new();
        let exporter = attune_export::target(name).unwrap().exporter;
        exporter
            .export(&input, &mut |name: &str, bytes: &[u8]| {
                if name == "model.safetensors" {
                    weights = bytes.to_vec();
                }
                Ok(())
            })
            .unwrap();
        write(dequantised_folder.path(), &dequantised(&weights));
        let written = open(dequantised_folder.path());
        let (found, scored) = (outputs(&written, &Plan::empty()), outputs(&evaluator, &fed_back));
        assert!(found == scored, "{name}: the export is another model");
        assert!(found != outputs(&evaluator, &nearest), "{name}: nothing was fed back");
    }
}

/// A study of bits with error feedback on the committed mixture, with a text of its own.
fn study(place: &Place) -> String {
    let text = root().join("models/tiny-moe/data/prose.selection.txt");
    std::fs::copy(&text, place.path("selection.txt")).unwrap();
    let options = "{\"average\": 5.0, \"group-size\": 32, \"rounding\": \"gptq\"}";
    let profile = place.small_profile(&[
        ("expert-pruning", "weight-bits"),
        ("{\"keep\": 4}", options),
        ("trials: 24", "trials: 3"),
        (&text.display().to_string(), "selection.txt"),
    ]);
    profile.display().to_string()
}

#[test]
fn a_study_that_fed_errors_back_is_exported_and_not_with_other_data() {
    let place = Place::new();
    let ran = place.attune(&["run", &study(&place), "--set", "target=mlx"]);
    assert!(ran.status.success(), "{}", stderr(&ran));
    let export = || place.attune(&["export", "small", "--approximate", "--out", "out"]);
    let first = export();
    assert!(first.status.success(), "{}", stderr(&first));
    let bytes = std::fs::read(place.path("out/model.safetensors")).unwrap();
    let second = export();
    assert!(second.status.success(), "{}", stderr(&second));
    assert_eq!(bytes, std::fs::read(place.path("out/model.safetensors")).unwrap());
    let text = std::fs::read_to_string(place.path("selection.txt")).unwrap();
    std::fs::write(place.path("selection.txt"), text.replace('e', "a")).unwrap();
    refused(
        &export(),
        2,
        &["the data of study `small`, which has changed", "bring the files of the task back"],
    );
}
