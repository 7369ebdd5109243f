//! What sharing saves: populations against plans alone, and against the dense model, with one engine in one run.
//!
//! `cargo run --release -p attune-eval --example population -- MODEL TEXT ITEMS LENGTH [throughput | bounded PLANS BYTES]`:
//! `throughput` leaves out the mutants; `bounded` runs one population of that many one-layer mutants of `kv-bits` (of all
//! 8 levels, late layers likelier) with so much memory for activations and says what the process took.
#![expect(clippy::print_stdout, reason = "a benchmark for people at a terminal")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use attune_core::evaluator::{Evaluator, Fidelity, Request, Split};
use attune_core::plan::{Edit, Plan};
use attune_core::rng::{self, Rng};
use attune_core::scores::Work;
use attune_eval::compute::Precision;
use attune_eval::native::{NativeEvaluator, NativeSpec, REFERENCE_MEMORY};
use attune_eval::text::TextSpec;
use attune_vocabulary::ModelFacts;
use attune_vocabulary::arrange;
use attune_vocabulary::edits::{AttentionSpan, KeepExperts, KvBits};
use rand::RngExt as _;

const POPULATION: usize = 64;

type Failure = Box<dyn std::error::Error>;

struct Bench {
    model: PathBuf,
    text: PathBuf,
    items: u32,
    length: usize,
}

/// Seconds and layer work.
struct Cost {
    seconds: f64,
    /// Of all threads; the wall clock where the system does not say.
    processor: f64,
    work: Work,
}

/// Rounds of dense and edited plans in turn.
const ROUNDS: usize = 9;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (given, more) = args.split_at(args.len().min(4));
    let [model, folder, items, length] = given else {
        return Err("expected MODEL TEXTS ITEMS LENGTH [throughput | bounded PLANS BYTES]; TEXTS is the path of texts \
                    without `.selection.txt`"
            .into());
    };
    let bench =
        Bench { model: model.into(), text: folder.into(), items: items.parse()?, length: length.parse()? };
    let facts = ModelFacts::of(bench.open(0)?.model());
    if let [word, plans, bytes] = more
        && word == "bounded"
    {
        return bench.bounded(plans.parse()?, bytes.parse()?);
    }
    let kinds: &[&str] = if facts.experts > 0 {
        &["expert-pruning", "kv-bits", "attention-span"]
    } else {
        &["kv-bits", "attention-span"]
    };
    println!("{}: {} items of {} tokens, populations of {POPULATION}", facts.name, bench.items, bench.length);
    if more.is_empty() {
        bench.mutants(kinds[0], &facts)?;
    }
    bench.throughput(kinds, &facts)
}

impl Bench {
    /// What sharing saves, by how much children differ.
    fn mutants(&self, kind: &str, facts: &ModelFacts) -> Result<(), Failure> {
        println!(
            "\n| population | technique | layer work saved | time saved | theory, one parent |\n| --- | --- | --- | --- | --- |"
        );
        let layers = facts.layers as f64;
        let share = |changed: f64| changed * (layers + 1.0) / ((changed + 1.0) * layers);
        for (name, changed, late) in [
            ("one-layer mutants", 1, false),
            ("two-layer swaps", 2, false),
            ("four-layer mutants", 4, false),
            ("one-layer mutants, late layers likelier", 1, true),
        ] {
            let plans = mutants(kind, facts, changed, late, POPULATION)?;
            let naive = self.alone(&plans)?;
            let shared = self.together(&plans, u64::MAX >> 20)?;
            println!(
                "| {name} | {kind} | {:.2} × | {:.2} × | {} |",
                naive.work.computed as f64 / shared.work.computed as f64,
                naive.seconds / shared.seconds,
                if late { "–".to_owned() } else { format!("{:.2} ×", 1.0 / share(f64::from(changed))) },
            );
        }
        Ok(())
    }

    /// What edits cost: populations that share nothing over the dense plan.
    fn throughput(&self, kinds: &[&str], facts: &ModelFacts) -> Result<(), Failure> {
        println!(
            "\n| technique | layer-tokens per processor second over dense | per second over dense |\n| --- | --- | --- |"
        );
        for kind in kinds {
            // Nothing in common: what remains is what the edits cost.
            let mut random = rng::derive(2, kind, &[]);
            let plans: Vec<Plan> = (0..8)
                .map(|_| arrange((0..facts.layers).flat_map(|layer| edits(kind, facts, layer, &mut random))))
                .collect();
            let (mut processor, mut wall) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                let dense = self.together_distinct(&vec![Plan::empty(); plans.len()])?;
                let edited = self.together_distinct(&plans)?;
                let work = edited.work.computed as f64 / dense.work.computed as f64;
                processor.push(work * dense.processor / edited.processor);
                wall.push(work * dense.seconds / edited.seconds);
            }
            println!("| {kind} | {} | {} |", spread(processor), spread(wall));
        }
        Ok(())
    }

    /// One large population within a stated memory.
    fn bounded(&self, plans: usize, bytes: u64) -> Result<(), Failure> {
        let evaluator = self.open(bytes)?;
        let before = evaluator.peak_memory().unwrap_or(0);
        let plans = mutants("kv-bits, 8 levels", &ModelFacts::of(evaluator.model()), 1, true, plans)?;
        let cost = self.run(&evaluator, &plans)?;
        let after = evaluator.peak_memory().unwrap_or(0);
        let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        println!(
            "{} plans on {} items of {} tokens: {:.0} MiB allowed, peak {:.0} MiB, {:.0} MiB of it before the population; \
             {:.2} x less layer work than alone, {:.0} s",
            plans.len(),
            self.items,
            self.length,
            mebibytes(bytes),
            mebibytes(after),
            mebibytes(before),
            cost.work.naive as f64 / cost.work.computed as f64,
            cost.seconds,
        );
        Ok(())
    }

    fn open(&self, activation_memory: u64) -> Result<NativeEvaluator, Failure> {
        let text = |split: &str| PathBuf::from(format!("{}.{split}.txt", self.text.display()));
        let task = TextSpec {
            tokenizer: self.model.join("tokenizer.json"),
            selection: text("selection"),
            report: text("report"),
            lengths: BTreeMap::new(),
            passkeys: BTreeMap::new(),
            selection_items: 0,
            report_items: 0,
            elsewhere: BTreeMap::new(),
            length: self.length,
        };
        let spec = NativeSpec {
            model: Path::new(&self.model),
            device: "cpu",
            precision: Precision::F32,
            task: &task,
            reference_memory: REFERENCE_MEMORY,
            activation_memory: Some(activation_memory),
        };
        let evaluator = NativeEvaluator::open(&spec)?;
        // The dense model's own results are computed before anything is timed.
        self.run(&evaluator, &[Plan::empty()])?;
        Ok(evaluator)
    }

    fn run(&self, evaluator: &NativeEvaluator, plans: &[Plan]) -> Result<Cost, Failure> {
        let items = Fidelity { items: self.items }.all();
        let request = Request::new(Split::Selection, items);
        let (clock, before) = (Instant::now(), processor_seconds());
        let (mut work, mut failed) = (Work::default(), None);
        evaluator.evaluate(plans, &request, &mut |_, outcome| {
            match outcome {
                Ok(evaluation) => work += evaluation.work,
                Err(failure) => failed = Some(failure),
            }
            ControlFlow::Continue(())
        })?;
        match failed {
            Some(failure) => Err(failure.into()),
            None => {
                let seconds = clock.elapsed().as_secs_f64();
                let spent = before.zip(processor_seconds()).map(|(before, after)| after - before);
                Ok(Cost { seconds, processor: spent.unwrap_or(seconds), work })
            }
        }
    }

    fn together(&self, plans: &[Plan], memory: u64) -> Result<Cost, Failure> {
        self.run(&self.open(memory)?, plans)
    }

    /// One plan after the other with nothing shared.
    fn alone(&self, plans: &[Plan]) -> Result<Cost, Failure> {
        self.together_distinct(plans)
    }

    fn together_distinct(&self, plans: &[Plan]) -> Result<Cost, Failure> {
        let evaluator = self.open(0)?;
        let mut sum = Cost { seconds: 0.0, processor: 0.0, work: Work::default() };
        for plan in plans {
            let cost = self.run(&evaluator, std::slice::from_ref(plan))?;
            sum.seconds += cost.seconds;
            sum.processor += cost.processor;
            sum.work += cost.work;
        }
        Ok(sum)
    }
}

/// Median and middle half of ratios.
fn spread(mut ratios: Vec<f64>) -> String {
    ratios.sort_by(f64::total_cmp);
    let at = |place: usize| 100.0 * ratios[place];
    let (low, high) = (at(ROUNDS / 4), at(ROUNDS - 1 - ROUNDS / 4));
    format!("{:.0} % (middle half: {low:.0} to {high:.0} %)", at(ROUNDS / 2))
}

/// What all threads of this process have used, on Linux: others on the machine do not count.
fn processor_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // After the name, which may hold anything: user and system time are the 12th and 13th, in ticks of 10 ms.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / 100.0)
}

/// `count` children of one random parent that differ from it in `changed` layers.
fn mutants(
    kind: &str,
    facts: &ModelFacts,
    changed: u32,
    late: bool,
    count: usize,
) -> Result<Vec<Plan>, Failure> {
    let mut random = rng::derive(1, "mutants", &[u64::from(changed)]);
    let parent: Vec<Vec<Edit>> =
        (0..facts.layers).map(|layer| edits(kind, facts, layer, &mut random)).collect();
    let mut child = || {
        let mut layers: Vec<u32> = Vec::new();
        while layers.len() < changed as usize {
            let draw = || random.random_range(0..facts.layers);
            let mut draw = draw;
            // Of two draws the later: layer k with a probability that grows as k.
            let layer = if late { draw().max(draw()) } else { draw() };
            if !layers.contains(&layer) {
                layers.push(layer);
            }
        }
        let mut child = parent.clone();
        for layer in layers {
            while child[layer as usize] == parent[layer as usize] {
                child[layer as usize] = edits(kind, facts, layer, &mut random);
            }
        }
        arrange(child.into_iter().flatten())
    };
    // All different: repetitions are nobody's merit here.
    let mut plans: Vec<Plan> = Vec::new();
    for _ in 0..100 * count {
        let child = child();
        if !plans.contains(&child) {
            plans.push(child);
        }
        if plans.len() == count {
            return Ok(plans);
        }
    }
    Err(format!("there are not {count} different children of one parent that change {changed} layer(s)")
        .into())
}

/// Random edits of one layer.
fn edits(kind: &str, facts: &ModelFacts, layer: u32, random: &mut Rng) -> Vec<Edit> {
    match kind {
        "expert-pruning" => {
            let mut experts: Vec<u32> = (0..facts.experts).collect();
            while experts.len() > facts.experts as usize / 2 {
                experts.swap_remove(random.random_range(0..experts.len()));
            }
            vec![Edit::from(KeepExperts { layer, experts })]
        }
        "kv-bits" | "kv-bits, 8 levels" => {
            let levels: &[u32] = if kind == "kv-bits" { &[2, 3, 4, 8] } else { &[1, 2, 3, 4, 5, 6, 7, 8] };
            let mut bits = || levels[random.random_range(0..levels.len())];
            let (keys, values) = (bits(), bits());
            let group_size = facts.head_dim.min(64);
            let (sink, recent) = (4, 32);
            vec![Edit::from(KvBits { layer, keys, values, group_size, sink, recent, ..KvBits::default() })]
        }
        _ => (0..facts.kv_heads)
            .map(|kv_head| {
                let alpha = f64::from(random.random_range(16..96_u32));
                Edit::from(AttentionSpan { layer, kv_head, sink: 4, alpha, beta: 0.1 })
            })
            .collect(),
    }
}
