//! Bit widths: which matrices are stored in how many bits, or why MLX cannot say it.

use std::collections::BTreeMap;

use attune_core::exporter::ExportError;
use attune_core::plan::{Edit, Plan};
use attune_vocabulary::ModelFacts;
use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{ModelEdit as _, Module};

use super::TARGET;

/// Channels per group that MLX has kernels for.
const GROUPS: [u32; 3] = [32, 64, 128];
/// Families whose modules are named here as mlx-lm names them.
const FAMILIES: [&str; 5] = ["llama", "mistral", "qwen2", "qwen3", "mixtral"];

/// How a matrix is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level {
    /// 2 to 8.
    pub(super) bits: u32,
    /// Input channels that share a scale and a bias.
    pub(super) group: u32,
}

/// The levels of a plan.
#[derive(Debug)]
pub(super) struct Levels {
    /// By the name of the stored matrix, without `.weight`.
    pub(super) matrices: BTreeMap<String, Level>,
    /// By the name of mlx-lm's module, which for a mixture holds the matrices of all experts.
    pub(super) modules: BTreeMap<String, Level>,
}

impl Levels {
    pub(super) fn new(plan: &Plan, model: &ModelFacts) -> Result<Self, ExportError> {
        let mut levels = Self { matrices: BTreeMap::new(), modules: BTreeMap::new() };
        if let Some((one, other)) = attune_vocabulary::model().conflict(plan) {
            let reason = format!("the plan also holds {other}, and both cannot be honoured");
            return Err(refuse(one, reason));
        }
        for edit in plan.edits() {
            if edit.kind != WeightBits::KIND {
                return Err(refuse(edit, "it stores weights in few bits and nothing else; use `--to plan`"));
            }
            let bits = WeightBits::read(edit).map_err(|error| refuse(edit, error.to_string()))?;
            levels.add(&bits, model).map_err(|reason| refuse(edit, reason))?;
        }
        for edit in plan.edits() {
            levels.check(edit, model).map_err(|reason| refuse(edit, reason))?;
        }
        if levels.matrices.is_empty() {
            let edit = plan.edits().first().map_or("(the plan has none)".to_owned(), Edit::to_string);
            let reason = "no weight is in few bits, and mlx-lm loads the dense model as it is".to_owned();
            return Err(ExportError::Inexpressible { target: TARGET, edit, reason });
        }
        Ok(levels)
    }

    fn add(&mut self, edit: &WeightBits, model: &ModelFacts) -> Result<(), String> {
        if !FAMILIES.contains(&model.family.as_str()) {
            let (known, family) = (FAMILIES.join(", "), &model.family);
            return Err(format!(
                "modules of {known} are known, and this model is of {family}; use `--to plan`"
            ));
        }
        if edit.layer >= model.layers {
            return Err(format!("the model has {} layers, counted from 0", model.layers));
        }
        let mixture = model.experts > 0 && edit.module.is_feed_forward();
        match edit.expert {
            Some(_) if !mixture => {
                return Err("only the feed-forward part of a mixture has experts".to_owned());
            }
            Some(expert) if expert >= model.experts => {
                return Err(format!("layers have {} experts, counted from 0", model.experts));
            }
            _ => {}
        }
        if edit.bits >= 16 {
            return Ok(());
        }
        if !GROUPS.contains(&edit.group_size) {
            let groups = GROUPS.map(|group| group.to_string()).join(", ");
            return Err(format!(
                "MLX has groups of {groups} channels; search with one of them as `group-size`"
            ));
        }
        let level = Level { bits: edit.bits, group: edit.group_size };
        let experts =
            if mixture { edit.expert.map_or(0..model.experts, |expert| expert..expert + 1) } else { 0..1 };
        let names = experts.map(|expert| (matrix(edit.layer, edit.module, mixture.then_some(expert)), level));
        self.matrices.extend(names);
        self.modules.insert(module(edit.layer, edit.module, mixture), level);
        Ok(())
    }

    /// mlx-lm stacks the experts of a layer into one matrix.
    fn check(&self, edit: &Edit, model: &ModelFacts) -> Result<(), String> {
        let Some(edit) = WeightBits::of(edit) else { return Ok(()) };
        if edit.expert.is_none() {
            return Ok(());
        }
        let of = |expert| self.matrices.get(&matrix(edit.layer, edit.module, Some(expert)));
        let Some(other) = (1..model.experts).find(|&expert| of(expert) != of(0)) else { return Ok(()) };
        let says = |expert| of(expert).map_or("16 bits".to_owned(), |level| format!("{} bits", level.bits));
        Err(format!(
            "expert 0 has {} and expert {other} {}, and MLX stores all experts of a layer in one matrix; search with \
             `experts: \"together\"`, or use `--to plan`",
            says(0),
            says(other)
        ))
    }
}

/// In what the stored numbers differ from those that were scored, if they do.
pub(super) fn approximation(model: &ModelFacts) -> Option<String> {
    (model.bytes_per_parameter < 4.0).then(|| {
        "scales and minimums are rounded to the 16-bit type that the model is stored in; the search scored them in \
         float32"
            .to_owned()
    })
}

fn refuse(edit: &Edit, reason: impl Into<String>) -> ExportError {
    ExportError::Inexpressible { target: TARGET, edit: edit.to_string(), reason: reason.into() }
}

/// The stored matrix of a module, or of one expert's.
fn matrix(layer: u32, module: Module, expert: Option<u32>) -> String {
    let Some(expert) = expert else { return self::module(layer, module, false) };
    let part = match module {
        Module::Gate => "w1",
        Module::Down => "w2",
        _ => "w3",
    };
    format!("model.layers.{layer}.block_sparse_moe.experts.{expert}.{part}")
}

/// mlx-lm's module.
fn module(layer: u32, module: Module, mixture: bool) -> String {
    let within = match (module.is_feed_forward(), mixture) {
        (false, _) => "self_attn",
        (true, false) => "mlp",
        (true, true) => "block_sparse_moe.switch_mlp",
    };
    format!("model.layers.{layer}.{within}.{}_proj", module.name())
}
