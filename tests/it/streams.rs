//! What the command line does when nobody listens: closed pipes, full devices, closed windows, and signals meanwhile.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::{Place, events, refused, stderr, stdout};

/// Longest wait for anything: machines that test are slow.
const PATIENCE: Duration = Duration::from_secs(120);

/// `attune run` on a study that takes far longer than any test.
fn endless(place: &Place, args: &[&str]) -> Command {
    let profile = place.small_profile(&[("trials: 24", "trials: 100000")]).display().to_string();
    place.command(&[&["run", &profile], args].concat())
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
}

fn ends(child: &mut Child) -> ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("it does not end");
        }
        sleep(Duration::from_millis(20));
    }
}

/// Waits until trials of the study are in its journal.
fn runs(place: &Place, child: &mut Child) {
    let journal = place.path("store/journal/small.jsonl");
    let begun = Instant::now();
    while std::fs::read_to_string(&journal).unwrap_or_default().lines().count() < 3 {
        assert!(begun.elapsed() < PATIENCE && child.try_wait().unwrap().is_none(), "it does not run");
        sleep(Duration::from_millis(20));
    }
}

fn full() -> Stdio {
    OpenOptions::new().write(true).open("/dev/full").unwrap().into()
}

/// The write end of a pipe whose read end is gone.
fn closed() -> Stdio {
    let (read, write) = std::io::pipe().unwrap();
    drop(read);
    write.into()
}

#[test]
fn a_study_whose_stderr_is_closed_or_full_still_obeys_every_signal() {
    for (name, stderr) in [("INT", closed()), ("TERM", closed()), ("HUP", closed()), ("INT", full())] {
        if name == "HUP" && hang_ups_are_ignored() {
            continue;
        }
        let place = Place::new();
        let mut child = endless(&place, &["--json"]).stdout(Stdio::null()).stderr(stderr).spawn().unwrap();
        runs(&place, &mut child);
        signal(&child, name);
        assert_eq!(ends(&mut child).code(), Some(130), "{name}");
        // The store is free again, and all that has finished is in it.
        assert!(place.attune(&["doctor"]).status.success());
    }
}

#[test]
fn the_second_interrupt_ends_a_study_whose_words_nobody_takes() {
    let place = Place::new();
    let (_unread, mut write) = std::io::pipe().unwrap();
    // A pipe that is full to the last byte: the next word waits for ever.
    let filler = write.try_clone().unwrap();
    std::thread::spawn(move || {
        let mut filler = filler;
        while filler.write_all(&[b'x'; 4096]).is_ok() {}
    });
    sleep(Duration::from_millis(200));
    write.flush().unwrap();
    let mut child = endless(&place, &["--json"]).stdout(Stdio::piped()).stderr(write).spawn().unwrap();
    let mut started = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut started).unwrap();
    assert!(started.contains("\"started\""), "{started}");
    signal(&child, "INT");
    sleep(Duration::from_millis(200));
    signal(&child, "INT");
    assert_eq!(ends(&mut child).code(), Some(130));
}

/// Whether these tests themselves were started to outlive their terminal, as by `nohup`: then so is all that they start.
fn hang_ups_are_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 1 != 0))
}

#[test]
fn a_window_that_closes_leaves_no_orphan_behind() {
    if hang_ups_are_ignored() {
        return;
    }
    let place = Place::new();
    let profile = place.small_profile(&[("trials: 24", "trials: 100000")]).display().to_string();
    let (pty, pts) = pty_process::blocking::open().unwrap();
    pty.resize(pty_process::Size::new(24, 80)).unwrap();
    let command = pty_process::blocking::Command::new(env!("CARGO_BIN_EXE_attune-under-test"));
    let command = command.args(["run", &profile, "--store", "store"]).current_dir(place.dir.path());
    let mut child = command.env_remove("ATTUNE_STORE").spawn(pts).unwrap();
    let mut window = pty;
    let mut bytes = [0; 4096];
    let mut shown = String::new();
    while !shown.contains("trials") {
        let count = window.read(&mut bytes).unwrap();
        shown.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    runs(&place, &mut child);
    drop(window);
    assert_eq!(ends(&mut child).code(), Some(130));
    assert!(place.attune(&["doctor"]).status.success());
}

#[cfg(target_os = "linux")]
#[test]
fn a_study_that_was_started_to_outlive_its_terminal_does() {
    let place = Place::new();
    let profile = place.small_profile(&[]).display().to_string();
    let script = format!("trap '' HUP; exec \"$0\" run {profile} --store store --json");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script, env!("CARGO_BIN_EXE_attune-under-test")]).current_dir(place.dir.path());
    let mut child =
        shell.env_remove("ATTUNE_STORE").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    runs(&place, &mut child);
    signal(&child, "HUP");
    assert_eq!(ends(&mut child).code(), Some(0));
}

#[test]
fn exit_codes_are_the_same_when_nothing_can_be_said() {
    let place = Place::new();
    for stderr in [closed as fn() -> Stdio, full] {
        let code = |args: &[&str]| {
            place.command(args).stdout(Stdio::null()).stderr(stderr()).status().unwrap().code()
        };
        assert_eq!(code(&["run", "nowhere.ron"]), Some(2));
        assert_eq!(code(&["rum"]), Some(2));
        assert_eq!(code(&[]), Some(2));
        assert_eq!(code(&["show", "nothing"]), Some(2));
        assert_eq!(code(&["technique", "check", "nowhere.wasm"]), Some(2));
        assert_eq!(code(&["doctor"]), Some(0));
    }
}

#[test]
fn results_that_cannot_be_written_are_a_failure_and_readers_that_left_are_none() {
    let place = Place::new();
    for args in
        [&["technique", "list"][..], &["studies"], &["--help"], &["--version"], &["completions", "bash"]]
    {
        let output = place.command(args).stdout(full()).stderr(Stdio::piped()).spawn().unwrap();
        let output = output.wait_with_output().unwrap();
        refused(&output, 1, &["cannot write to standard output: no space left on device"]);
        assert!(!stderr(&output).contains("os error"), "{}", stderr(&output));
        assert_eq!(place.command(args).stdout(closed()).status().unwrap().code(), Some(0), "{args:?}");
        assert_eq!(place.command(args).stdout(full()).stderr(full()).status().unwrap().code(), Some(1));
    }
}

#[test]
fn with_json_a_failure_is_an_object_too() {
    let place = Place::new();
    let wrong = place.small_profile(&[("\"keep\": 4", "\"keep\": 400")]).display().to_string();
    for (args, code, word) in [
        (&["run", "nowhere.ron", "--json"][..], 2, "nowhere.ron"),
        (&["run", &wrong, "--json"], 2, "400"),
        (&["show", "nothing", "--json"], 2, "nothing"),
        (&["show", "--json"], 2, "STUDY"),
        (&["studies", "--json", "--colour"], 2, "--colour"),
        (&["run", &wrong, "--json", "--trials", "many"], 2, "many"),
    ] {
        let output = place.attune(args);
        refused(&output, code, &[word]);
        let last = events(&output).pop().unwrap_or_else(|| panic!("{args:?} prints nothing"));
        assert_eq!((last["event"].as_str(), last["code"].as_i64()), (Some("failed"), Some(code.into())));
        assert!(last["message"].as_str().unwrap().contains(word), "{last}");
    }
    // Without it, standard output stays empty.
    assert_eq!(stdout(&place.attune(&["show", "nothing"])), "");
    // The name of a profile is no option.
    assert_eq!(stdout(&place.attune(&["run", "--", "--json"])), "");
}

#[test]
fn what_is_typed_or_named_is_never_sent_to_the_terminal_raw() {
    let place = Place::new();
    let nasty = "\x1b[2J\x1b]0;owned\x07\r\u{202e}gnp\u{200b}\u{9b}3J";
    let profile = place.small_profile(&[("\"keep\"", &format!("\"{nasty}\""))]).display().to_string();
    let long = "x".repeat(100_000);
    for args in [
        &["run", nasty][..],
        &["show", nasty],
        &["show", nasty, "--json"],
        &[nasty],
        &["run", &profile],
        &["run", &profile, "--json"],
        &["run", &profile, "--set", nasty],
        &["run", &profile, "--set", &format!("{nasty}=1")],
        &["run", &profile, "--device", nasty],
        &["export", nasty, "--to", nasty, "--out", "out"],
        &["technique", "show", nasty],
        &["technique", "check", nasty],
        &["studies", "--store", nasty],
        &["show", &long],
        &["run", &profile, "--set", &format!("{long}=1")],
        &["run", &profile, "--set", &format!("seed={long}")],
        &["technique", "show", &long],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_attune-under-test"))
            .args(args)
            .current_dir(place.dir.path())
            .env_remove("ATTUNE_STORE")
            .output()
            .unwrap();
        for said in [stdout(&output), stderr(&output)] {
            let raw = said.chars().find(|&c| c != '\n' && !attune_core::printable::is_visible(c));
            assert_eq!(raw, None, "{args:?}: {said:?}");
            assert!(said.chars().count() < 10_000, "{} characters", said.chars().count());
        }
    }
}

#[test]
fn endless_inputs_are_refused_by_what_they_are() {
    let place = Place::new();
    refused(&place.attune(&["run", "/dev/zero"]), 2, &["/dev/zero is a device, expected a regular file"]);
    let pipe = place.path("pipe.ron").display().to_string();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    refused(&place.attune(&["run", &pipe]), 2, &["pipe.ron is a pipe"]);
    refused(&place.attune(&["technique", "check", "/dev/zero"]), 2, &["is a device"]);
    let large = place.write("large.ron", &format!("({}: 1)", "k".repeat(50 << 20))).display().to_string();
    refused(&place.attune(&["run", &large]), 2, &["large.ron has", "expected at most"]);
    let long = place.write("long.ron", &format!("(version: 1, {}: 1)", "k".repeat(1 << 19)));
    let output = place.attune(&["run", &long.display().to_string()]);
    refused(&output, 2, &["long.ron:1:", "unknown key", "known here"]);
    assert!(stderr(&output).len() < 3_000, "{}", stderr(&output).len());
    assert!(Path::new(&pipe).exists());
}

#[test]
fn a_shell_is_offered_studies_targets_devices_and_keys() {
    let place = Place::new();
    place.run(&place.small_profile(&[]), &["--trials", "2"]);
    let offered = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attune-under-test"));
        command
            .env("COMPLETE", "fish")
            .env("ATTUNE_STORE", place.path("store"))
            .args(["--", "attune"])
            .args(words);
        stdout(&command.output().unwrap())
    };
    assert!(offered(&["show", ""]).lines().any(|line| line == "small"), "{}", offered(&["show", ""]));
    let target = offered(&["export", "small", "--to", ""]);
    assert!(["plan\t", "hf\t", "mlx\t"].iter().all(|name| target.contains(name)), "{target}");
    assert!(offered(&["run", "a.ron", "--device", ""]).lines().any(|line| line == "cpu"));
    assert!(offered(&["run", "a.ron", "--set", "task."]).contains("task.kind="));
    assert!(offered(&["technique", "show", "kv"]).contains("kv-bits"));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = stdout(&place.attune(&["completions", shell]));
        assert!(script.contains("COMPLETE"), "{shell}: {script}");
    }
}
