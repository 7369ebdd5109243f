//! A technique of one's own: from a new project to a finished search, and what is said on the way.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use crate::support::{Place, refused, root, stderr, stdout};

/// All templates, as the command line names them.
const TEMPLATES: [&str; 5] = ["empty", "per-layer", "subset", "allocation", "schedule"];

/// A command that compiles guests: with a folder for what is built that outlives the test, because most of it is the same every time.
fn compiling(mut command: Command, offline: bool) -> Output {
    command.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("projects"));
    // A test runs inside a cargo, which is none of a user's business.
    for inherited in ["RUSTC", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER"] {
        command.env_remove(inherited);
    }
    if offline {
        command.env("CARGO_NET_OFFLINE", "true");
    }
    command.output().unwrap()
}

/// Builds a project; the first build fetches what is not here yet.
///
/// # Errors
/// Why this machine cannot.
fn built(place: &Place, kind: &str, project: &str) -> Result<Output, String> {
    for offline in [true, false] {
        let output = compiling(place.command(&[kind, "build", project]), offline);
        let said = stderr(&output);
        if said.contains("lacks the target") || said.contains("there is no `") {
            return Err(said);
        }
        let unreached = ["offline", "failed to download", "failed to fetch", "resolve host", "network"];
        if output.status.success() || !unreached.iter().any(|word| said.contains(word)) {
            return Ok(output);
        }
    }
    Err("wit-bindgen is not here, and no registry can be reached".to_owned())
}

#[test]
fn a_project_of_every_template_is_built_checked_and_searched() {
    for template in TEMPLATES {
        let place = Place::new();
        let name = format!("my-{template}");
        let written = place.attune(&["technique", "new", &name, "--from", template]);
        assert!(written.status.success(), "{}", stderr(&written));
        assert!(stdout(&written).contains(&format!("attune technique build {name}")), "{}", stdout(&written));

        let built = match built(&place, "technique", &name) {
            Ok(built) => built,
            Err(why) => return println!("skipped: {why}"),
        };
        let said = stdout(&built);
        assert!(built.status.success(), "{template}: {said}{}", stderr(&built));
        let component = format!("{name}/{name}.wasm");
        for word in
            [component.as_str(), "draws are different; ", "A config drawn for example-dense", "instructions"]
        {
            assert!(said.contains(word), "{template}: `{word}` is not in:\n{said}");
        }
        assert!(!said.contains("WRONG"), "{said}");
        // Nothing of this machine is in what is given to others.
        let bytes = std::fs::read(place.path(&component)).unwrap();
        let own = place.dir.path().to_str().unwrap().as_bytes();
        assert!(!bytes.windows(own.len()).any(|window| window == own), "{template}: a path of this machine");

        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.arg("test").current_dir(place.path(&name));
        let tested = compiling(cargo, true);
        assert!(tested.status.success(), "{template}: {}{}", stdout(&tested), stderr(&tested));
        assert!(!stdout(&tested).contains("running 0 tests"), "{}", stdout(&tested));

        let profile = place.path(&name).join(format!("{name}.ron"));
        let short =
            ["--trials", "4", "--set", "items=1", "--set", "report.items=2", "--set", "report.random=2"];
        let events = place.run(&profile, &short);
        let finished = events.last().unwrap();
        assert_eq!(finished["event"], "finished", "{template}");
        assert_eq!(finished["trials"], 4, "{template}");
        assert!(finished["best"]["report"]["kl"]["mean"].is_number(), "{template}: {finished}");
        let cost = finished["best"]["cost"].as_object().unwrap();
        assert!(
            cost.values().all(|cost| cost["value"].is_number()) && !cost.is_empty(),
            "{template}: {finished}"
        );
    }
}

#[test]
fn what_stands_in_the_way_of_a_project_is_said() {
    let place = Place::new();
    let new = |name: &str| place.attune(&["technique", "new", name]);
    refused(&new("kv-bits"), 2, &["`kv-bits` is a technique that comes with attune"]);
    refused(&new("Mine"), 2, &["`Mine` cannot be the name of a project", "lower-case"]);
    assert!(new("mine").status.success());
    refused(&new("mine"), 2, &["mine is there already"]);
    let other = place.attune(&["technique", "new", "other", "--from", "everything"]);
    refused(&other, 2, &["everything", "per-layer", "schedule"]);
    refused(&place.attune(&["technique", "build", "nowhere"]), 2, &["nowhere", "there is no such folder"]);

    let without =
        |rustc: &str| place.command(&["technique", "build", "mine"]).env("RUSTC", rustc).output().unwrap();
    refused(
        &without("no-such-rustc"),
        2,
        &["no `no-such-rustc` here", "https://rustup.rs", "rustup target add"],
    );
    // Where the models are not, the project is written all the same.
    let output = place
        .command(&["technique", "new", "lonely"])
        .env("ATTUNE_SHARE", place.path("none"))
        .output()
        .unwrap();
    assert!(output.status.success() && stderr(&output).contains("set ATTUNE_SHARE"), "{}", stderr(&output));
}

#[test]
fn a_project_of_every_language_says_what_brings_its_tool() {
    let place = Place::new();
    for (language, source, brings) in [
        ("python", "src/technique.py", "python3 -m venv .venv && .venv/bin/pip install componentize-py=="),
        ("js", "src/technique.js", "npm install --save-dev componentize-qjs@"),
    ] {
        let name = format!("in-{language}");
        let written = place.attune(&["technique", "new", &name, "--lang", language, "--from", "subset"]);
        assert!(written.status.success(), "{}", stderr(&written));
        assert!(
            stdout(&written).contains(&format!("The technique is in {name}/{source}")),
            "{}",
            stdout(&written)
        );
        let build = |folder: &str| {
            let mut command = place.command(&["technique", "build", folder]);
            command.env("PATH", "").env_remove("VIRTUAL_ENV").output().unwrap()
        };
        refused(&build(&name), 2, &["there is no `componentize-", &format!("{name} && {brings}")]);
        let manifest = if language == "python" { "pyproject.toml" } else { "package.json" };
        std::fs::remove_file(place.path(&name).join(manifest)).unwrap();
        refused(&build(&name), 2, &[&name, &format!("its {manifest} cannot be read")]);
    }
    let other = place.attune(&["technique", "new", "other", "--lang", "cobol"]);
    refused(&other, 2, &["cobol", "rust", "python", "js"]);
    std::fs::create_dir(place.path("bare")).unwrap();
    let bare = place.attune(&["technique", "build", "bare"]);
    refused(&bare, 2, &["bare: it holds no project", "src/technique.py beside a pyproject.toml"]);
}

#[test]
fn a_check_takes_the_models_that_are_named() {
    let place = Place::new();
    let example = root().join("plugins/fixtures/example.wasm").display().to_string();
    let model = root().join("models/tiny-moe");
    let check = |model: PathBuf| {
        let output = place.attune(&["technique", "check", &example, "--model", &model.display().to_string()]);
        assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
        stdout(&output)
    };
    for said in [check(model.join("config.json")), check(model)] {
        assert!(said.contains("tiny-moe, space: head × 12: "), "{said}");
        assert!(said.contains("of 200 that are drawn without them"), "{said}");
        assert!(
            said.contains("A config drawn for tiny-moe:\n  config  head by layer and kv-head: "),
            "{said}"
        );
        assert!(!said.contains("example-dense"), "{said}");
    }
    let text = place.write("story.json", "once").display().to_string();
    refused(&place.attune(&["technique", "check", &example, "--model", &text]), 2, &["story.json"]);
}

/// A process that is watched, and ended with the test.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn new(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let (send, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Self { child, lines }
    }

    /// Everything up to a line with this word.
    fn until(&self, word: &str) -> String {
        let mut text = String::new();
        while !text.contains(word) {
            let line = self.lines.recv_timeout(Duration::from_secs(300));
            text.push_str(&line.unwrap_or_else(|_| panic!("`{word}` is not in:\n{text}")));
            text.push('\n');
        }
        text
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_component_that_is_watched_is_checked_after_every_change() {
    let place = Place::new();
    let fixture = |name: &str| root().join("plugins/fixtures").join(name);
    std::fs::copy(fixture("example.wasm"), place.path("it.wasm")).unwrap();
    let watching = Watching::new(place.command(&["technique", "check", "it.wasm", "--watch"]));
    assert!(watching.until("watching it.wasm").contains("local-heads"));
    // What is no technique is told, and the next change looked for.
    std::fs::write(place.path("it.wasm"), "once upon a time").unwrap();
    assert!(!watching.until("watching it.wasm").contains("local-heads"));
    std::fs::copy(fixture("example.wasm"), place.path("it.wasm")).unwrap();
    assert!(watching.until("watching it.wasm").contains("local-heads"));
}

#[test]
fn an_evaluator_of_a_strangers_own_is_written_built_checked_and_searched() {
    let place = Place::new();
    let written = place.attune(&["evaluator", "new", "my-days"]);
    assert!(written.status.success(), "{}", stderr(&written));
    assert!(stdout(&written).contains("attune evaluator build my-days"), "{}", stdout(&written));
    refused(&place.attune(&["evaluator", "new", "my-days"]), 2, &["my-days is there already"]);
    refused(
        &place.attune(&["evaluator", "new", "native"]),
        2,
        &["`native` is an evaluator that comes with attune"],
    );
    let lines = std::fs::read_to_string(place.path("my-days/src/lib.rs")).unwrap().lines().count();
    assert!(lines <= 150, "{lines} lines");

    let built = match built(&place, "evaluator", "my-days") {
        Ok(built) => built,
        Err(why) => return println!("skipped: {why}"),
    };
    let said = stdout(&built);
    assert!(
        said.contains("my-days/my-days.wasm") && said.contains("no plan beats a bound"),
        "{said}{}",
        stderr(&built)
    );
    // On a machine that does other things it may take longer to stop than it may; everything else holds.
    let wrong: Vec<&str> = said.lines().filter(|line| line.starts_with("WRONG")).collect();
    assert!(wrong.iter().all(|line| line.contains("it goes on for")), "{said}");
    let profile = place.path("my-days/my-days.ron");
    let events = place.run(&profile, &["--trials", "10"]);
    assert_eq!(events.last().unwrap()["best"]["gap"]["wait"]["items"], 20);
}
