//! A technique for whatever edits an evaluator brings: each edit is there or not, and each of its arguments is searched in the range that
//! its schema gives. Who knows more of a system writes a technique of their own.

use std::sync::{Arc, LazyLock};

use attune_core::facts::Facts;
use attune_core::hash::ContentHash;
use attune_core::options::{OptionValue, Settings};
use attune_core::plan::{Argument, ArgumentKind, Edit, EditSchema, Plan, Vocabulary};
use attune_core::space::{Config, Constraint, Dimension, Domain, Space, Value};
use attune_core::technique::{FailureKind, Technique, TechniqueFailure, TechniqueInfo};

/// What `technique.name` of a profile calls it.
pub const EDITS: &str = "edits";

/// Elements of a set, and numbers of a list, at most: beyond that a technique has to know what they mean.
const MOST: u32 = 64;
/// Options of the dimension that says whether an edit is there.
const PRESENCE: [&str; 2] = ["left out", "made"];

/// What it says about itself before it is known whose edits they are.
pub fn edits_info() -> &'static TechniqueInfo {
    static INFO: LazyLock<TechniqueInfo> = LazyLock::new(|| TechniqueInfo {
        name: EDITS.to_owned(),
        version: "1".to_owned(),
        summary:
            "Searches the arguments of whatever edits the evaluator brings, within the ranges that it gives."
                .to_owned(),
        options: Vec::new(),
        signals: Vec::new(),
        edits: Vec::new(),
        has_operators: false,
        operators: Vec::new(),
        target_facts: Some(Vec::new()),
        fingerprint: ContentHash::of(b"edits 1"),
    });
    &INFO
}

/// The technique for the edits of one evaluator.
pub(crate) struct EditsTechnique {
    info: TechniqueInfo,
    evaluator: String,
    edits: Vocabulary,
}

impl EditsTechnique {
    /// For the edits that `evaluator` brings.
    pub(crate) fn of(evaluator: &str, edits: &Vocabulary) -> Arc<dyn Technique> {
        let kinds = edits.kinds().map(str::to_owned).collect();
        let info = TechniqueInfo { edits: kinds, ..edits_info().clone() };
        Arc::new(Self { info, evaluator: evaluator.to_owned(), edits: edits.clone() })
    }

    fn refused(&self, call: &str, reason: String) -> TechniqueFailure {
        let kind = FailureKind::Refused(reason);
        TechniqueFailure { technique: EDITS.to_owned(), call: call.to_owned(), kind }
    }

    /// Why an edit needs a technique that knows what it means.
    fn beyond(&self, schema: &EditSchema, why: &str) -> TechniqueFailure {
        let reason = format!(
            "the edit `{}` of evaluator `{}` {why}, which needs a technique of its own; `attune technique new` writes one",
            schema.kind, self.evaluator
        );
        self.refused("space", reason)
    }

    /// The domains of an argument: one, or one for each number of a list.
    fn domain(&self, schema: &EditSchema, argument: &Argument) -> Result<(Domain, u32), TechniqueFailure> {
        let beyond = |why: &str| self.beyond(schema, &format!("has `{}`, {why}", argument.name));
        Ok(match &argument.kind {
            ArgumentKind::Int { min, max } => (Domain::Int { min: *min, max: *max }, 1),
            ArgumentKind::Level(levels) => {
                let mut levels: Vec<f64> = levels.iter().map(|level| *level as f64).collect();
                levels.sort_by(f64::total_cmp);
                levels.dedup();
                (Domain::Level { levels }, 1)
            }
            ArgumentKind::Real { min, max } if (max - min).is_finite() => {
                (Dimension::real("", *min, *max).domain, 1)
            }
            ArgumentKind::Word(words) => (Domain::Choice { options: words.clone() }, 1),
            ArgumentKind::Set { max } => match u32::try_from(*max).ok().filter(|max| *max < MOST) {
                Some(max) => (Domain::Subset { of: max + 1, min: 0, max: max + 1 }, 1),
                None => return Err(beyond("a set of any of many numbers")),
            },
            ArgumentKind::Ints { min, max, least, most } if least == most && (1..=MOST).contains(most) => {
                (Domain::Int { min: *min, max: *max }, *most)
            }
            other => return Err(beyond(&other.to_string())),
        })
    }
}

impl Technique for EditsTechnique {
    fn info(&self) -> &TechniqueInfo {
        &self.info
    }

    fn space(&self, _model: &Facts, _options: &Settings) -> Result<Space, TechniqueFailure> {
        let (mut dimensions, mut constraints) = (Vec::new(), Vec::new());
        for schema in self.edits.schemas() {
            if schema.place.group.is_some() {
                return Err(self.beyond(schema, "has a place in a part of its subject"));
            }
            if schema.contradicts.iter().any(|rule| rule.kind != schema.kind) {
                return Err(self.beyond(schema, "cannot stand beside others"));
            }
            let presence = dimensions.len();
            let help = format!("whether the edit is made: {}", schema.summary);
            dimensions.push(Dimension::choice(&schema.kind, PRESENCE).with_help(&help));
            for argument in &schema.arguments {
                let (domain, cells) = self.domain(schema, argument)?;
                let mut dimension = Dimension::new(&format!("{}-{}", schema.kind, argument.name), domain)
                    .with_help(&argument.help);
                if matches!(argument.kind, ArgumentKind::Ints { .. }) {
                    dimension = dimension.along("place", cells);
                }
                constraints.push(Constraint::Active {
                    dimension: dimensions.len(),
                    when: presence,
                    options: vec![1],
                });
                dimensions.push(dimension);
            }
        }
        if dimensions.is_empty() {
            let reason = format!("evaluator `{}` brings no edits", self.evaluator);
            return Err(self.refused("space", reason));
        }
        Space::new(dimensions, constraints).map_err(|error| self.refused("space", error.to_string()))
    }

    fn lower(&self, _model: &Facts, _options: &Settings, config: &Config) -> Result<Plan, TechniqueFailure> {
        let odd = || self.refused("lower", "the config is none of the space".to_owned());
        let mut cells = config.dimensions().iter();
        let mut plan = Vec::new();
        for schema in self.edits.schemas() {
            let made = matches!(cells.next().and_then(|cells| cells.first()), Some(Value::Index(1)));
            let mut edit = Edit::new(&schema.kind);
            for argument in &schema.arguments {
                let values = cells.next().ok_or_else(odd)?;
                edit.args.insert(argument.name.clone(), value(argument, values).ok_or_else(odd)?);
            }
            if made {
                let accepted = self.edits.accept(&edit);
                plan.push(accepted.map_err(|error| self.refused("lower", error.to_string()))?);
            }
        }
        Ok(self.edits.arrange(plan))
    }
}

/// The value of an argument that cells say.
fn value(argument: &Argument, cells: &[Value]) -> Option<OptionValue> {
    let whole = |cell: &Value| if let Value::Int(number) = cell { Some(*number) } else { None };
    Some(match (&argument.kind, cells) {
        (ArgumentKind::Ints { .. }, cells) => {
            OptionValue::Ints(cells.iter().map(whole).collect::<Option<_>>()?)
        }
        (ArgumentKind::Word(words), [Value::Index(at)]) => {
            OptionValue::Text(words.get(*at as usize)?.clone())
        }
        (ArgumentKind::Level(levels), [Value::Index(at)]) => {
            let mut levels = levels.clone();
            levels.sort_unstable();
            levels.dedup();
            OptionValue::Int(*levels.get(*at as usize)?)
        }
        (ArgumentKind::Set { .. }, [Value::Indices(chosen)]) => {
            OptionValue::Ints(chosen.iter().map(|one| i64::from(*one)).collect())
        }
        (_, [Value::Int(number)]) => OptionValue::Int(*number),
        (_, [Value::Real(number)]) => OptionValue::Real(*number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use attune_core::rng;

    use super::*;

    fn facts() -> Facts {
        Facts { name: "x".to_owned(), fingerprint: ContentHash::of(b"x"), values: Settings::new() }
    }

    fn order() -> EditSchema {
        EditSchema::new("order", "Another order.", "")
            .with(Argument::word("by", ["shortest", "longest"], "which first"))
            .with(Argument::new("ageing", ArgumentKind::Real { min: 0.0, max: 10.0 }, "minutes"))
            .with(Argument::level("lanes", [4, 1, 2], "lanes"))
            .once_per(&[])
    }

    #[test]
    fn every_config_is_a_plan_of_the_evaluators_edits_and_arguments_count_only_where_the_edit_is_made() {
        let stop = EditSchema::new("stop", "Stops.", "").with(Argument::set("at", "hours"));
        let stop = EditSchema {
            arguments: vec![Argument { kind: ArgumentKind::Set { max: 3 }, ..stop.arguments[0].clone() }],
            ..stop
        };
        let edits = Vocabulary::new([order(), stop]);
        let technique = EditsTechnique::of("toy", &edits);
        let space = technique.space(&facts(), &Settings::new()).unwrap();
        let names: Vec<&str> = space.dimensions().iter().map(|dimension| dimension.name.as_str()).collect();
        assert_eq!(names, ["order", "order-by", "order-ageing", "order-lanes", "stop", "stop-at"]);
        let mut random = rng::derive(1, "test", &[]);
        let mut kinds = std::collections::BTreeSet::new();
        for _ in 0..64 {
            let config = space.sample(&mut random).unwrap();
            let plan = technique.lower(&facts(), &Settings::new(), &config).unwrap();
            for edit in plan.edits() {
                assert_eq!(edits.accept(edit).as_ref(), Ok(edit));
                kinds.insert(edit.kind.clone());
            }
            let Value::Index(made) = config.dimensions()[0][0] else { panic!("{config:?}") };
            assert_eq!(plan.edits().iter().any(|edit| edit.kind == "order"), made == 1);
            if made == 0 {
                assert_eq!(config.dimensions()[2], [Value::Real(0.0)], "one config for one plan");
            }
        }
        assert_eq!(kinds.len(), 2);
    }

    #[test]
    fn what_a_range_does_not_say_enough_of_is_refused_by_name() {
        let of = |schema: EditSchema| {
            let technique = EditsTechnique::of("toy", &Vocabulary::new([schema]));
            technique.space(&facts(), &Settings::new()).unwrap_err().to_string()
        };
        let reals = of(EditSchema::new("mix", "", "").with(Argument::reals("weights", "")));
        assert!(
            reals.contains("`mix` of evaluator `toy` has `weights`, a list of finite real numbers"),
            "{reals}"
        );
        assert!(reals.contains("`attune technique new`"), "{reals}");
        let layers = of(order().with(Argument::count("layer", "")).in_group("layer"));
        assert!(layers.contains("a place in a part"), "{layers}");
        let none = EditsTechnique::of("toy", &Vocabulary::default()).space(&facts(), &Settings::new());
        assert!(none.unwrap_err().to_string().contains("brings no edits"));
    }
}
