//! Where masks, distances and coarse moments win and lose, by thirds of a run:
//! `cargo run --release -p attune-checkpoint-codec --example checkpoint_codec_table -- [SEED]`.

#![expect(clippy::print_stdout, reason = "a program that prints its results")]

use attune_checkpoint_codec::codec::{MomentCodec, WeightCodec};
use attune_checkpoint_codec::{
    Bench, CLASSES, Measure, Policy, Run, RunOptions, STAGES, StagePolicy, stage_of,
};

/// Highest learning rates, and steps between saves, of the runs.
const RUNS: [(f64, usize); 6] = [(3e-3, 1), (3e-3, 4), (3e-3, 20), (3e-4, 4), (3e-5, 1), (3e-6, 1)];
/// Steps of a run that resumes.
const HORIZON: usize = 4;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seed = std::env::args().nth(1).map_or(Ok(1), |seed| seed.parse())?;
    println!(
        "| rate | steps between saves | stage | changed | mask | delta |\n| --- | --- | --- | --- | --- | --- |"
    );
    for (rate, gap) in RUNS {
        let bench = Bench::of_run(Run::train(RunOptions { seed, rate, gap, ..RunOptions::default() }));
        let [mask, delta] =
            [WeightCodec::Mask, WeightCodec::Delta].map(|codec| Policy::fixed(weights(codec)));
        for (stage, name) in STAGES.into_iter().enumerate() {
            let saves = beside_another(&bench, stage);
            // Ratios are of bytes, so of the mean share.
            let share = |policy: &Policy| mean(&saves, |save| bench.measure(policy, save).weights);
            println!(
                "| {rate:e} | {gap} | {name} | {:.3} | {:.2} | {:.2} |",
                mean(&saves, |save| changed(&bench, save)),
                1.0 / share(&mask),
                1.0 / share(&delta)
            );
        }
    }

    let run = RunOptions { seed, horizon: HORIZON, ..RunOptions::default() };
    let bench = Bench::of_run(Run::train(run));
    println!("\n| states | share of raw | early strays | middle | late |\n| --- | --- | --- | --- | --- |");
    let moments = |codec| StagePolicy { moments: [[codec; CLASSES.len()]; 2], ..StagePolicy::default() };
    let rounded = StagePolicy { master: false, ..StagePolicy::default() };
    for (name, stage, of) in [
        (
            "16 clusters, 8 bits",
            moments(MomentCodec::Cluster { clusters: 16, bits: 8 }),
            moments_share as Share,
        ),
        ("blocks of 64, 8 bits", moments(MomentCodec::Block { bits: 8, size: 64 }), moments_share),
        ("blocks of 64, 4 bits", moments(MomentCodec::Block { bits: 4, size: 64 }), moments_share),
        ("master weights rounded", rounded, |measure| measure.size),
    ] {
        let policy = Policy::fixed(stage);
        let all: Vec<Measure> = (0..bench.saves().len()).map(|save| bench.measure(&policy, save)).collect();
        let strays: Vec<String> = (0..STAGES.len())
            .map(|stage| {
                let saves = of_stage(&bench, stage);
                format!("{:.5}", mean(&saves, |save| all[save].strays.unwrap_or(f64::NAN)))
            })
            .collect();
        let saves: Vec<usize> = (0..all.len()).collect();
        println!("| {name} | {:.3} | {} |", mean(&saves, |save| of(&all[save])), strays.join(" | "));
    }
    Ok(())
}

type Share = fn(&Measure) -> f64;

fn moments_share(measure: &Measure) -> f64 {
    measure.moments
}

/// Every save beside the one before it, as far as its stage goes.
fn weights(codec: WeightCodec) -> StagePolicy {
    StagePolicy {
        interval: usize::MAX,
        chained: true,
        weights: [codec; CLASSES.len()],
        ..StagePolicy::default()
    }
}

fn of_stage(bench: &Bench, stage: usize) -> Vec<usize> {
    let count = bench.saves().len();
    (0..count).filter(|&save| stage_of(save, count).0 == stage).collect()
}

/// The saves of a stage but its first one, which is full.
fn beside_another(bench: &Bench, stage: usize) -> Vec<usize> {
    of_stage(bench, stage).split_off(1)
}

/// The share of weights that are others than in the save before.
fn changed(bench: &Bench, save: usize) -> f64 {
    let (new, old) = (&bench.saves()[save].tensors, &bench.saves()[save - 1].tensors);
    let pairs = || new.iter().zip(old).flat_map(|(new, old)| new.weights.iter().zip(&old.weights));
    pairs().filter(|(new, old)| new != old).count() as f64 / pairs().count() as f64
}

fn mean(saves: &[usize], of: impl Fn(usize) -> f64) -> f64 {
    saves.iter().map(|&save| of(save)).sum::<f64>() / saves.len() as f64
}
