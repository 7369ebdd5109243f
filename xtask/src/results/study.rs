//! One study of the page: how it is run, and what is kept of it.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{ResultsError, read, write};

/// A profile with a seed.
pub(super) struct Study {
    pub(super) name: String,
    /// Name of the profile, which studies of several seeds share.
    pub(super) label: String,
    pub(super) profile: PathBuf,
    pub(super) seed: u64,
    /// Whether what it is searched and reported on is generated from its seed, too.
    pub(super) own_instances: bool,
    /// The study whose store it shares: its own, or that of the one it starts from.
    pub(super) store: String,
}

impl Study {
    fn kept(&self, root: &Path) -> PathBuf {
        root.join("docs/results/data").join(format!("{}.json", self.name))
    }

    /// What is kept of it: its finished event without plans, `trace` (work and selection scores whenever the best
    /// changed) and `profile`, the text that was run. `None` when it has not finished, or not as the profile is now.
    pub(super) fn result(&self, root: &Path) -> Result<Option<Value>, ResultsError> {
        let path = self.kept(root);
        if !path.exists() {
            return Ok(None);
        }
        let kept: Value = serde_json::from_str(&read(&path)?)
            .map_err(|source| ResultsError::Data { path: path.clone(), source })?;
        Ok((kept["profile"] == read(&self.profile)?).then_some(kept))
    }

    /// Runs or continues it, by `program` or by what cargo builds, and keeps its result.
    pub(super) fn run(&self, root: &Path, program: Option<&Path>) -> Result<(), ResultsError> {
        println!("{}", self.name);
        let folder = root.join("target/results");
        let mut command = match program {
            Some(program) => Command::new(program),
            None => {
                let mut cargo = Command::new("cargo");
                cargo.args(["run", "--release", "-q", "-p", "attune-cli", "--"]);
                cargo
            }
        };
        command.arg("run").arg(&self.profile);
        let seed = self.seed.to_string();
        if self.own_instances {
            command.args(["--set", &format!("task.seed={seed}")]);
        }
        command.args(["--json", "--study", &self.name, "--seed", &seed, "--store"]);
        // Otherwise a store of its own: what another study has evaluated would make its work look smaller.
        command.arg(folder.join("stores").join(&self.store)).current_dir(root).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(ResultsError::Spawn)?;
        let mut trace = Trace::open(folder.join("traces").join(format!("{}.json", self.name)))?;
        let mut finished = None;
        let output = child.stdout.take().ok_or_else(|| self.silent())?;
        for line in BufReader::new(output).lines() {
            let line = line.map_err(ResultsError::Spawn)?;
            let Ok(event) = serde_json::from_str::<Value>(&line) else { continue };
            trace.hear(&event)?;
            if event["event"] == "finished" {
                finished = Some(event);
            }
        }
        let status = child.wait().map_err(ResultsError::Spawn)?;
        if !status.success() {
            return Err(ResultsError::Failed { study: self.name.clone(), status });
        }
        let mut kept = finished.ok_or_else(|| self.silent())?;
        if let Some(best) = kept["best"].as_object_mut() {
            best.remove("plan");
        }
        kept["trace"] = trace.points();
        kept["profile"] = json!(read(&self.profile)?);
        let text = serde_json::to_string_pretty(&kept)
            .map_err(|source| ResultsError::Data { path: self.kept(root), source })?;
        write(&self.kept(root), &(text + "\n"))
    }

    fn silent(&self) -> ResultsError {
        ResultsError::NoResult { study: self.name.clone() }
    }
}

/// Best so far against work, by trial; on disk, since a study that continues does not tell its beginning again.
struct Trace {
    path: PathBuf,
    /// By trial: work so far and the selection scores of the best so far.
    points: BTreeMap<u64, (f64, Value)>,
}

impl Trace {
    fn open(path: PathBuf) -> Result<Self, ResultsError> {
        let points = if path.exists() {
            serde_json::from_str(&read(&path)?)
                .map_err(|source| ResultsError::Data { path: path.clone(), source })?
        } else {
            BTreeMap::new()
        };
        Ok(Self { path, points })
    }

    fn hear(&mut self, event: &Value) -> Result<(), ResultsError> {
        // What is on disk is then of a study whose store is gone.
        if event["event"] == "started" && event["resumed"] == 0 {
            self.points.clear();
        }
        if event["event"] != "trial_finished" || event["best"] != true {
            return Ok(());
        }
        let work = event.pointer("/progress/work/computed").and_then(Value::as_f64);
        if let (Some(trial), Some(work)) = (event["trial"].as_u64(), work) {
            self.points.insert(trial, (work, event["search"].clone()));
            let text = serde_json::to_string(&self.points)
                .map_err(|source| ResultsError::Data { path: self.path.clone(), source })?;
            write(&self.path, &text)?;
        }
        Ok(())
    }

    fn points(&self) -> Value {
        json!(self.points.values().collect::<Vec<_>>())
    }
}
