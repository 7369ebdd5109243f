//! Which job goes first, and how much waiting counts: the orders that the evaluator beside this technique can try.

use attune_guest::{
    Baseline, Config, Cost, Description, Dimension, Domain, Edit, Model, Options, RealDomain, Scale, Signals,
    Space, Technique, Value,
};

struct Order;

/// Options of the first dimension: the first of them changes nothing.
const BY: [&str; 3] = ["first-come", "shortest", "longest"];

impl Technique for Order {
    fn describe() -> Description {
        Description::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), "Which job a machine takes next.")
            .edit("order")
    }

    fn space(model: &Model, _: &Options) -> Result<Space, String> {
        if !model.extra.iter().any(|(name, _)| name == "jobs") {
            return Err(format!(
                "`{}` has no fact `jobs`: this is a technique for jobs of a machine",
                model.name
            ));
        }
        let ageing = Domain::Real(RealDomain { min: 0.0, max: 10.0, scale: Scale::Linear });
        Ok(Space::new(vec![
            Dimension::new("by", "the job that goes first", Domain::one_of(&BY)),
            Dimension::new("ageing", "minutes that a minute of waiting counts", ageing),
        ]))
    }

    fn lower(_: &Model, _: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        let Value::Real(ageing) = config[1][0] else { return Err("`ageing` is no real number".to_owned()) };
        Ok(match config[0][0].option() {
            0 => Vec::new(),
            by => vec![Edit::new("order").text("by", BY[by]).real("ageing", ageing)],
        })
    }

    fn cost(_: &Model, _: &Options, _: &Config) -> Result<Vec<Cost>, String> {
        Ok(Vec::new())
    }

    fn baselines(_: &Model, _: &Options, _: &Signals) -> Result<Vec<Baseline>, String> {
        let config = |by| vec![vec![Value::Index(by)], vec![Value::Real(0.0)]];
        Ok(vec![
            Baseline::new("first-come", "first come, first served", config(0)),
            Baseline::new("shortest", "shortest first, whoever waits", config(1)),
        ])
    }
}

attune_guest::export!(Order);
