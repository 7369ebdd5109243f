//! Memory plans: which order of allocation, which search, or which constants of a planner, needs the fewest bytes. STWeaver (STAlloc),
//! July 2025; search by canonical plans after MiniMalloc (ASPLOS 2023).

mod facts;
mod operators;
mod orders;
mod planner;
mod searches;

use attune_guest::{
    Baseline, Config, Cost, Description, Edit, Model, Operator, OptionSpec, Options, Random, Signals, Space,
    Technique,
};

struct MemoryPlan;

/// What is searched.
enum By {
    Canonical,
    Order,
    Planner,
}

fn by(options: &Options) -> By {
    match options.text("search") {
        "order" => By::Order,
        "planner" => By::Planner,
        _ => By::Canonical,
    }
}

impl Technique for MemoryPlan {
    fn describe() -> Description {
        Description::new(
            env!("CARGO_PKG_NAME"),
            "0.1.0",
            "Offsets for tensors with lifetimes, so that the peak is least (STWeaver, July 2025).",
        )
        .option(OptionSpec::one_of(
            "search",
            "what is searched: seeds and constants of a search for plans of each given trace, an order for each, or the constants of \
             the published planner",
            &["canonical", "order", "planner"],
        ))
        .option(OptionSpec::int(
            "steps",
            "million buffers and sections that the canonical search of one trial may look at",
            1..=150,
            100,
        ))
        .option(OptionSpec::int("nodes", "nodes of a search that completes an order", 100..=20_000, 5000))
        .edit("allocation-search")
        .edit("allocation-order")
        .edit("allocation-planner")
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        match by(options) {
            By::Canonical => searches::space(&facts::traces(model)?),
            By::Order => Ok(orders::space(&facts::traces(model)?)),
            By::Planner => Ok(planner::space()),
        }
    }

    fn lower(_: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        Ok(match by(options) {
            By::Canonical => searches::lower(config, options.int("steps")),
            By::Order => orders::lower(config),
            By::Planner => planner::lower(config),
        })
    }

    fn cost(_: &Model, _: &Options, _: &Config) -> Result<Vec<Cost>, String> {
        Ok(Vec::new())
    }

    fn baselines(model: &Model, options: &Options, _: &Signals) -> Result<Vec<Baseline>, String> {
        Ok(match by(options) {
            By::Canonical => searches::baselines(facts::traces(model)?.len()),
            By::Order => orders::baselines(&facts::traces(model)?),
            By::Planner => planner::baselines(),
        })
    }

    fn operators() -> Vec<Operator> {
        operators::all()
    }

    fn vary_by(
        model: &Model,
        options: &Options,
        operator: &str,
        parents: &[Config],
        random: &mut Random,
    ) -> Result<Config, String> {
        if !matches!(by(options), By::Order) {
            return Err(format!("operator `{operator}` is for orders"));
        }
        operators::vary(&facts::traces(model)?, options.int("nodes") as u64, operator, parents, random)
    }
}

attune_guest::export!(MemoryPlan);
