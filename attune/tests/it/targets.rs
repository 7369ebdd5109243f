//! Targets for techniques that know nothing of them: the exporter is asked before the study begins.

use attune::core::facts::Facts;
use attune::core::hash::ContentHash;
use attune::core::options::Settings;
use attune::core::plan::{Edit, Plan};
use attune::core::space::{Config, Dimension, Space, Value};
use attune::core::technique::{Technique, TechniqueFailure, TechniqueInfo};
use attune::{Error, Study, StudyBuilder};

use crate::builder::{PROFILE, models};

/// Keeps as many experts in every layer as its space says, each layer on its own or all alike.
struct Counts(TechniqueInfo, bool);

impl Counts {
    fn new(alike: bool) -> Self {
        let info = TechniqueInfo {
            name: "counts".into(),
            version: "0.1.0".into(),
            summary: "Keeps the first experts.".into(),
            options: Vec::new(),
            signals: Vec::new(),
            edits: vec!["keep-experts".into()],
            has_operators: false,
            operators: Vec::new(),
            target_facts: None,
            fingerprint: ContentHash::of(b"counts 0.1.0"),
        };
        Self(info, alike)
    }
}

impl Technique for Counts {
    fn info(&self) -> &TechniqueInfo {
        &self.0
    }

    fn space(&self, model: &Facts, _: &Settings) -> Result<Space, TechniqueFailure> {
        let count = Dimension::int("count", 2, 7);
        let layers = model.count("layers") as u32;
        Ok(Space::of([if self.1 { count } else { count.along("layer", layers) }]).unwrap())
    }

    fn lower(&self, model: &Facts, _: &Settings, config: &Config) -> Result<Plan, TechniqueFailure> {
        let counts = &config.dimensions()[0];
        let edit = |layer: usize| {
            let Value::Int(count) = counts[layer % counts.len()] else {
                unreachable!("the space has whole numbers")
            };
            Edit::new("keep-experts").int("layer", layer as i64).ints("experts", (0..count).collect())
        };
        Ok(attune_vocabulary::arrange((0..model.count("layers") as usize).map(edit)))
    }
}

fn study(target: &str, alike: bool) -> StudyBuilder {
    let text = PROFILE.replace("    task: (", &format!("    target: {target:?},\n    task: ("));
    Study::builder().profile_text(text, models()).device("cpu").own_technique(Counts::new(alike))
}

#[test]
fn a_study_that_could_find_what_cannot_be_exported_is_refused() {
    let refused = study("hf", false).build().err().unwrap();
    assert!(matches!(refused, Error::Input(_)));
    let message = refused.to_string();
    for words in [
        "target: `hf` cannot express a random config of technique `counts`",
        "whose plan has the edit keep-experts(experts:[0",
        "search with the same number of experts in every layer",
        "`attune target show hf`",
    ] {
        assert!(message.contains(words), "`{words}` is not in {message}");
    }
}

#[test]
fn a_study_whose_every_plan_can_be_exported_is_not() {
    assert!(study("hf", true).build().is_ok());
    assert!(study("plan", false).build().is_ok(), "a plan file takes everything");
    let message = study("mlx", true).build().err().unwrap().to_string();
    for words in ["`mlx` takes weight-bits", "plans of technique `counts` are made of keep-experts"] {
        assert!(message.contains(words), "{message}");
    }
}
