//! A technique that hears of a target whenever it hears of a model.

use std::sync::{Arc, OnceLock};

use attune_core::allowance::Usage;
use attune_core::facts::Facts;
use attune_core::options::{OptionValue, Settings};
use attune_core::plan::Plan;
use attune_core::signal::SignalRequest;
use attune_core::space::{Config, Space};
use attune_core::technique::{
    Baseline, Cost, Sensitivities, Signal, Technique, TechniqueFailure, TechniqueInfo,
};
use attune_export::Target;

use crate::model_files::Folder;

/// What the exporter says of everything that is in no few bits.
pub(super) const OTHER_BYTES: &str = "target-other-bytes";
/// What it says of where tensors begin.
pub(super) const ALIGNMENT: &str = "target-alignment";

/// A technique, and the target whose facts it hears beside those of the model.
pub(super) struct Limited {
    technique: Arc<dyn Technique>,
    target: Target,
    /// Those of the model.
    files: Folder,
    /// The facts of the target, once they have been asked for: a study has one model.
    facts: OnceLock<Settings>,
}

impl Limited {
    pub(super) fn new(technique: Arc<dyn Technique>, target: Target, files: Folder) -> Self {
        Self { technique, target, files, facts: OnceLock::new() }
    }

    fn told(&self, model: &Facts) -> Facts {
        let mut facts = model.clone();
        let said = self.facts.get_or_init(|| said(&self.target, model, &self.files));
        facts.values.extend(said.clone());
        facts
    }
}

/// What a technique hears of a target beside the facts of a model.
pub(super) fn said(target: &Target, model: &Facts, files: &Folder) -> Settings {
    let mut facts = target.description.facts();
    facts.extend(target.exporter.facts(model));
    let bytes = target.exporter.other_bytes(model, files);
    if let Some(bytes) = bytes.and_then(|bytes| i64::try_from(bytes).ok()) {
        facts.insert(OTHER_BYTES.to_owned(), OptionValue::Int(bytes));
    }
    let alignment = target.exporter.alignment();
    if alignment > 1 {
        facts.insert(ALIGNMENT.to_owned(), OptionValue::Int(alignment.into()));
    }
    facts
}

impl Technique for Limited {
    fn info(&self) -> &TechniqueInfo {
        self.technique.info()
    }

    fn usage(&self) -> Usage {
        self.technique.usage()
    }

    fn space(&self, model: &Facts, options: &Settings) -> Result<Space, TechniqueFailure> {
        self.technique.space(&self.told(model), options)
    }

    fn lower(&self, model: &Facts, options: &Settings, config: &Config) -> Result<Plan, TechniqueFailure> {
        self.technique.lower(&self.told(model), options, config)
    }

    fn cost(
        &self,
        model: &Facts,
        options: &Settings,
        config: &Config,
    ) -> Result<Vec<Cost>, TechniqueFailure> {
        self.technique.cost(&self.told(model), options, config)
    }

    fn baselines(
        &self,
        model: &Facts,
        options: &Settings,
        signals: &[Signal],
    ) -> Result<Vec<Baseline>, TechniqueFailure> {
        self.technique.baselines(&self.told(model), options, signals)
    }

    fn vary(
        &self,
        model: &Facts,
        options: &Settings,
        parents: &[&Config],
        seed: u64,
    ) -> Result<Config, TechniqueFailure> {
        self.technique.vary(&self.told(model), options, parents, seed)
    }

    fn vary_by(
        &self,
        model: &Facts,
        options: &Settings,
        operator: &str,
        parents: &[&Config],
        seed: u64,
    ) -> Result<Config, TechniqueFailure> {
        self.technique.vary_by(&self.told(model), options, operator, parents, seed)
    }

    fn damage_signals(
        &self,
        model: &Facts,
        options: &Settings,
    ) -> Result<Option<Vec<SignalRequest>>, TechniqueFailure> {
        self.technique.damage_signals(&self.told(model), options)
    }

    fn sensitivities(
        &self,
        model: &Facts,
        options: &Settings,
        signals: &[Signal],
    ) -> Result<Option<Sensitivities>, TechniqueFailure> {
        self.technique.sensitivities(&self.told(model), options, signals)
    }
}

#[cfg(test)]
mod tests {
    use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink, ModelFiles};
    use attune_core::hash::ContentHash;

    use super::*;

    /// Costs what it hears that the rest takes, where its dense model costs what it hears of gaps.
    struct Hears(TechniqueInfo);

    impl Technique for Hears {
        fn info(&self) -> &TechniqueInfo {
            &self.0
        }

        fn space(&self, _: &Facts, _: &Settings) -> Result<Space, TechniqueFailure> {
            unreachable!("nobody asks for a space")
        }

        fn lower(&self, _: &Facts, _: &Settings, _: &Config) -> Result<Plan, TechniqueFailure> {
            Ok(Plan::empty())
        }

        fn cost(&self, model: &Facts, _: &Settings, _: &Config) -> Result<Vec<Cost>, TechniqueFailure> {
            let [value, dense] = [OTHER_BYTES, ALIGNMENT].map(|fact| model.count(fact) as f64);
            let (resource, unit) = (model.text("target").to_owned(), "bytes".to_owned());
            Ok(vec![Cost { resource, unit, value, dense }])
        }
    }

    /// Writes everything twice, in words.
    struct Twice;

    impl Exporter for Twice {
        fn name(&self) -> &'static str {
            "twice"
        }

        fn summary(&self) -> &'static str {
            "everything twice"
        }

        fn check(&self, _: &Plan, _: &Facts) -> Result<Exactness, ExportError> {
            Ok(Exactness::Exact)
        }

        fn other_bytes(&self, model: &Facts, _: &dyn ModelFiles) -> Option<u64> {
            Some(2 * model.count("other-bytes"))
        }

        fn alignment(&self) -> u32 {
            4
        }

        fn export(&self, _: &ExportInput<'_>, _: &mut dyn FileSink) -> Result<(), ExportError> {
            Ok(())
        }
    }

    #[test]
    fn what_an_exporter_makes_of_the_rest_is_heard_with_the_target() {
        let info = TechniqueInfo {
            name: "hears".into(),
            version: "0.1.0".into(),
            summary: "Hears.".into(),
            options: Vec::new(),
            signals: Vec::new(),
            edits: Vec::new(),
            has_operators: false,
            operators: Vec::new(),
            target_facts: None,
            fingerprint: ContentHash::of(b"hears"),
        };
        let plan = *attune_export::target("plan").unwrap();
        let cost = |target: Target| {
            let technique = Limited::new(Arc::new(Hears(info.clone())), target, Folder::empty());
            let values = Settings::from([("other-bytes".to_owned(), OptionValue::Int(21))]);
            let model = Facts { name: "tiny".into(), fingerprint: ContentHash::of(b"tiny"), values };
            let costs = technique.cost(&model, &Settings::new(), &Config::new(Vec::new())).unwrap();
            (costs[0].resource.clone(), costs[0].value, costs[0].dense)
        };
        assert_eq!(cost(Target { exporter: &Twice, ..plan }), ("plan".to_owned(), 42.0, 4.0));
        assert_eq!(cost(plan), ("plan".to_owned(), 0.0, 0.0), "what is written as it is needs no word");
    }
}
