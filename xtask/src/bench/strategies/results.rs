//! What searches found: lines of CSV, of the problems that are there.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::super::BenchError;

/// What one method found on the instances of one problem after one number of evaluations: seed, loss and milliseconds.
pub(super) type Runs = BTreeMap<u64, (f64, f64)>;

/// Everything that was found.
pub(super) struct Results {
    /// By problem, evaluations and method.
    pub(super) runs: BTreeMap<(String, u64, String), Runs>,
    /// Mean loss of random points by problem and seed, and the least loss that anything found.
    scales: HashMap<(String, u64), (f64, f64)>,
}

impl Results {
    /// How far the losses of a method are from the least that is known, in percent of where random points are.
    pub(super) fn gaps(&self, problem: &str, runs: &Runs) -> Vec<f64> {
        let gap = |(seed, (loss, _)): (&u64, &(f64, f64))| {
            let (random, best) = self.scales.get(&(problem.to_owned(), *seed)).copied().unwrap_or((1.0, 0.0));
            100.0 * (loss - best) / (random - best)
        };
        runs.iter().map(gap).collect()
    }
}

/// Reads the lines of all `files` that there are; those of other problem files than the ones in `problems` are passed over.
pub(super) fn read(problems: &Path, files: &[PathBuf]) -> Result<Results, BenchError> {
    let mut results = Results { runs: BTreeMap::new(), scales: HashMap::new() };
    let mut hashes: HashMap<(String, u64), String> = HashMap::new();
    for entry in fs::read_dir(problems).map_err(BenchError::file(problems))? {
        let file = entry.map_err(BenchError::file(problems))?.path();
        let text = fs::read(&file).map_err(BenchError::file(&file))?;
        let unreadable =
            || BenchError::Output { program: "the strategies example".to_owned(), expected: "problem file" };
        let problem: Value = serde_json::from_slice(&text).map_err(|_| unreadable())?;
        let name = problem["name"].as_str().ok_or_else(unreadable)?.to_owned();
        let seed = problem["seed"].as_u64().ok_or_else(unreadable)?;
        let random = problem["random"].as_f64().ok_or_else(unreadable)?;
        let digest: String = Sha256::digest(&text).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        hashes.insert((name.clone(), seed), digest);
        results.scales.insert((name, seed), (random, f64::INFINITY));
    }
    for file in files.iter().filter(|file| file.exists()) {
        let text = fs::read_to_string(file).map_err(BenchError::file(file))?;
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split(',').collect();
            let [problem, seed, hash, method, evaluations, loss, milliseconds] = fields[..] else { continue };
            let numbers = (seed.parse(), evaluations.parse(), loss.parse(), milliseconds.parse());
            let (Ok(seed), Ok(evaluations), Ok(loss), Ok(milliseconds)) = numbers else { continue };
            let instance = (problem.to_owned(), seed);
            if hashes.get(&instance).is_none_or(|known| known != hash) {
                continue;
            }
            if let Some((_, best)) = results.scales.get_mut(&instance) {
                *best = best.min(loss);
            }
            let key = (problem.to_owned(), evaluations, method.to_owned());
            results.runs.entry(key).or_default().insert(seed, (loss, milliseconds));
        }
    }
    Ok(results)
}
