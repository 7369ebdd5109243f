//! Does what a technique must not do, as its option `how` says: the host has to survive it.

use std::hint::black_box;

use attune_guest::{
    Axis, Baseline, Config, Cost, Description, Dimension, Domain, Edit, Model, OptionSpec, Options, Random,
    Signals, Space, Technique, Value, info, progress, warn,
};

struct Misbehaving;

/// Clears the screen, sets the title of the window, returns to the beginning of the line, turns the direction of
/// reading and hides.
const NASTY: &str = "\x1b[2J\x1b]0;owned\x07\r\u{202e}\u{200b}";

const WAYS: [&str; 25] = [
    "not",
    "loop",
    "allocate",
    "panic",
    "recurse",
    "huge-output",
    "chatter",
    "bad-space",
    "huge-space",
    "unknown-domain",
    "unknown-edit",
    "lacking-edit",
    "undeclared-edit",
    "bad-edit",
    "two-edits",
    "nan-cost",
    "bad-baseline",
    "bad-child",
    "flood",
    "warn",
    "inject",
    "bad-name",
    "taken-name",
    "reports",
    "bad-argument",
];

impl Technique for Misbehaving {
    fn describe() -> Description {
        Description::new("misbehaving", "0.1.0", "A fixture of the host's tests.")
            .option(OptionSpec::one_of("how", "what to do wrong", &WAYS))
            .edit("keep-experts")
            .edit("teleport")
            .with_operators()
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        let mut domain = Domain::one_of(&["a", "b"]);
        match options.text("how") {
            "loop" => loop {
                black_box(());
            },
            "allocate" => {
                let mut hoard = Vec::new();
                loop {
                    hoard.push(black_box(vec![1_u8; 1 << 20]));
                }
            }
            "panic" => panic!("no model of {} layers today", model.layers),
            "recurse" => return Err(format!("reached depth {}", recurse(0))),
            "huge-output" => return Err("x".repeat(32 << 20)),
            "chatter" => (0..100_000).for_each(|_| info(&"x".repeat(100_000))),
            "bad-space" => domain = Domain::Level(vec![2.0, 1.0]),
            "huge-space" => domain = Domain::Permutation(u32::MAX),
            "reports" => (0..100_000).for_each(|done| progress(done, 0)),
            "flood" => (0..100_000).for_each(|_| info("")),
            "inject" => return Err(format!("{NASTY}{}", "x".repeat(15 << 20))),
            "unknown-domain" => domain = Domain::Other(Edit::new("graph").int("nodes", 3_u32)),
            _ => {}
        }
        Ok(Space::new(vec![Dimension {
            name: if options.text("how") == "bad-name" { NASTY } else { "letter" }.to_owned(),
            help: "a letter".to_owned(),
            axes: vec![Axis { name: "layer".to_owned(), len: model.layers }],
            domain,
        }]))
    }

    fn lower(model: &Model, options: &Options, _config: &Config) -> Result<Vec<Edit>, String> {
        let keep =
            |layer: u32, expert| Edit::new("keep-experts").int("layer", layer).ints("experts", &[expert]);
        if options.text("how") == "warn" {
            warn(&format!("{NASTY}mind the gap"));
        }
        Ok(match options.text("how") {
            "unknown-edit" => vec![Edit::new("teleport").int("layer", 0_u32)],
            "bad-argument" => vec![Edit::new("teleport").int(NASTY, 0_u32)],
            "lacking-edit" => vec![Edit::new("keep-experts").int("layer", 0_u32)],
            "undeclared-edit" => {
                let span = Edit::new("attention-span").int("layer", 0_u32).int("kv-head", 0_u32);
                vec![span.int("sink", 0_u32).real("alpha", 1.0).real("beta", 0.0)]
            }
            "bad-edit" => vec![keep(model.layers, 0)],
            "two-edits" => vec![keep(0, 0), keep(0, 1)],
            _ => vec![keep(0, 0)],
        })
    }

    fn cost(_model: &Model, options: &Options, _config: &Config) -> Result<Vec<Cost>, String> {
        let value = if options.text("how") == "nan-cost" { f64::NAN } else { 1.0 };
        Ok(vec![Cost::new("memory", "bytes", value, 2.0)])
    }

    fn baselines(model: &Model, options: &Options, _signals: &Signals) -> Result<Vec<Baseline>, String> {
        let index = if options.text("how") == "bad-baseline" { 7 } else { 0 };
        let config = vec![vec![Value::Index(index); model.layers as usize]];
        let name = if options.text("how") == "taken-name" { "random-best" } else { "default" };
        Ok(vec![Baseline::new(name, "the letter a", config)])
    }

    fn vary(
        _model: &Model,
        options: &Options,
        parents: &[Config],
        random: &mut Random,
    ) -> Result<Config, String> {
        if options.text("how") == "bad-child" {
            return Ok(vec![vec![Value::Real(random.unit())]]);
        }
        Ok(parents[0].clone())
    }
}

/// Deep enough for any stack; what is added after the call keeps it from becoming a loop.
fn recurse(depth: u64) -> u64 {
    let below = if depth == u64::MAX { 0 } else { recurse(black_box(depth + 1)) };
    below + black_box(1)
}

attune_guest::export!(Misbehaving);
