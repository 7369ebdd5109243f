//! Random settings against the published ones, from one part of a series to the next:
//! `cargo run --release -p attune-node-sleep --example node_sleep_random -- SERIES.csv SETTINGS SEED [BEGIN CUT END]`.
//!
//! Of the settings that wake no more nodes and leave no more node-steps unserved than a published one on the first part, the one with
//! the highest utilisation there is reported on the second.

#![expect(clippy::print_stdout, reason = "a program that prints its results")]

use attune_node_sleep::{
    Control, Cut, Forecast, Forecaster, Mode, Series, Sight, Split, cut, published, read_csv, simulate,
};
use attune_random::Random;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(count), Some(seed)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: node_sleep_random SERIES.csv SETTINGS SEED [BEGIN CUT END]".into());
    };
    let mut random = Random::new(seed.parse()?);
    let mut date = || arguments.next().unwrap_or_default();
    let dates = Cut { begin: date(), report: date(), end: date() };
    let series = read_csv(&std::fs::read(path)?)?;
    let (selection, report) = cut(&series, &dates)?;
    let [tuned, reported] = [&selection, &report].map(|split| Scorer::new(&series, split));
    let settings: Vec<Control> = (0..count.parse()?).map(|_| drawn(&mut random)).collect();
    let scores: Vec<Score> = settings.iter().map(|control| tuned.score(control)).collect();
    println!(
        "utilisation, wakes and unserved node-steps a day on the report: the published setting, the random one"
    );
    for one in published().into_iter().filter(|one| one.control.mode == Mode::Ces) {
        if one.control.forecast == Forecast::Oracle {
            continue;
        }
        let limit = tuned.score(&one.control);
        let within = |score: &Score| score.wakes <= limit.wakes && score.unserved <= limit.unserved;
        let found = (0..settings.len()).filter(|&index| within(&scores[index]));
        let best = found.max_by(|&a, &b| scores[a].utilisation.total_cmp(&scores[b].utilisation));
        let than = reported.score(&one.control).line();
        let said = best.map_or("none".to_owned(), |best| reported.score(&settings[best]).line());
        println!("{:8} {than}   {said}", one.name);
    }
    Ok(())
}

/// Means over days.
struct Score {
    utilisation: f64,
    wakes: f64,
    unserved: f64,
}

impl Score {
    fn line(&self) -> String {
        format!("{:6.2} % {:5.2} {:6.2}", 100.0 * self.utilisation, self.wakes, self.unserved)
    }
}

/// Runs controls over a split; forecasts see the past alone.
struct Scorer<'a> {
    series: &'a Series,
    split: &'a Split,
    forecasters: [Forecaster; 2],
}

const FORECASTS: [Forecast; 2] = [Forecast::Lag, Forecast::Regression];

impl<'a> Scorer<'a> {
    fn new(series: &'a Series, split: &'a Split) -> Self {
        let forecasters = FORECASTS.map(|forecast| Forecaster::new(series, split, forecast, Sight::Past));
        Self { series, split, forecasters }
    }

    fn score(&self, control: &Control) -> Score {
        let forecaster = &self.forecasters[usize::from(control.forecast == Forecast::Regression)];
        let days = simulate(self.series, self.split, control, forecaster);
        let mean = |of: &dyn Fn(usize) -> f64| (0..days.len()).map(of).sum::<f64>() / days.len() as f64;
        Score {
            utilisation: mean(&|day| days[day].utilisation),
            wakes: mean(&|day| f64::from(days[day].wakes)),
            unserved: mean(&|day| f64::from(days[day].unserved)),
        }
    }
}

/// A setting from the ranges that the technique `node-sleep` searches.
fn drawn(random: &mut Random) -> Control {
    let mut whole = |least: usize, most: usize| least + random.below(most - least + 1);
    let (history, future, least, buffer, keep) =
        (whole(1, 12), whole(6, 48), whole(1, 8), whole(5, 30), whole(0, 24));
    Control {
        mode: Mode::Ces,
        history,
        future,
        past_fall: random.between(-1.0, 2.0),
        future_fall: random.between(-2.0, 2.0),
        least: least as u32,
        buffer: buffer as u32,
        keep,
        forecast: FORECASTS[random.below(FORECASTS.len())],
    }
}
