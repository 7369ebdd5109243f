//! What rules and a search keep of clips, against the optimum:
//!
//! ```sh
//! cargo run --release -p attune-frame-rate --example frame_rate_table -- [NAME=VALUE]...
//! ```
//!
//! `clips=FOLDER` reads the `.y4m` files of a folder, in the order of their names; else clips are generated, `count=24` of `frames=128` of
//! `width=64`×`height=48` from `from=0`. `chunk=8` frames are a chunk, `window=0` cuts clips into windows of so many frames. `preview=1` decides on the clip itself,
//! a larger number on the means of so many pixels across; `unscaled=1` leaves the window of the similarity there at 1.5 pixels of the preview, where it is
//! else as much of the scene as in the clip. The search has `trials=3000` schedules a clip from thresholds and from even rates, `seeds=5` times.
//! `budgets=0.3,0.5,0.75`.

#![expect(clippy::print_stdout, reason = "a program that prints its results")]

use std::collections::BTreeMap;
use std::error::Error;
use std::str::FromStr;

use attune_frame_rate::generate::{self, Size};
use attune_frame_rate::{Clip, Quality, Random, exchange, merging, optimum, thresholds, uniform, y4m};

/// Cuts between complexities that are tried for the best thresholds: all of a clip of 63 chunks.
const CUTS: usize = 64;
/// Resamples of clips behind an interval.
const RESAMPLES: usize = 10_000;

/// The similarities of the clips under each way to decide, and the share of frames that it kept.
type Columns = Vec<(&'static str, Vec<f64>, Vec<f64>)>;

struct Arguments(BTreeMap<String, String>);

impl Arguments {
    const KNOWN: [&str; 12] = [
        "clips", "count", "frames", "width", "height", "from", "chunk", "window", "preview", "unscaled",
        "trials", "seeds",
    ];

    fn read() -> Result<Self, String> {
        let mut found = BTreeMap::new();
        for argument in std::env::args().skip(1) {
            let Some((name, value)) = argument.split_once('=') else {
                return Err(format!("`{argument}` is not NAME=VALUE"));
            };
            if name != "budgets" && !Self::KNOWN.contains(&name) {
                return Err(format!("`{name}` is not one of budgets, {}", Self::KNOWN.join(", ")));
            }
            found.insert(name.to_owned(), value.to_owned());
        }
        Ok(Self(found))
    }

    fn get<T: FromStr>(&self, name: &str, default: T) -> Result<T, String> {
        match self.0.get(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| format!("`{name}={text}` is no number")),
        }
    }

    fn budgets(&self) -> Result<Vec<f64>, String> {
        let text = self.0.get("budgets").map_or("0.3,0.5,0.75", String::as_str);
        text.split(',')
            .map(|budget| budget.parse().map_err(|_| format!("budget `{budget}` is no number")))
            .collect()
    }

    fn clips(&self) -> Result<Vec<Clip>, Box<dyn Error>> {
        let mut clips = Vec::new();
        if let Some(folder) = self.0.get("clips") {
            let entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
            let mut paths: Vec<_> = entries.into_iter().map(|entry| entry.path()).collect();
            paths.retain(|path| path.extension().is_some_and(|extension| extension == "y4m"));
            paths.sort();
            for path in paths {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                clips.push(y4m::read(&name, &std::fs::read(&path)?)?);
            }
        } else {
            let size = Size {
                width: self.get("width", 64)?,
                height: self.get("height", 48)?,
                frames: self.get("frames", 128)?,
            };
            let from: u64 = self.get("from", 0)?;
            clips.extend((from..from + self.get("count", 24)?).map(|number| generate::clip(size, number)));
        }
        let window = self.get("window", 0)?;
        Ok(clips.into_iter().flat_map(|clip| clip.windows(window)).collect())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read()?;
    let (chunk, preview) = (arguments.get("chunk", 8)?, arguments.get("preview", 1)?);
    let (trials, seeds) = (arguments.get("trials", 3000)?, arguments.get("seeds", 5)?);
    let unscaled = arguments.get("unscaled", 0)? != 0;
    let mut videos = Vec::new();
    for clip in arguments.clips()? {
        let seen = if unscaled {
            Quality::new(clip.preview(preview)?, chunk)
        } else {
            Quality::of_preview(&clip, preview, chunk)?
        };
        videos.push((seen, Quality::new(clip, chunk)));
    }
    for budget in arguments.budgets()? {
        let mut columns = Columns::new();
        for (place, (seen, full)) in videos.iter().enumerate() {
            decide(&mut columns, seen, full, budget, &|seed| Random::of(seed, place as u64), (trials, seeds));
        }
        print(&columns, budget, preview);
    }
    Ok(())
}

/// Adds the similarity of a clip under every way to decide.
fn decide(
    columns: &mut Columns,
    seen: &Quality,
    full: &Quality,
    share: f64,
    random: &dyn Fn(u64) -> Random,
    (trials, seeds): (usize, u64),
) {
    let chunks = full.chunks();
    let budget = chunks.budget(share);
    let mut add = |name: &'static str, similarity: f64, kept: usize| {
        let share = kept as f64 / chunks.frames() as f64;
        match columns.iter_mut().find(|column| column.0 == name) {
            Some(column) => {
                column.1.push(similarity);
                column.2.push(share);
            }
            None => columns.push((name, vec![similarity], vec![share])),
        }
    };
    let even = uniform::frames(chunks.frames(), budget);
    add("even frames", full.of_frames(&even), even.len());
    let merged = merging::within(seen, budget);
    add("VGDFR's code", full.of_frames(&merged), merged.len());
    let table = seen.table();
    let worth = |schedule: &[usize]| {
        let sum: f64 = schedule.iter().zip(&table).map(|(&rate, row)| row[rate]).sum();
        sum / chunks.frames() as f64
    };
    let tuned = |quality: &Quality| {
        thresholds::tuned(&quality.complexities(), chunks, budget, CUTS, |schedule| quality.of(schedule)).1
    };
    let uniform = uniform::schedule(chunks, budget);
    let cut = tuned(seen);
    let starts = [cut.clone(), uniform.clone()];
    let mut rates = vec![
        ("uniform", uniform),
        ("VGDFR's rule by chunks", merging::schedule(seen, budget)),
        ("thresholds", cut),
    ];
    let best =
        |quality: &Quality| optimum::best(&quality.table(), chunks, budget).map(|(schedule, _)| schedule);
    rates.extend(best(seen).map(|schedule| (SEEN, schedule)));
    rates.push(("thresholds, in full", tuned(full)));
    rates.extend(best(full).map(|schedule| (BEST, schedule)));
    for (name, schedule) in &rates {
        add(name, full.of(schedule), chunks.total(schedule));
    }
    let found = (1..=seeds)
        .map(|seed| exchange::search(&starts, chunks, budget, trials, &mut random(seed), worth))
        .map(|schedule| (full.of(&schedule), chunks.total(&schedule)))
        .fold((0.0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    add(SEARCH, found.0 / seeds as f64, found.1 / seeds as usize);
}

const SEARCH: &str = "search";
const SEEN: &str = "optimum of what is seen";
const BEST: &str = "optimum";

fn print(columns: &Columns, budget: f64, preview: usize) {
    let values =
        |name: &str| columns.iter().find(|column| column.0 == name).map_or(&[][..], |column| &column.1);
    let (search, best) = (values(SEARCH), values(BEST));
    let clips = best.len();
    println!(
        "budget {budget}, {clips} clips, decided on {}",
        match preview {
            1 => "the clips themselves".to_owned(),
            _ => format!("a preview by {preview}"),
        }
    );
    for (name, similarities, shares) in columns {
        let below: Vec<f64> = best.iter().zip(similarities).map(|(best, one)| best - one).collect();
        let ahead: Vec<f64> = search.iter().zip(similarities).map(|(found, one)| found - one).collect();
        let distance = mean(&below);
        let closed = if distance > 1e-12 {
            format!("{:4.0} %", 100.0 * mean(&ahead) / distance)
        } else {
            "  none".to_owned()
        };
        println!(
            "{name:24} {:.5}  keeps {:.3}  below the optimum {}  search ahead by {}, of its distance {closed}",
            mean(similarities),
            mean(shares),
            interval(&below),
            interval(&ahead),
        );
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The mean with the percentile interval of 95 % over resamples of clips.
fn interval(values: &[f64]) -> String {
    let mut random = Random::new(1);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            (0..values.len()).map(|_| values[random.below(values.len())]).sum::<f64>() / values.len() as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means[(share * (RESAMPLES - 1) as f64).round() as usize];
    format!("{:.5} [{:.5}, {:.5}]", mean(values), at(0.025), at(0.975))
}
