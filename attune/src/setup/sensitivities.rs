//! The sensitivity table that a profile names: read, and told by the cells of the search.

use std::path::Path;

use attune_core::facts::Facts;
use attune_core::objective::Objective;
use attune_core::options::Settings;
use attune_core::profile::Profile;
use attune_core::sensitivity::GivenTable;
use attune_core::space::Space;
use attune_core::technique::Technique;
use attune_export::{Tabled, read_table};

use super::Complaints;
use crate::error::{GivenTableError, TableFault};

/// The metric that tables of other tools are of.
const DIVERGENCE: &str = "kl";
/// Bytes of a table, at most: a row for each choice of each head of the largest models takes a hundredth.
const MOST: u64 = 64 << 20;

/// A search that a table is of.
pub(crate) struct Searched<'a> {
    pub(crate) technique: &'a dyn Technique,
    pub(crate) options: &'a Settings,
    pub(crate) space: &'a Space,
    pub(crate) model: &'a Facts,
    pub(crate) objectives: &'a [Objective],
    /// The metrics of the task.
    pub(crate) metrics: &'a [&'a str],
}

impl Searched<'_> {
    /// The table that `profile`, in the folder `base`, names. What a person has to know of it goes to `complaints`.
    ///
    /// # Errors
    /// [`GivenTableError`].
    pub(crate) fn table(
        &self,
        profile: &Profile,
        base: &Path,
        complaints: &Complaints,
    ) -> Result<Option<GivenTable>, GivenTableError> {
        let Some(path) = &profile.sensitivities else { return Ok(None) };
        let path = base.join(path);
        let failed = |source: TableFault| GivenTableError { source: Box::new(source) };
        let bytes = attune_files::bytes(&path, MOST).map_err(|source| failed(source.into()))?;
        let lower = |config: &_| self.technique.lower(self.model, self.options, config);
        let is_metric = |name: &String| self.metrics.contains(&name.as_str());
        let objectives: Vec<(String, bool)> = self
            .objectives
            .iter()
            .map(|objective| (objective.metric.clone(), is_metric(&objective.metric)))
            .collect();
        let of = Tabled { space: self.space, objectives: &objectives, facts: self.model, lower: &lower };
        let read =
            read_table(&path.display().to_string(), &bytes, &of).map_err(|source| failed(source.into()))?;
        let said = |note: &str| complaints(format!("strategy.sensitivities ({}): {note}", path.display()));
        read.notes.iter().for_each(|note| said(note));
        let first = objectives.iter().find(|(_, measured)| *measured);
        if let (false, Some((metric, _))) =
            (read.tool.starts_with("a CSV"), first.filter(|(name, _)| name != DIVERGENCE))
        {
            said(&format!(
                "{} are of the divergence `{DIVERGENCE}`, and are taken for `{metric}`",
                read.tool
            ));
        }
        Ok(Some(read.table))
    }
}
