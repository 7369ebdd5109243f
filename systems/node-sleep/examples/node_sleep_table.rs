//! The published settings on a series: `cargo run -p attune-node-sleep --example node_sleep_table -- SERIES.csv [BEGIN CUT END]`.

#![expect(clippy::print_stdout, reason = "a program that prints its results")]

use attune_node_sleep::{Cut, Forecaster, Sight, cut, published, read_csv, simulate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let Some(path) = arguments.next() else {
        return Err("usage: node_sleep_table SERIES.csv [BEGIN CUT END]".into());
    };
    let mut date = || arguments.next().unwrap_or_default();
    let dates = Cut { begin: date(), report: date(), end: date() };
    let series = read_csv(&std::fs::read(path)?)?;
    let (_, report) = cut(&series, &dates)?;
    for sight in [Sight::Published, Sight::Past] {
        println!("forecasts see {sight:?}: utilisation, wakes a day, unserved node-steps");
        for one in published() {
            let forecaster = Forecaster::new(&series, &report, one.control.forecast, sight);
            let days = simulate(&series, &report, &one.control, &forecaster);
            let count = days.len() as f64;
            let utilisation: f64 = days.iter().map(|day| day.utilisation).sum::<f64>() / count;
            let wakes = f64::from(days.iter().map(|day| day.wakes).sum::<u32>()) / count;
            let unserved: u32 = days.iter().map(|day| day.unserved).sum();
            println!("{:14} {:6.2} % {wakes:6.2} {unserved:6}", one.name, 100.0 * utilisation);
        }
    }
    Ok(())
}
