//! The target of a profile: a search is limited to what it can express.
//!
//! Techniques hear of it as facts beside those of the model, and keep their spaces to it. What they do not know of is seen
//! before the study begins: the exporter is asked about plans of the space.

mod fits;
mod heed;
mod limited;

use std::path::Path;
use std::sync::Arc;

use attune_core::exporter::Exactness;
use attune_core::facts::Facts;
use attune_core::printable::{QUOTED, line};
use attune_core::profile::{Profile, TaskFault};
use attune_core::suggest::hint;
use attune_core::technique::{Technique, TechniqueInfo};
use attune_export::description::Answer;
use attune_export::{Target, targets};
use attune_search::session::Preflight;

use crate::error::TargetError;
use crate::model_files::Folder;
use limited::Limited;

/// The target of a study.
#[derive(Clone, Copy)]
pub(crate) struct ChosenTarget(&'static Target);

impl ChosenTarget {
    /// The target that a profile names.
    ///
    /// # Errors
    /// When there is none of this name.
    pub(crate) fn of(profile: &Profile) -> Result<Option<Self>, TaskFault> {
        let Some(name) = &profile.target else { return Ok(None) };
        attune_export::target(name).map(|target| Some(Self(target))).map_err(|_| {
            let names: Vec<String> =
                targets().iter().map(|target| format!("{:?}", target.description.name)).collect();
            let hint = hint(name, targets().iter().map(|target| target.description.name));
            TaskFault {
                path: "target".to_owned(),
                found: line(&format!("{name:?}"), QUOTED).into_owned(),
                expected: format!("{}{hint}", names.join(" or ")),
            }
        })
    }

    /// The technique, told of the target; refused where nothing of its plans could be exported. `files` are those of the model.
    ///
    /// # Errors
    /// [`TargetError::NoEdit`].
    pub(crate) fn limits(
        self,
        technique: Arc<dyn Technique>,
        files: Folder,
    ) -> Result<Arc<dyn Technique>, TargetError> {
        let description = self.0.description;
        let info = technique.info();
        // One that emits nothing leaves every model as it is.
        if let (Some(first), false) =
            (info.edits.first(), info.edits.iter().any(|kind| description.has(kind)))
            && let Answer::Not(why) = description.answer(first)
        {
            return Err(TargetError::NoEdit {
                target: description.name,
                technique: info.name.clone(),
                takes: description.kind_words(),
                edits: info.edits.join(", "),
                why,
            });
        }
        Ok(Arc::new(Limited::new(technique, *self.0, files)))
    }

    /// What a technique that is told of the target hears of a model with these files.
    pub(crate) fn told(self, model: &Facts, files: &Folder) -> Facts {
        let mut facts = model.clone();
        facts.values.extend(limited::said(self.0, model, files));
        facts
    }

    /// Refuses a study with a random config or a baseline whose plan cannot be exported from the model in `folder`; else how exactly
    /// these plans can be.
    ///
    /// # Errors
    /// [`TargetError::Inexpressible`].
    pub(crate) fn check(self, study: &Preflight<'_>, folder: &Path) -> Result<Exactness, TargetError> {
        fits::check(self.0, study, folder)
    }

    /// What a person has to know of a technique that does not keep its space to what the target says of its edits, or does not say
    /// whether it does.
    pub(crate) fn heed(self, info: &TechniqueInfo) -> Option<String> {
        heed::note(self.0, info)
    }

    /// What a person has to know of a target that expresses plans approximately.
    pub(crate) fn note(self, exactness: &Exactness) -> Option<String> {
        let name = self.0.description.name;
        match exactness {
            Exactness::Exact => None,
            Exactness::Approximate { reason } => Some(format!(
                "target `{name}` will express what is found only approximately: {reason}; `attune export` will want --approximate"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use attune_core::technique::{Technique as _, TechniqueInfo};

    use crate::setup;

    /// `ATTUNE_REWRITE_DOCS=1` writes the page anew.
    #[test]
    fn the_page_on_targets_says_what_the_descriptions_say() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/targets.md");
        let techniques = setup::host(setup::nowhere()).unwrap().builtins().unwrap();
        let vocabulary = attune_vocabulary::model();
        // Edits of what is no model are for no engine: `plan` is all that there is to write of them.
        let of_models =
            |info: &TechniqueInfo| info.edits.iter().any(|kind| vocabulary.schema(kind).is_some());
        let infos: Vec<TechniqueInfo> =
            techniques.iter().map(|technique| technique.info().clone()).filter(of_models).collect();
        let expected = attune_export::page(&infos);
        if std::env::var_os("ATTUNE_REWRITE_DOCS").is_some() {
            std::fs::write(&path, &expected).unwrap();
        }
        let page = std::fs::read_to_string(&path).unwrap_or_default();
        let other = expected.lines().zip(page.lines()).find(|(expected, found)| expected != found);
        assert!(
            expected == page,
            "run this test with ATTUNE_REWRITE_DOCS=1; the first other line: {other:?}"
        );
        for target in attune_export::targets() {
            assert!(page.contains(&format!("\n## `{}`\n", target.description.name)));
        }
    }
}
