//! Speaks the protocol, as far as it is not told otherwise.

use std::collections::HashSet;
use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::faults::Faults;
use crate::subject;

struct Worker {
    faults: Faults,
    out: Mutex<std::io::Stdout>,
    called_off: Mutex<HashSet<u64>>,
    paused: AtomicBool,
    silent: AtomicBool,
}

/// Until the host closes.
pub(crate) fn run(faults: Faults) -> ExitCode {
    if faults.is("die-at-start") {
        eprintln!("there is no device here");
        return ExitCode::from(3);
    }
    let worker = Arc::new(Worker {
        faults,
        out: Mutex::new(std::io::stdout()),
        called_off: Mutex::default(),
        paused: AtomicBool::new(false),
        silent: AtomicBool::new(false),
    });
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let line: Value = serde_json::from_str(&line).unwrap();
        let method = line["method"].as_str().unwrap().to_owned();
        match method.as_str() {
            "cancel" => {
                worker.called_off.lock().unwrap().insert(line["request"].as_u64().unwrap());
            }
            "pause" => worker.paused.store(true, Ordering::SeqCst),
            "resume" => worker.paused.store(false, Ordering::SeqCst),
            "close" => {
                worker.answer(&line, json!({}));
                if worker.faults.is("stays") {
                    thread::sleep(Duration::from_secs(1000));
                }
                break;
            }
            "evaluate" | "signal" | "outputs" | "choices" | "bounds" => {
                let worker = Arc::clone(&worker);
                thread::spawn(move || worker.work(&method, &line));
            }
            _ => worker.short(&method, &line),
        }
    }
    ExitCode::SUCCESS
}

impl Worker {
    /// What is answered at once.
    fn short(self: &Arc<Self>, method: &str, line: &Value) {
        let faults = &self.faults;
        let other = faults.life > 1 && faults.fault == "changes";
        match method {
            "hello" if faults.is("mute") => {}
            "hello" if faults.is("says-hello") => self.say(&faults.with),
            "hello" => {
                let protocol =
                    if faults.is("protocol") { "attune-evaluator/2" } else { "attune-evaluator/1" };
                let mut hello = subject::hello(faults.concurrency, faults.idle, protocol);
                if faults.is("no-outputs") {
                    hello.as_object_mut().unwrap().remove("outputs");
                }
                if faults.is("no-signals") {
                    hello["signals"] = json!([]);
                }
                if faults.is("none-wrong") {
                    hello["tasks"][0]["metrics"] = subject::with_share(subject::metrics());
                }
                self.answer(line, hello);
                let worker = Arc::clone(self);
                thread::spawn(move || {
                    while !worker.silent.load(Ordering::SeqCst) {
                        worker.say(r#"{"event": "heartbeat"}"#);
                        thread::sleep(Duration::from_millis(50));
                    }
                });
                if faults.is("child") {
                    // Whoever ends the worker has to end this, too; it is not waited for.
                    #[expect(clippy::zombie_processes, reason = "the worker is killed before its child ends")]
                    let child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
                    let notes = faults.notes.as_ref().unwrap();
                    std::fs::write(notes.join("child"), child.id().to_string()).unwrap();
                }
            }
            "open" if faults.is("dies-at-open") => die("the folder is empty"),
            "open" if faults.is("refuses") => {
                let error = json!({"kind": "bad-request", "message": "no such data", "about": {"task-option": "phase"}});
                self.say(&json!({"id": line["id"], "error": error}).to_string());
            }
            "open" => {
                if let Some(notes) = &faults.notes {
                    std::fs::write(notes.join("open"), line.to_string()).unwrap();
                }
                self.say(&json!({"id": line["id"], "event": "progress", "message": "reading"}).to_string());
                let numerics = if other && faults.with == "numerics" { "rounded" } else { "exact" };
                let mut opened = subject::opened(numerics);
                if faults.is("none-wrong") {
                    opened["task"]["metrics"] = subject::with_share(subject::metrics());
                }
                self.answer(line, opened);
            }
            "load" => {
                let digit = if other && faults.with == "subject" { "f" } else { "e" };
                self.answer(line, json!({"fingerprint": digit.repeat(64)}));
            }
            "check" if faults.is("dies-on-check") => die("no plan is safe"),
            "check" if faults.is("hangs-on-check") => thread::sleep(Duration::from_secs(1000)),
            "check" => match subject::refused(&line["plan"]) {
                Some(error) => self.say(&json!({"id": line["id"], "error": error}).to_string()),
                None => self.answer(line, json!({"calibration": subject::calibration(&line["plan"])})),
            },
            other => panic!("no method {other}"),
        }
    }

    fn work(&self, method: &str, line: &Value) {
        let faults = &self.faults;
        let id = line["id"].as_u64().unwrap();
        if faults.is("says") {
            for said in faults.with.split('\n') {
                self.say(&said.replace("ID", &id.to_string()));
            }
            return;
        }
        match faults.fault.as_str() {
            "hangs" if faults.is("hangs") => {
                self.silent.store(true, Ordering::SeqCst);
                eprintln!("waiting for a lock");
                thread::sleep(Duration::from_secs(1000));
            }
            "deaf" if faults.is("deaf") => thread::sleep(Duration::from_secs(1000)),
            "floods" => {
                let mut err = std::io::stderr().lock();
                (0..20_000).for_each(|number| writeln!(err, "{number} {}", "warning ".repeat(50)).unwrap());
            }
            "huge-line" if faults.is("huge-line") => self.say(&"x".repeat((64 << 20) + 1)),
            "half-line" if faults.is("half-line") => {
                let mut out = self.out.lock().unwrap();
                write!(out, "{{\"id\": {id}, \"event\": \"outc").and_then(|()| out.flush()).unwrap();
                die("in the middle of a line");
            }
            _ => {}
        }
        if method == "choices" {
            return self.answer(line, json!({}));
        }
        let split = line["split"].as_str().unwrap();
        let items: Vec<u64> =
            line["items"].as_array().unwrap().iter().map(|item| item.as_u64().unwrap()).collect();
        let held = subject::items(split).unwrap_or(0);
        if let Some(beyond) = items.iter().find(|item| **item >= held) {
            let error = json!({"kind": "bad-request", "message": format!("no item {beyond} in {split}")});
            return self.say(&json!({"id": id, "error": error}).to_string());
        }
        let done = match method {
            "signal" => self.signal(id, line, items.len()),
            "outputs" => self.outputs(id, line, split, &items),
            // No damage is less than none, and of every other item that is not known.
            "bounds" => {
                let known: Vec<Value> =
                    items.iter().map(|item| json!((item % 2 == 0).then_some(0.0))).collect();
                Ok(json!({"bounds": {"kl": known}}))
            }
            _ => self.evaluate(id, line, split, &items),
        };
        match done {
            Ok(result) => self.answer(line, result),
            Err(error) => {
                self.say(&json!({"id": id, "error": error}).to_string());
                if faults.is("after-cancel") {
                    let scores = subject::scores(&json!([]), split, &items);
                    self.say(
                        &json!({"id": id, "event": "outcome", "index": 0, "scores": scores}).to_string(),
                    );
                }
            }
        }
    }

    fn evaluate(&self, id: u64, line: &Value, split: &str, items: &[u64]) -> Result<Value, Value> {
        let plans = line["plans"].as_array().unwrap();
        let begin = Instant::now();
        let most = line["deadline"].as_f64().map(|each| each * plans.len() as f64);
        // From the last to the first: the order of outcomes has no meaning.
        for (index, plan) in plans.iter().enumerate().rev() {
            let mut outcome = json!({"id": id, "event": "outcome", "index": index});
            if let Some(error) = subject::refused(plan) {
                outcome["error"] = error;
                self.say(&outcome.to_string());
                continue;
            }
            for item in 0..items.len() {
                self.breathe(id)?;
                let done = ((plans.len() - 1 - index) * items.len() + item + 1) as f64;
                self.say(&json!({"id": id, "event": "progress", "evaluations": done}).to_string());
            }
            let edits = plan.as_array().unwrap();
            let has =
                |text: &str| edits.iter().any(|edit| format!("{}:{}", edit["layer"], edit["bits"]) == text);
            if self.faults.is("dies-on") && has(&self.faults.with) {
                die(&format!("illegal memory access in {}", self.faults.with));
            }
            if self.faults.is("fails-on") && has(&self.faults.with) {
                return Err(json!({"kind": "out-of-memory", "message": "no room for the batch"}));
            }
            if most.is_some_and(|most| begin.elapsed().as_secs_f64() > most) {
                outcome["error"] = json!({"kind": "deadline", "message": "too slow"});
            } else if self.faults.is("not-finite") && has(&self.faults.with) {
                outcome["error"] = json!({"kind": "not-finite", "metric": "kl", "item": 1, "value": "-inf"});
            } else {
                outcome["scores"] = subject::scores(plan, split, items);
                if self.faults.is("none-wrong") {
                    outcome["scores"]["wrong"] = json!({"items": vec![0; items.len()]});
                }
                outcome["work"] = json!({"computed": items.len(), "naive": items.len()});
                outcome["seconds"] = json!(0.25);
            }
            self.say(&outcome.to_string());
            if self.faults.is("dies-once") {
                die("a cosmic ray");
            }
        }
        Ok(json!({"peak-memory": 4096}))
    }

    fn signal(&self, id: u64, line: &Value, items: usize) -> Result<Value, Value> {
        for item in 0..items {
            self.breathe(id)?;
            self.say(&json!({"id": id, "event": "progress", "evaluations": item + 1}).to_string());
        }
        let name = line["name"].as_str().unwrap();
        let unknown = || json!({"kind": "bad-request", "message": format!("there is no signal `{name}`")});
        subject::signal(name).ok_or_else(unknown)
    }

    fn outputs(&self, id: u64, line: &Value, split: &str, items: &[u64]) -> Result<Value, Value> {
        for item in items {
            self.breathe(id)?;
            if self.faults.is("dies-once") && *item != items[0] {
                die("a cosmic ray");
            }
            let mut said = subject::outputs(&line["plan"], split, *item, line["positions"].as_u64().unwrap());
            said["id"] = json!(id);
            said["event"] = json!("outputs");
            self.say(&said.to_string());
        }
        Ok(json!({}))
    }

    /// Takes the time of an item; fails when called off.
    fn breathe(&self, id: u64) -> Result<(), Value> {
        let begin = Instant::now();
        loop {
            if self.called_off.lock().unwrap().contains(&id) {
                return Err(json!({"kind": "interrupted", "message": "called off"}));
            }
            if !self.paused.load(Ordering::SeqCst) && begin.elapsed() >= self.faults.item {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn answer(&self, line: &Value, result: Value) {
        self.say(&json!({"id": line["id"], "result": result}).to_string());
    }

    fn say(&self, line: &str) {
        let mut out = self.out.lock().unwrap();
        // The host may be gone: then nobody is left to be told.
        let _ = out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush());
    }
}

fn die(last_words: &str) -> ! {
    eprintln!("{last_words}");
    std::process::exit(1)
}
