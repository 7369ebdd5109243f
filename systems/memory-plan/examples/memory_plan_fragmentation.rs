//! How much less fragmentation plans have than the emulated caching allocator of PyTorch, on generated traces of training:
//! `cargo run --release -p attune-memory-plan --example memory_plan_fragmentation -- LAYERS STEPS`. The plans are for exactly these
//! traces: those of every rule, and of a search of at most STEPS million steps that begins with the best of them.

#![expect(clippy::print_stdout, reason = "a program that prints its results")]

use attune_memory_plan::generate::{Irregular, Megatron};
use attune_memory_plan::restarts::{Policy, Restarts};
use attune_memory_plan::rules::Rule;
use attune_memory_plan::{caching, check, peak};

const TRACES: usize = 12;
/// Of Student's distribution: 97.5 % at eleven degrees of freedom.
const T: f64 = 2.201;

/// The mean, and half of its 95 % interval.
fn mean(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    (mean, T * (squares / (count - 1.0) / count).sqrt())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [layers, steps] = &arguments[..] else {
        return Err("usage: memory_plan_fragmentation LAYERS STEPS".into());
    };
    let (layers, steps): (u32, u64) = (layers.parse()?, steps.parse()?);
    println!("| traces | plan | fragmentation, % | less than PyTorch, % | least of {TRACES} | optimal |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for (kind, irregular) in
        [("regular", Irregular::No), ("lengths", Irregular::Lengths), ("experts", Irregular::Experts)]
    {
        let mut names = vec!["PyTorch"];
        names.extend(Rule::ALL.map(Rule::name));
        names.extend(["best rule", "search"]);
        let mut fragmentation = vec![Vec::new(); names.len()];
        for number in 0..TRACES {
            let seed = 2 * number as u64;
            let trace = Megatron::varied(number, seed, layers, irregular).trace(seed);
            let plans = Rule::ALL.map(|rule| rule.plan(&trace));
            let best = plans.iter().min_by_key(|plan| peak(&trace, plan)).ok_or("there is no rule")?;
            let mut search = Restarts::after(&trace, best.clone(), Policy::default(), seed);
            search.run(steps * 1_000_000);
            let mut bytes = vec![caching::run(&trace).bytes];
            for plan in plans.iter().chain([best, search.best()]) {
                bytes.push(check::peak(&trace, plan)?);
            }
            let of = |bytes: u64| 1.0 - trace.bound() as f64 / bytes as f64;
            fragmentation.iter_mut().zip(bytes).for_each(|(all, bytes)| all.push(of(bytes)));
        }
        for (name, own) in names.iter().zip(&fragmentation) {
            let cuts: Vec<f64> = own
                .iter()
                .zip(&fragmentation[0])
                .map(|(own, pytorch)| 100.0 * (1.0 - own / pytorch))
                .collect();
            let percent: Vec<f64> = own.iter().map(|own| 100.0 * own).collect();
            let ((share, half), (cut, within)) = (mean(&percent), mean(&cuts));
            let least = cuts.iter().copied().fold(f64::INFINITY, f64::min);
            let optimal = own.iter().filter(|&&own| own <= 0.0).count();
            println!(
                "| {kind} | {name} | {share:.3} ± {half:.3} | {cut:.1} ± {within:.1} | {least:.1} | {optimal} |"
            );
        }
    }
    Ok(())
}
