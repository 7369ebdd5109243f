//! What a technique answers: descriptions, spaces, plans, costs, baselines, children, signals and damages of a component that
//! returns anything, valid or not, through the interface itself.

mod abi;
mod graft;
mod types;

use std::sync::LazyLock;

use attune_core::options::{OptionValue, Settings};
use attune_core::rng;
use attune_core::space::{Config, Space};
use attune_core::technique::Technique;
use attune_plugins::{Host, WasmTechnique};

use super::component::model;
use crate::Target;
use abi::{Choices, Memory, Type};
use graft::{ANSWER, OTHERS, PLACE};

/// A committed component with all interfaces.
const WHOLE: &[u8] = include_bytes!("../../../../plugins/dist/kv-bits.wasm");
/// A description with an option that takes any bytes: its only one, `a`, is a list of whole numbers.
const DESCRIPTION: &[u8] = &[
    0, 0, 0, 0, 0, 0, // name, version, summary
    0, 1, 0, 0, 0, 0, 0, 4, 0, 1, 4, 0, 1, 0, 3, 0, // options
    0, 0, 0, // signals
    0, 1, 0, 4, 0, // edits
    1, 0, 0, 0, // operators, extra
];
/// A choice and a subset.
const SPACE: &[u8] = &[
    0, 0, 2, 0, //
    0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0, //
    1, 0, 0, 0, 0, 0, 0, 4, 8, 1, 4, //
    0, 0, 0,
];

static HOST: LazyLock<Option<Host>> = LazyLock::new(|| Host::new().ok());
static TECHNIQUE: LazyLock<Option<WasmTechnique>> = LazyLock::new(|| {
    let loaded = HOST.as_ref()?.load("answers.wasm", &graft::graft(WHOLE, &described(DESCRIPTION)));
    Some(loaded.unwrap_or_else(|failure| panic!("{failure}")))
});

pub(crate) const TARGET: Target = Target {
    name: "answers",
    seeds: |_| {
        let mut seeds: Vec<Vec<u8>> = (0..8).map(|call| [&[call, 1], SPACE].concat()).collect();
        seeds.extend((1..8).map(|call| vec![call, 0, 0, 1, 0, 0, 0, 2, 0, 1, 0, 0, 1, 2]));
        seeds.push([&[0, 0], DESCRIPTION].concat());
        let mut random = rng::derive(1, "answers", &[]);
        seeds.extend((0..32).map(|call| {
            let rest = (0..600).map(|_| rand::RngExt::random_range(&mut random, 0..=255));
            [call % 8, 0].into_iter().chain(rest).collect()
        }));
        seeds
    },
    run,
};

fn run(input: &[u8]) {
    let &[call, space, ref rest @ ..] = input else { return };
    if call % 64 == 0 && space == 0 {
        // A component of its own, which has to be compiled.
        let Some(host) = HOST.as_ref() else { return };
        let _ = host.load("answers.wasm", &graft::graft(WHOLE, &described(rest)));
        return;
    }
    let Some(technique) = TECHNIQUE.as_ref() else { return };
    let kind = match call % 8 {
        0 | 1 => &types::SPACE,
        2 => &types::PLAN,
        3 => &types::COSTS,
        4 => &types::BASELINES,
        5 => &types::CHILD,
        6 => &types::SIGNALS,
        _ => &types::DAMAGES,
    };
    let is_space = call % 8 < 2;
    let first = if is_space { rest } else { SPACE };
    let mut answer = memory(PLACE, ANSWER / 2, &types::SPACE, first);
    answer.extend(memory(OTHERS, ANSWER / 2, kind, rest));
    let numbers = answer.as_chunks::<8>().0.iter().map(|bytes| i64::from_le_bytes(*bytes));
    let options = Settings::from([("a".to_owned(), OptionValue::Ints(numbers.collect()))]);
    let model = model();
    let described = technique.space(&model, &options);
    assert!(is_space || described.is_ok(), "{described:?}");
    let Ok(space) = described else { return };
    let random = &mut rng::derive(1, "answers", &[]);
    let Ok(config) = space.sample(random) else { return };
    match call % 8 {
        0 | 1 => search(&space),
        2 => drop(technique.lower(&model, &options, &config).map(|plan| plan.hash())),
        3 => drop(technique.cost(&model, &options, &config)),
        4 => {
            for baseline in technique.baselines(&model, &options, &[]).into_iter().flatten() {
                valid(&space, &baseline.config);
            }
        }
        5 => {
            if let Ok(child) = technique.vary(&model, &options, &[&config], 1) {
                valid(&space, &child);
            }
        }
        6 => drop(technique.damage_signals(&model, &options)),
        _ => drop(technique.sensitivities(&model, &options, &[])),
    }
}

fn valid(space: &Space, config: &Config) {
    assert_eq!(space.check_domains(config), Ok(()));
    assert_eq!(&space.canonical(config.clone()), config);
}

fn search(space: &Space) {
    space.count();
    let random = &mut rng::derive(1, "answers", &[]);
    let Ok(mut parent) = space.sample(random) else { return };
    for _ in 0..4 {
        let Ok(other) = space.sample(random) else { return };
        parent = space.mutate(&space.crossover(&parent, &other, random), random);
        assert_eq!(space.check(&parent), Ok(()));
    }
}

fn described(choices: &[u8]) -> Vec<u8> {
    memory(graft::described_at(), 32 << 10, &types::DESCRIPTION, choices)
}

fn memory(base: u32, size: usize, kind: &Type, choices: &[u8]) -> Vec<u8> {
    let mut memory = Memory::new(base, size);
    memory.add(kind, &mut Choices(choices));
    memory.bytes
}
