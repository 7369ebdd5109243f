//! The scripted technique.

use std::sync::{Mutex, PoisonError};

use attune_core::allowance::{Usage, Used};
use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::options::Settings;
use attune_core::plan::{Edit, Plan};
use attune_core::signal::SignalRequest;
use attune_core::space::{
    Axis, Budget, BudgetTerm, Config, Constraint, Dimension, Domain, Space, SpaceError, Value,
};
use attune_core::technique::{
    Baseline, Cost, FailureKind, Operator, Sensitivities, Signal, Technique, TechniqueFailure, TechniqueInfo,
};

use super::LAYERS;

const LEVELS: [u32; 3] = [2, 4, 8];

type Fault = Box<dyn Fn(&str, &[&Config]) -> Option<FailureKind> + Send + Sync>;

/// Gives each layer 2, 4 or 8 bits; 4 on average at most.
pub struct ScriptedTechnique {
    info: TechniqueInfo,
    fault: Fault,
    silent: Option<u32>,
    estimates: bool,
    lowered: Option<Edit>,
    barren: bool,
    any_name: bool,
    burning: Option<(&'static str, u64)>,
    used: Mutex<Usage>,
}

impl Default for ScriptedTechnique {
    fn default() -> Self {
        Self {
            info: TechniqueInfo {
                name: "scripted".to_owned(),
                version: "1.0.0".to_owned(),
                summary: "Bits per layer, for tests.".to_owned(),
                options: Vec::new(),
                signals: vec!["sensitivity".to_owned()],
                edits: vec!["kv-bits".to_owned()],
                has_operators: false,
                operators: Vec::new(),
                target_facts: None,
                fingerprint: ContentHash::of(b"scripted technique"),
            },
            fault: Box::new(|_, _| None),
            silent: None,
            estimates: false,
            lowered: None,
            barren: false,
            any_name: false,
            burning: None,
            used: Mutex::default(),
        }
    }
}

impl ScriptedTechnique {
    /// Fails a call (`lower`, `cost`, `vary`) on these configs when `fault` names a failure.
    #[must_use]
    pub fn failing(
        mut self,
        fault: impl Fn(&str, &[&Config]) -> Option<FailureKind> + Send + Sync + 'static,
    ) -> Self {
        self.fault = Box::new(fault);
        self
    }

    /// Brings an operator of its own: exchanges the bits of two layers.
    #[must_use]
    pub fn with_operators(mut self) -> Self {
        self.info.has_operators = true;
        self
    }

    /// Brings operators with names: `swap` exchanges the bits of two layers, `step` gives one layer other bits, and `cross` takes the
    /// layers from either of two parents.
    #[must_use]
    pub fn with_named_operators(mut self) -> Self {
        let operator = |(name, parents): (&str, usize)| Operator {
            name: name.to_owned(),
            help: format!("{name}, for tests."),
            parents,
        };
        self.info.operators = [("swap", 1), ("step", 1), ("cross", 2)].map(operator).to_vec();
        self.with_operators()
    }

    /// Has no way to tell its operators from others.
    #[must_use]
    pub fn answering_to_any_name(mut self) -> Self {
        self.any_name = true;
        self
    }

    /// Leaves one layer as it is whatever the config says, so that different configs have equal plans.
    #[must_use]
    pub fn silent_in(mut self, layer: u32) -> Self {
        self.silent = Some(layer);
        self
    }

    /// Makes a plan of this one edit of every config.
    #[must_use]
    pub fn lowering_to(mut self, edit: Edit) -> Self {
        self.lowered = Some(edit);
        self
    }

    /// Has operators of its own whose children are their parents.
    #[must_use]
    pub fn barren(mut self) -> Self {
        self.barren = true;
        self.with_operators()
    }

    /// Takes this many instructions in every call of one function.
    #[must_use]
    pub fn burning(mut self, call: &'static str, fuel: u64) -> Self {
        self.burning = Some((call, fuel));
        self
    }

    /// Makes its baselines without any signal.
    #[must_use]
    pub fn without_signals(mut self) -> Self {
        self.info.signals.clear();
        self
    }

    /// Estimates damages of its own, from the signal `sensitivity`; they are those of the scripted evaluator but for
    /// the items' ripple.
    #[must_use]
    pub fn with_estimates(mut self) -> Self {
        self.estimates = true;
        self
    }

    /// The space, for any model.
    ///
    /// # Errors
    /// Never; the type is that of [`Space::new`].
    pub fn space() -> Result<Space, SpaceError> {
        let levels = LEVELS.map(f64::from);
        let budget = Budget {
            resource: "bits".to_owned(),
            unit: "bits/element".to_owned(),
            limit: 4.0,
            terms: vec![BudgetTerm {
                dimension: 0,
                costs: vec![levels.map(|bits| bits / f64::from(LAYERS)).to_vec()],
            }],
        };
        let bits = Dimension {
            name: "bits".to_owned(),
            help: "Bits of keys and values".to_owned(),
            axes: vec![Axis::new("layer", LAYERS)],
            domain: Domain::Level { levels: levels.to_vec() },
        };
        Space::new(vec![bits], vec![Constraint::Budget(budget)])
    }

    /// The config with these levels (0 for 2 bits, 1 for 4, 2 for 8).
    pub fn config(levels: [u32; LAYERS as usize]) -> Config {
        Config::new(vec![levels.map(Value::Index).to_vec()])
    }

    fn call(&self, call: &str, configs: &[&Config]) -> Result<(), TechniqueFailure> {
        if let Some((burning, fuel)) = self.burning.filter(|(burning, _)| *burning == call) {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            let sum = used.entry(burning).or_default();
            *sum = sum.plus(Used { calls: 1, fuel });
        }
        (self.fault)(call, configs).map_or(Ok(()), |kind| {
            Err(TechniqueFailure { technique: self.info.name.clone(), call: call.to_owned(), kind })
        })
    }
}

fn bits(config: &Config) -> impl Iterator<Item = u32> + '_ {
    config.dimensions().iter().flatten().map(|value| match value {
        Value::Index(level) => LEVELS.get(*level as usize).copied().unwrap_or(0),
        _ => 0,
    })
}

impl Technique for ScriptedTechnique {
    fn info(&self) -> &TechniqueInfo {
        &self.info
    }

    fn usage(&self) -> Usage {
        self.used.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn space(&self, _model: &Facts, _options: &Settings) -> Result<Space, TechniqueFailure> {
        Self::space().map_err(|error| TechniqueFailure {
            technique: self.info.name.clone(),
            call: "space".to_owned(),
            kind: FailureKind::BadOutput(error.to_string()),
        })
    }

    fn lower(&self, _model: &Facts, _options: &Settings, config: &Config) -> Result<Plan, TechniqueFailure> {
        self.call("lower", &[config])?;
        if let Some(edit) = &self.lowered {
            return Ok(Plan::from_canonical(vec![edit.clone()]));
        }
        let layers = bits(config).zip(0..).filter(|(_, layer)| Some(*layer) != self.silent);
        let edit = |(bits, layer): (u32, u32)| {
            Edit::new("kv-bits").int("layer", layer.into()).int("keys", bits.into())
        };
        Ok(Plan::from_canonical(layers.map(edit).collect()))
    }

    fn cost(
        &self,
        _model: &Facts,
        _options: &Settings,
        config: &Config,
    ) -> Result<Vec<Cost>, TechniqueFailure> {
        self.call("cost", &[config])?;
        let value = f64::from(bits(config).sum::<u32>()) / f64::from(LAYERS);
        Ok(vec![Cost { resource: "bits".to_owned(), unit: "bits/element".to_owned(), value, dense: 16.0 }])
    }

    fn baselines(
        &self,
        _model: &Facts,
        _options: &Settings,
        signals: &[Signal],
    ) -> Result<Vec<Baseline>, TechniqueFailure> {
        self.call("baselines", &[])?;
        let baseline = |name: &str, config| Baseline { name: name.to_owned(), help: String::new(), config };
        // The most sensitive layer gets 8 bits and pays for it with the two least sensitive ones.
        let mut order: Vec<usize> = (0..LAYERS as usize).collect();
        if let Some(signal) = signals.first() {
            order.sort_by(|&a, &b| signal.values[b].total_cmp(&signal.values[a]));
        }
        let mut greedy = [1; LAYERS as usize];
        greedy[order[0]] = 2;
        order[LAYERS as usize - 2..].iter().for_each(|&layer| greedy[layer] = 0);
        Ok(vec![
            baseline("sensitivity", Self::config(greedy)),
            baseline("uniform", Self::config([1; LAYERS as usize])),
            baseline("default", Self::config([1; LAYERS as usize])),
            baseline("too-large", Self::config([2; LAYERS as usize])),
        ])
    }

    fn vary(
        &self,
        _model: &Facts,
        _options: &Settings,
        parents: &[&Config],
        seed: u64,
    ) -> Result<Config, TechniqueFailure> {
        self.call("vary", parents)?;
        if self.barren {
            return Ok(parents[0].clone());
        }
        let mut cells = parents[0].dimensions().to_vec();
        let layers = u64::from(LAYERS);
        cells[0].swap((seed % layers) as usize, (seed / layers % layers) as usize);
        Ok(Config::new(cells))
    }

    fn vary_by(
        &self,
        model: &Facts,
        options: &Settings,
        operator: &str,
        parents: &[&Config],
        seed: u64,
    ) -> Result<Config, TechniqueFailure> {
        let layers = u64::from(LAYERS);
        let mut cells = parents[0].dimensions().to_vec();
        match (operator, parents) {
            ("step", _) => {
                self.call("vary", parents)?;
                let Value::Index(level) = &mut cells[0][(seed % layers) as usize] else {
                    unreachable!("its space has levels")
                };
                *level = (*level + 1 + (seed / layers % 2) as u32) % LEVELS.len() as u32;
                Ok(Config::new(cells))
            }
            ("cross", [_, other, ..]) => {
                self.call("vary", parents)?;
                for (layer, value) in other.dimensions()[0].iter().enumerate() {
                    if seed >> layer & 1 == 1 {
                        cells[0][layer] = value.clone();
                    }
                }
                Ok(Config::new(cells))
            }
            _ if self.any_name || self.info.operators.iter().any(|known| known.name == operator) => {
                self.vary(model, options, parents, seed)
            }
            _ => Err(TechniqueFailure {
                technique: self.info.name.clone(),
                call: "vary".to_owned(),
                kind: FailureKind::Refused(format!("it has no operator `{operator}`")),
            }),
        }
    }

    fn damage_signals(
        &self,
        _model: &Facts,
        _options: &Settings,
    ) -> Result<Option<Vec<SignalRequest>>, TechniqueFailure> {
        Ok(self.estimates.then(|| vec![SignalRequest::new("sensitivity")]))
    }

    fn sensitivities(
        &self,
        _model: &Facts,
        _options: &Settings,
        signals: &[Signal],
    ) -> Result<Option<Sensitivities>, TechniqueFailure> {
        let layer = |sensitivity: &f64| LEVELS.map(|bits| sensitivity * 0.25_f64.powi(bits as i32)).to_vec();
        Ok(signals
            .first()
            .filter(|_| self.estimates)
            .map(|signal| vec![signal.values.iter().map(layer).collect()]))
    }
}
