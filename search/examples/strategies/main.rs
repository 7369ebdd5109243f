//! Strategies on generated problems: what `cargo xtask bench strategies` runs.
//!
//! `problems FOLDER FIRST COUNT [FILTER]` writes the instances of seeds FIRST to FIRST + COUNT − 1 as JSON; `run FOLDER [STRATEGY…]`
//! searches those that are there and prints `problem,seed,hash,method,evaluations,loss,milliseconds`.
#![expect(clippy::print_stdout, reason = "a program that prints its results")]

mod drive;
mod families;
mod problem;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use attune_core::hash::ContentHash;
use problem::Problem;

const USAGE: &str = "usage: strategies problems FOLDER FIRST COUNT [FILTER] | run FOLDER [STRATEGY…]";

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["problems", folder, first, count] => {
            write_problems(Path::new(folder), first.parse()?, count.parse()?, "")
        }
        ["problems", folder, first, count, filter] => {
            write_problems(Path::new(folder), first.parse()?, count.parse()?, filter)
        }
        ["run", folder, names @ ..] => run(Path::new(folder), names),
        _ => Err(USAGE.into()),
    }
}

fn write_problems(folder: &Path, first: u64, count: u64, filter: &str) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    for (name, family) in families::all() {
        for seed in first..first + count {
            if name.contains(filter) {
                let problem = families::make(&name, &family, seed)?;
                fs::write(folder.join(format!("{name}.{seed}.json")), serde_json::to_string(&problem)?)?;
            }
        }
    }
    Ok(())
}

fn run(folder: &Path, names: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let known = attune_search::strategy::strategies().iter().map(|info| info.name);
    let names: Vec<&str> = if names.is_empty() { known.collect() } else { names.to_vec() };
    println!("problem,seed,hash,method,evaluations,loss,milliseconds");
    let next = AtomicUsize::new(0);
    let failure: Mutex<Option<String>> = Mutex::new(None);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(error) = search_all(file, &names) {
                        let message = format!("{}: {error}", file.display());
                        failure
                            .lock()
                            .unwrap_or_else(std::sync::PoisonError::into_inner)
                            .get_or_insert(message);
                    }
                }
            });
        }
    });
    match failure.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        Some(message) => Err(message.into()),
        None => Ok(()),
    }
}

fn search_all(file: &Path, names: &[&str]) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(file)?;
    let problem: Problem = serde_json::from_str(&text)?;
    let hash = ContentHash::of(text.as_bytes()).short();
    for name in names {
        for look in drive::search(name, &problem)?.unwrap_or_default() {
            let (evaluations, milliseconds) = (look.evaluations, 1e3 * look.thinking.as_secs_f64());
            let (problem, seed, loss) = (&problem.name, problem.seed, look.loss);
            println!("{problem},{seed},{hash},{name},{evaluations},{loss:e},{milliseconds:.1}");
        }
    }
    Ok(())
}
