//! Memory plans: which order of allocation, or which constants of a planner, needs the fewest bytes. STWeaver (STAlloc), July 2025;
//! search by canonical plans after MiniMalloc (ASPLOS 2023).

mod facts;
mod operators;
mod orders;
mod planner;

use attune_guest::{
    Baseline, Config, Cost, Description, Edit, Model, Operator, OptionSpec, Options, Random, Signals, Space,
    Technique,
};

struct MemoryPlan;

fn by_order(options: &Options) -> bool {
    options.text("search") == "order"
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
            "what is searched: an order for each given trace, or the constants of the published planner",
            &["order", "planner"],
        ))
        .option(OptionSpec::int(
            "nodes",
            "nodes of a search that completes an order",
            100..=1_000_000,
            20_000,
        ))
        .edit("allocation-order")
        .edit("allocation-planner")
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        if by_order(options) { Ok(orders::space(&facts::traces(model)?)) } else { Ok(planner::space()) }
    }

    fn lower(_: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        Ok(if by_order(options) { orders::lower(config) } else { planner::lower(config) })
    }

    fn cost(_: &Model, _: &Options, _: &Config) -> Result<Vec<Cost>, String> {
        Ok(Vec::new())
    }

    fn baselines(model: &Model, options: &Options, _: &Signals) -> Result<Vec<Baseline>, String> {
        if by_order(options) {
            Ok(orders::baselines(&facts::traces(model)?))
        } else {
            Ok(planner::baselines())
        }
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
        if !by_order(options) {
            return Err(format!("operator `{operator}` is for orders"));
        }
        operators::vary(&facts::traces(model)?, options.int("nodes") as u64, operator, parents, random)
    }
}

attune_guest::export!(MemoryPlan);
