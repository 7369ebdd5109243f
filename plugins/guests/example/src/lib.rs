//! Which KV heads look at everything and which only at a window of recent tokens.

use attune_guest::{
    Baseline, Config, Constraint, Cost, Description, Dimension, Domain, Edit, Model, OptionSpec, Options,
    Signals, Space, Technique, Value,
};

struct LocalHeads;

impl Technique for LocalHeads {
    fn describe() -> Description {
        Description::new("local-heads", "0.1.0", "Gives some KV heads a window instead of the whole context.")
            .option(OptionSpec::int("window", "tokens that a local head sees", 1..=1_048_576, 64))
            .option(OptionSpec::real("local", "share of the heads that are local", 0.0..=1.0, 0.5))
            .edit("attention-span")
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        let heads = Dimension::new("head", "how far a KV head looks", Domain::one_of(&["global", "local"]))
            .axis("layer", model.layers)
            .axis("kv-head", model.kv_heads);
        let all = f64::from(model.layers * model.kv_heads);
        let global = (all * (1.0 - options.real("local"))).floor();
        // Option 0, global, costs one head; option 1, local, costs none.
        Ok(Space::new(vec![heads]).with(Constraint::budget_of(0, "global", "heads", global, vec![1.0, 0.0])))
    }

    fn lower(model: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        let places = (0..model.layers).flat_map(|layer| (0..model.kv_heads).map(move |head| (layer, head)));
        let local = places.zip(&config[0]).filter(|(_, value)| value.option() == 1);
        let edit = |(layer, head)| {
            Edit::new("attention-span")
                .int("layer", layer)
                .int("kv-head", head)
                .int("sink", 4)
                .real("alpha", options.int("window") as f64)
                .real("beta", 0.0)
        };
        Ok(local.map(|(place, _)| edit(place)).collect())
    }

    fn cost(_: &Model, _: &Options, config: &Config) -> Result<Vec<Cost>, String> {
        let global = config[0].iter().filter(|value| value.option() == 0).count();
        Ok(vec![Cost::new("global", "heads", global as f64, config[0].len() as f64)])
    }

    fn baselines(model: &Model, _: &Options, _: &Signals) -> Result<Vec<Baseline>, String> {
        let local = vec![Value::Index(1); (model.layers * model.kv_heads) as usize];
        Ok(vec![Baseline::new("default", "every head is local", vec![local])])
    }
}

attune_guest::export!(LocalHeads);
