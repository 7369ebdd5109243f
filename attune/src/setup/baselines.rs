//! Recipes of other quantisers that a profile compares its result with: read, and made the plans that they mean on the model.

mod costs;

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::Path;

use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::options::Settings;
use attune_core::plan::{Edit, Plan, Vocabulary};
use attune_core::profile::Profile;
use attune_core::space::Space;
use attune_core::technique::Technique;
use attune_export::{Recipe, read_recipe};
use attune_search::session::PlanBaseline;
use attune_vocabulary::ModelEdit as _;
use attune_vocabulary::edits::EmbeddingBits;

use super::Complaints;
use crate::error::{BaselineError, RecipeFault};
use costs::Counter;

/// Tensors that are named where several are left exact.
const NAMED: usize = 3;

/// What the result of a study is compared with.
pub(crate) struct Compared<'a> {
    pub(crate) technique: &'a dyn Technique,
    pub(crate) options: &'a Settings,
    pub(crate) space: &'a Space,
    /// As the technique hears of it: with the facts of the target, where there is one.
    pub(crate) model: &'a Facts,
    /// The edits that the evaluator knows.
    pub(crate) edits: &'a Vocabulary,
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
        if profile.baselines.is_empty() {
            return Ok(Vec::new());
        }
        let counter = Counter::of(self);
        let read = |(name, path): (&String, &String)| {
            let path = base.join(path);
            let recipe = read(&path, self.model)
                .map_err(|source| BaselineError { name: name.clone(), source: Box::new(source) })?;
            let recipe = scored(recipe, self.edits);
            if let Some(left) = left_exact(&recipe) {
                complaints(format!("report.baselines: `{name}` ({}) {left}", path.display()));
            }
            Ok(PlanBaseline {
                name: name.clone(),
                help: recipe.tool.to_owned(),
                costs: counter.costs(&recipe.plan),
                plan: recipe.plan,
            })
        };
        profile.baselines.iter().map(read).collect()
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

/// A recipe without its edits of embeddings, where the evaluator knows none: they stay exact, and are said to.
fn scored(recipe: Recipe, known: &Vocabulary) -> Recipe {
    if known.schema(EmbeddingBits::KIND).is_some() {
        return recipe;
    }
    let (embeddings, others): (Vec<Edit>, Vec<Edit>) =
        recipe.plan.edits().iter().cloned().partition(|edit| edit.kind == EmbeddingBits::KIND);
    let names = embeddings.iter().filter_map(EmbeddingBits::of);
    let names = names.map(|bits| format!("the {} embedding", bits.matrix.name()));
    let left_exact = names.chain(recipe.left_exact).collect();
    Recipe { plan: Plan::from_canonical(others), left_exact, ..recipe }
}

fn left_exact(recipe: &Recipe) -> Option<String> {
    let named = recipe.left_exact.iter().take(NAMED).map(String::as_str).collect::<Vec<&str>>().join(", ");
    let more = recipe.left_exact.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!recipe.left_exact.is_empty()).then(|| {
        format!(
            "stores {named}{more} in few bits as well, which no edit that is scored does: they are scored exact and count for nothing, so that it \
             comes out too well rather than too badly"
        )
    })
}
