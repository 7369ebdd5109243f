//! Mixtures of checkpoints, folded into one.

use std::borrow::Cow;
use std::io;
use std::ops::Range;

use attune_core::exporter::{ExportError, ExportInput, Exporter as _, ModelFiles};
use attune_core::facts::Facts;
use attune_core::plan::{Edit, Plan};
use attune_export::{HfExporter, MergekitExporter};
use attune_testkit::exporter::check;
use attune_vocabulary::ModelFacts;
use attune_vocabulary::arrange;
use attune_vocabulary::edits::CombineCheckpoints;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use crate::checkpoint::{Files, facts, keep, provenance, said_before};

const CONFIG: &str =
    r#"{"model_type": "attune_denoiser", "checkpoints": ["a.safetensors", "b.safetensors"]}"#;

/// One tensor per layer of a generator with one block.
const NAMES: [&str; 4] = ["input.weight", "time.bias", "blocks.0.up.weight", "output.bias"];

fn weights(values: [f32; 4]) -> Vec<u8> {
    // Halves and quarters are exact in half precision.
    let bytes = values.map(|value| half::f16::from_f32(value).to_le_bytes());
    let views = NAMES.iter().zip(&bytes);
    let views = views.map(|(name, bytes)| (*name, TensorView::new(Dtype::F16, vec![1], bytes).unwrap()));
    safetensors::serialize(views.collect::<Vec<_>>(), None).unwrap()
}

fn files() -> Files {
    Files::default()
        .with("config.json", CONFIG)
        .with("a.safetensors", weights([1.0, 2.0, 3.0, 4.0]))
        .with("b.safetensors", weights([0.5, 0.5, -1.0, 0.25]))
}

fn generator() -> Facts {
    Facts::from(ModelFacts {
        family: "attune_denoiser".into(),
        layers: 3,
        checkpoints: 2,
        ..ModelFacts::of(&facts())
    })
}

fn mix(layer: Option<u32>, coefficients: &[f64]) -> Edit {
    Edit::from(CombineCheckpoints { layer, coefficients: coefficients.to_vec() })
}

fn export(plan: &Plan, files: &Files) -> Result<Files, ExportError> {
    let mut out = Files::default();
    let input = ExportInput { plan, model: &generator(), files, provenance: &provenance() };
    let result = HfExporter.export(&input, &mut |name: &str, bytes: &[u8]| {
        assert!(out.0.insert(name.to_owned(), bytes.to_vec()).is_none(), "{name} is written twice");
        Ok(())
    });
    said_before(&HfExporter, plan, &generator(), files, &result);
    result.map(|()| out)
}

fn mixed(plan: &[Edit]) -> [f32; 4] {
    let out = export(&arrange(plan.to_vec()), &files()).unwrap();
    assert_eq!(out.0.keys().collect::<Vec<_>>(), ["attune-export.json", "config.json", "model.safetensors"]);
    let config: serde_json::Value = serde_json::from_slice(&out.0["config.json"]).unwrap();
    assert_eq!(config, serde_json::json!({"model_type": "attune_denoiser"}));
    let file = SafeTensors::deserialize(&out.0["model.safetensors"]).unwrap();
    NAMES.map(|name| {
        let view = file.tensor(name).unwrap();
        assert_eq!((view.dtype(), view.shape()), (Dtype::F32, &[1][..]));
        f32::from_le_bytes(view.data().try_into().unwrap())
    })
}

#[test]
fn every_layer_gets_its_own_sum() {
    assert_eq!(mixed(&[]), [0.5, 0.5, -1.0, 0.25], "the model as it is");
    assert_eq!(mixed(&[mix(None, &[2.0, -1.0])]), [1.5, 3.5, 7.0, 7.75]);
    let layers = [mix(Some(0), &[0.5, 0.5]), mix(Some(1), &[1.0, 0.0]), mix(Some(2), &[0.0, 1.0])];
    assert_eq!(mixed(&layers), [0.75, 1.25, 3.0, 0.25]);
}

/// Files whose weights may be larger than memory: they are read in parts.
struct InParts(Files);

impl ModelFiles for InParts {
    fn names(&self) -> Vec<String> {
        self.0.names()
    }

    fn read(&self, name: &str) -> io::Result<Cow<'_, [u8]>> {
        assert!(!name.ends_with(".safetensors"), "{name} is read at once");
        self.0.read(name)
    }

    fn size(&self, name: &str) -> io::Result<u64> {
        self.0.size(name)
    }

    fn read_part(&self, name: &str, part: Range<u64>) -> io::Result<Cow<'_, [u8]>> {
        let bytes = self.0.0[name].len() as u64;
        assert!(part.end < bytes || part.start > 0, "{name} is read at once");
        self.0.read_part(name, part)
    }
}

#[test]
fn checkpoints_are_read_tensor_by_tensor() {
    let plan = arrange([mix(None, &[2.0, -1.0])]);
    let (model, files) = (&generator(), &InParts(files()));
    let input = ExportInput { plan: &plan, model, files, provenance: &provenance() };
    let mut out = Files::default();
    let mut sink = |name: &str, bytes: &[u8]| {
        out.0.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    };
    HfExporter.export(&input, &mut sink).unwrap();
    assert_eq!(out.0["model.safetensors"], export(&plan, &files.0).unwrap().0["model.safetensors"]);
}

#[test]
fn mergekit_gets_the_document_beside_the_same_checkpoint() {
    let plan = arrange([mix(None, &[2.0, -1.0])]);
    let input = ExportInput { plan: &plan, model: &generator(), files: &files(), provenance: &provenance() };
    let mut out = Files::default();
    let result = MergekitExporter.export(&input, &mut |name: &str, bytes: &[u8]| {
        assert!(out.0.insert(name.to_owned(), bytes.to_vec()).is_none(), "{name} is written twice");
        Ok(())
    });
    said_before(&MergekitExporter, &plan, &generator(), &files(), &result);
    result.unwrap();
    assert_eq!(out.0["model.safetensors"], export(&plan, &files()).unwrap().0["model.safetensors"]);
    let document = out.text("mergekit.yaml");
    let model = |name: &str, weight: &str| {
        format!("  - model: \"{name}\"\n    parameters:\n      weight: {weight}\n")
    };
    assert!(
        document.contains(&(model("a.safetensors", "2.0") + &model("b.safetensors", "-1.0"))),
        "{document}"
    );
    check(&MergekitExporter, &generator(), &files(), &[plan, arrange([keep(0, &[0, 1])])]);
}

#[test]
fn what_cannot_be_folded_is_refused_before_anything_is_written() {
    let refusal = |edit: Edit| HfExporter.check(&arrange([edit]), &generator()).unwrap_err().to_string();
    assert!(refusal(keep(0, &[0, 1])).contains("an image generator takes combine-checkpoints only"));
    assert!(refusal(mix(None, &[1.0])).contains("1 coefficients, and the model has 2 checkpoints"));
    assert!(refusal(mix(Some(3), &[1.0, 0.0])).contains("the model has 3 layers"));
    let other = HfExporter.check(&arrange([mix(None, &[1.0, 0.0])]), &facts()).unwrap_err().to_string();
    assert!(other.contains("only checkpoints of image generators are mixed"), "{other}");

    let broken = |name: &str, bytes: Vec<u8>| {
        export(&arrange([mix(None, &[2.0, -1.0])]), &files().with(name, bytes)).unwrap_err().to_string()
    };
    assert!(broken("b.safetensors", b"nothing".to_vec()).contains("b.safetensors"));
    let one = TensorView::new(Dtype::F16, vec![1], &[0, 0]).unwrap();
    let fewer = safetensors::serialize(vec![("input.weight", one.clone())], None).unwrap();
    assert!(broken("b.safetensors", fewer).contains("1 tensors"));
    let strange = safetensors::serialize(vec![("lm_head.weight", one)], None).unwrap();
    assert!(broken("a.safetensors", strange).contains("tensor `lm_head.weight`"));
    let single = br#"{"model_type": "attune_denoiser"}"#.to_vec();
    assert!(broken("config.json", single).contains("lists 1 files; expected 2"));
}
