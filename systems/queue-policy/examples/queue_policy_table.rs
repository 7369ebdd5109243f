//! The published policies on a whole trace: `cargo run -p attune-queue-policy --example queue_policy_table -- TRACE.csv NODES [SEED]`.

#![expect(clippy::print_stdout, reason = "a program that prints its results")]

use attune_queue_policy::{
    Cluster, Half, TimeUnit, bounds, metrics, predict, published, read_csv, simulate, windows,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(nodes)) = (arguments.next(), arguments.next()) else {
        return Err("usage: queue_policy_table TRACE.csv NODES [SEED]".into());
    };
    let seed = arguments.next().map_or(Ok(1), |seed| seed.parse())?;
    let mut trace = read_csv(&std::fs::read(path)?, TimeUnit::Milliseconds)?;
    predict(&mut trace, seed);
    let cluster = Cluster::for_trace(&trace, &[nodes.parse()?])?;
    for instance in windows(&trace, &cluster, Half::Whole, 1)? {
        println!(
            "policy            mean JCT     99 % JCT   mean queue   99 % queue   used   fragmented   preempted"
        );
        for one in published() {
            let outcome = simulate(&instance.jobs, &instance.ended, &cluster, &one.policy, false);
            let of = metrics(&instance, &outcome);
            let preempted: u32 = outcome.jobs.iter().map(|job| job.preemptions).sum();
            println!(
                "{:14} {:11.0} s {:10.0} s {:10.0} s {:10.0} s {:6.3} {:12.3} {preempted:11}",
                one.name,
                of.mean_jct,
                of.p99_jct,
                of.mean_queue,
                of.p99_queue,
                of.utilisation,
                of.fragmentation
            );
        }
        println!("bound          {:11.0} s", bounds(&instance).mean_jct);
    }
    Ok(())
}
