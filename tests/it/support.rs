//! Running the command line on small studies.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A folder with a store and profiles of its own.
pub(crate) struct Place {
    pub(crate) dir: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file and returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A small expert-pruning study of the committed model: two short items, a few trials.
    pub(crate) fn small_profile(&self, changes: &[(&str, &str)]) -> PathBuf {
        let mut text = SMALL.replace("MODELS", &root().join("models").display().to_string());
        for (from, to) in changes {
            assert!(text.contains(from), "{from} is not in the small profile");
            text = text.replace(from, to);
        }
        self.write("small.ron", &text)
    }

    /// `attune ARGS --store PLACE/store`, ready to run.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attune-under-test"));
        command.args(args).arg("--store").arg(self.path("store")).current_dir(self.dir.path());
        command.env_remove("ATTUNE_STORE").stdin(Stdio::null());
        command
    }

    pub(crate) fn attune(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a profile with `--json` and returns all events; the run must succeed.
    pub(crate) fn run(&self, profile: &Path, args: &[&str]) -> Vec<Value> {
        let profile = profile.display().to_string();
        let output = self.attune(&[&["run", &profile, "--json"], args].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        events(&output)
    }

    /// The bytes of a study's journal.
    pub(crate) fn journal(&self, study: &str) -> Vec<u8> {
        std::fs::read(self.path("store").join("journal").join(format!("{study}.jsonl"))).unwrap()
    }
}

pub(crate) fn events(output: &Output) -> Vec<Value> {
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Asserts that a command failed with `code` and a message that holds all `words`.
pub(crate) fn refused(output: &Output, code: i32, words: &[&str]) {
    let message = stderr(output);
    assert_eq!(output.status.code(), Some(code), "{message}");
    for word in words {
        assert!(message.contains(word), "`{word}` is not in:\n{message}");
    }
    assert!(!message.contains("thread '"), "attune itself panicked:\n{message}");
}

const SMALL: &str = r#"(
    version: 1,
    name: "small",
    model: "MODELS/tiny-moe",
    technique: (name: "expert-pruning", options: {"keep": 4}),
    task: (
        selection: "MODELS/tiny-moe/data/prose.selection.txt",
        report: "MODELS/tiny-moe/data/prose.report.txt",
        length: 24,
    ),
    trials: 24,
    items: 2,
    seed: 7,
    report: (items: 4, random: 3),
)
"#;
