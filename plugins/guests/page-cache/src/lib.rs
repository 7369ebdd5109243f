//! Divides a page cache in two parts. Its edit is none of attune's: an evaluator brings it (`python/attune-worker/examples/cache.py`).

use attune_guest::{
    Baseline, Config, Cost, Description, Dimension, Domain, Edit, IntRange, Model, Operator, OptionSpec,
    Options, Random, Signals, Space, Technique, Value, progress,
};

/// Pages of the cache.
const PAGES: i64 = 64;
/// Requests after which a page moves at the latest.
const HITS: i64 = 4;
/// Pages that a step moves the boundary by at most.
const STEP: usize = 8;

struct PageCache;

impl Technique for PageCache {
    fn describe() -> Description {
        Description::new(
            "page-cache",
            "0.1.0",
            "Divides a page cache into a part for new pages and one for proven ones.",
        )
        .option(OptionSpec::int("least", "pages that the part for new ones has at least", 1..=PAGES - 1, 1))
        .edit("cache-policy")
        .heeds(&[])
    }

    fn space(_: &Model, options: &Options) -> Result<Space, String> {
        let whole = |min, max| Domain::Int(IntRange { min, max });
        Ok(Space::new(vec![
            Dimension::new(
                "new",
                "pages for what was asked for once",
                whole(options.int("least"), PAGES - 1),
            ),
            Dimension::new("hits", "requests after which a page is proven", whole(1, HITS)),
        ]))
    }

    fn lower(_: &Model, _: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        Ok(vec![Edit::new("cache-policy").int("new", number(config, 0)).int("hits", number(config, 1))])
    }

    fn cost(_: &Model, _: &Options, config: &Config) -> Result<Vec<Cost>, String> {
        Ok(vec![Cost::new("new-pages", "pages", number(config, 0) as f64, PAGES as f64)])
    }

    fn baselines(_: &Model, options: &Options, _: &Signals) -> Result<Vec<Baseline>, String> {
        let least = options.int("least");
        let named = [
            ("default", "half of the pages for new ones", PAGES / 2),
            ("small", "an eighth of them", PAGES / 8),
        ];
        let mut baselines = Vec::with_capacity(named.len());
        for (name, help, pages) in named {
            progress(baselines.len() as u64, named.len() as u64);
            baselines.push(Baseline::new(name, help, config(pages.max(least), 1)));
        }
        Ok(baselines)
    }

    fn operators() -> Vec<Operator> {
        vec![
            Operator::mutation("resize", "Moves the boundary between the parts by up to eight pages."),
            Operator::mutation("patience", "Has pages move after another number of requests."),
            Operator::crossover("between", "Puts the boundary between those of two configs."),
        ]
    }

    fn vary_by(
        _: &Model,
        options: &Options,
        operator: &str,
        parents: &[Config],
        random: &mut Random,
    ) -> Result<Config, String> {
        let (pages, hits) = (number(&parents[0], 0), number(&parents[0], 1));
        match (operator, parents) {
            ("resize", _) => {
                let step = 1 + random.below(STEP) as i64;
                let moved = if random.chance(0.5) { pages + step } else { pages - step };
                Ok(config(moved.clamp(options.int("least"), PAGES - 1), hits))
            }
            ("patience", _) => {
                let other = 1 + random.below(HITS as usize - 1) as i64;
                Ok(config(pages, if other >= hits { other + 1 } else { other }))
            }
            ("between", [_, second, ..]) => {
                let (one, other) = (pages.min(number(second, 0)), pages.max(number(second, 0)));
                Ok(config(one + random.below((other - one) as usize + 1) as i64, hits))
            }
            ("between", _) => Err("there is one parent, and it goes between two".to_owned()),
            (other, _) => Err(format!("there is no operator `{other}`")),
        }
    }
}

fn config(pages: i64, hits: i64) -> Config {
    vec![vec![Value::Int(pages)], vec![Value::Int(hits)]]
}

fn number(config: &Config, dimension: usize) -> i64 {
    match config[dimension][0] {
        Value::Int(number) => number,
        ref other => panic!("{other:?} is no whole number"),
    }
}

attune_guest::export!(PageCache);
