//! Recipes of other quantisers that a profile compares its result with: read, and made the plans that they mean on the model.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::Path;

use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::options::Settings;
use attune_core::plan::Plan;
use attune_core::profile::Profile;
use attune_core::rng;
use attune_core::space::Space;
use attune_core::technique::{Cost, Technique};
use attune_export::{Recipe, read_recipe};
use attune_search::session::PlanBaseline;
use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{LinearModules, ModelEdit as _};

use super::Complaints;
use crate::error::{BaselineError, RecipeFault};

/// Bits of a weight that no edit touches, and bytes of a scale, as techniques count them.
const DENSE: f64 = 16.0;
const SCALE_BYTES: u32 = 2;
/// Tensors that are named where several are left exact.
const NAMED: usize = 3;

/// What the result of a study is compared with.
pub(crate) struct Compared<'a> {
    pub(crate) technique: &'a dyn Technique,
    pub(crate) options: &'a Settings,
    pub(crate) space: &'a Space,
    pub(crate) model: &'a Facts,
}

impl Compared<'_> {
    /// The plans of the recipes that `profile`, in the folder `base`, names. What a person has to know of them goes to `complaints`.
    ///
    /// # Errors
    /// [`BaselineError`].
    pub(crate) fn with(
        &self,
        profile: &Profile,
        base: &Path,
        complaints: &Complaints,
    ) -> Result<Vec<PlanBaseline>, BaselineError> {
        let read = |(name, path): (&String, &String)| {
            let path = base.join(path);
            let recipe = read(&path, self.model)
                .map_err(|source| BaselineError { name: name.clone(), source: Box::new(source) })?;
            if let Some(left) = left_exact(&recipe) {
                complaints(format!("report.baselines: `{name}` ({}) {left}", path.display()));
            }
            Ok(PlanBaseline {
                name: name.clone(),
                help: recipe.tool.to_owned(),
                costs: self.costs(&recipe.plan),
                plan: recipe.plan,
            })
        };
        profile.baselines.iter().map(read).collect()
    }

    /// What a plan costs, in those resources that the technique counts as well.
    fn costs(&self, plan: &Plan) -> Vec<Cost> {
        let mut random = rng::derive(0, "costs of recipes", &[]);
        let config = self.space.sample(&mut random).ok();
        let own = config.and_then(|config| self.technique.cost(self.model, self.options, &config).ok());
        let own = own.unwrap_or_default();
        let counted = |cost: &Cost| {
            own.iter().any(|other| (&other.resource, &other.unit) == (&cost.resource, &cost.unit))
        };
        weights(plan, self.model).into_iter().flatten().filter(counted).collect()
    }
}

/// The hashes of the plans, by the names of their rows: part of what makes a study the study that it is.
pub(crate) fn hashes(baselines: &[PlanBaseline]) -> BTreeMap<String, ContentHash> {
    baselines.iter().map(|baseline| (baseline.name.clone(), baseline.plan.hash())).collect()
}

fn read(path: &Path, model: &Facts) -> Result<Recipe, RecipeFault> {
    // Of a file of weights the header alone is read.
    let (file, _) = attune_files::open(path, u64::MAX)?;
    let name = path.display().to_string();
    Ok(read_recipe(&name, &mut BufReader::new(file), model)?)
}

fn left_exact(recipe: &Recipe) -> Option<String> {
    let named = recipe.left_exact.iter().take(NAMED).map(String::as_str).collect::<Vec<&str>>().join(", ");
    let more = recipe.left_exact.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!recipe.left_exact.is_empty()).then(|| {
        format!(
            "stores {named}{more} in few bits as well, which no edit does: they are scored exact and count for nothing, so that it \
             comes out too well rather than too badly"
        )
    })
}

/// Bits per weight and bytes of the linear modules under a plan of `weight-bits`; `None` where it holds other edits, or the model
/// does not say what modules it has.
fn weights(plan: &Plan, model: &Facts) -> Option<[Cost; 2]> {
    let modules = LinearModules::of(model)?;
    let edits: Vec<WeightBits> = plan.edits().iter().map(WeightBits::of).collect::<Option<_>>()?;
    let (mut count, mut saved) = (0.0, 0.0);
    for (layer, of_layer) in (0..).zip(&modules.layers) {
        for (module, matrices) in modules.modules.iter().zip(of_layer) {
            let Some(matrices) = matrices else { continue };
            let one = f64::from(matrices.outputs) * f64::from(matrices.inputs);
            count += one * f64::from(matrices.count);
            for edit in edits.iter().filter(|edit| edit.layer == layer && edit.module.name() == module.name) {
                let copies = if edit.expert.is_some() { 1.0 } else { f64::from(matrices.count) };
                let bytes = edit.bytes(matrices.outputs, matrices.inputs, SCALE_BYTES) as f64;
                saved += copies * (one * DENSE / 8.0 - bytes);
            }
        }
    }
    let dense = count * DENSE / 8.0;
    let cost = |resource: &str, unit: &str, value: f64, dense: f64| Cost {
        resource: resource.to_owned(),
        unit: unit.to_owned(),
        value,
        dense,
    };
    let bytes = dense - saved;
    Some([
        cost("bits", "bits/weight", bytes * 8.0 / count, DENSE),
        cost("weights", "bytes", bytes.round(), dense),
    ])
}
