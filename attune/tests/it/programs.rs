//! Programs that are evaluators, while a form is open: no process stays that nobody asks for any more.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use attune::backend::{Answer, Backend as _, Check, DraftFile, LocalBackend, Mailbox, Request};
use attune::core::profile::EvaluatorChoice;
use tempfile::TempDir;

/// Says who it is and what it opens, honours every plan, and writes down that it lives.
const WORKER: &str = r#"echo $$ >> "$(dirname "$0")/lives"
METRICS='"metrics":[{"name":"loss","direction":"minimise"}]'
HELLO='"protocol":"attune-evaluator/1","name":"shell","version":"1","edits":[{"kind":"drop-block"}]'
HELLO=$HELLO',"signals":[{"name":"block-influence"}],"tasks":[{"name":"toy",'$METRICS'}]'
HELLO=$HELLO',"options":[{"name":"scale","help":"a factor","kind":{"type":"int","min":0,"max":9},"default":1}]'
SELECTION='{"items":ITEMS,"fingerprint":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}'
REPORT='{"items":8,"fingerprint":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}'
OPEN='"device":"paper","numerics":"exact","facts":{"name":"toy","values":{"layers":6,"heads":4}}'
LOADED='"fingerprint":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"'
OPEN=$OPEN',"task":{"name":"toy",'$METRICS',"splits":{"selection":'$SELECTION',"report":'$REPORT'}}'
while read -r line; do
    id=${line#*\"id\":}
    id=${id%%,*}
    case $line in
        *'"hello"'*) result=$HELLO ;;
        *'"open"'*) result=$OPEN ;;
        *'"load"'*) result=$LOADED ;;
        *) result= ;;
    esac
    echo '{"id":'"${id%\}}"',"result":{'"$result"'}}'
    case $line in *'"close"'*) exit ;; esac
done
"#;

/// Programs that wait are those of the whole process: one test at a time.
static TURN: Mutex<()> = Mutex::new(());

/// A folder with the program in it, and the screens' backend.
struct Place {
    folder: TempDir,
    backend: LocalBackend,
    mailbox: Mailbox,
    answers: Receiver<Answer>,
    tickets: u64,
    _turn: MutexGuard<'static, ()>,
}

impl Place {
    fn new() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = TempDir::new().unwrap();
        let (send, answers) = channel();
        let mailbox = Mailbox::new(move |answer| drop(send.send(answer)));
        let backend = LocalBackend::new(&folder.path().join("store"));
        let place = Self { folder, backend, mailbox, answers, tickets: 0, _turn: turn };
        place.program("worker.sh", 8);
        place
    }

    /// Writes the program, with so many items of selection data.
    fn program(&self, name: &str, items: u32) {
        let file = self.folder.path().join(name);
        let text = WORKER.replace("ITEMS", &items.to_string());
        fs::write(&file, text).unwrap();
    }

    /// What the form says of a profile of the program.
    fn check(&mut self, program: &str, options: &str) -> Check {
        let text = profile(program, options);
        self.tickets += 1;
        let path = self.folder.path().join("n.ron").display().to_string();
        let asked = Request::Check { ticket: self.tickets, draft: DraftFile { path, text } };
        self.backend.ask(asked, &self.mailbox);
        loop {
            match self.answers.recv_timeout(Duration::from_secs(60)).unwrap() {
                Answer::Checked { ticket, check } if ticket == self.tickets => return check,
                _ => {}
            }
        }
    }

    /// Processes of the program, of all that were started, that live: once those that were asked to close have had the time.
    fn living(&self) -> usize {
        let lives = fs::read_to_string(self.folder.path().join("lives")).unwrap();
        let count = || lives.lines().filter(|pid| lives_on(pid)).count();
        let begin = Instant::now();
        while count() > 1 && begin.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(20));
        }
        count()
    }

    fn started(&self) -> usize {
        fs::read_to_string(self.folder.path().join("lives")).unwrap_or_default().lines().count()
    }

    /// Waits until so many processes have been started.
    fn wait_for(&self, started: usize) {
        let begin = Instant::now();
        while self.started() < started && begin.elapsed() < Duration::from_secs(60) {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(self.started(), started);
    }

    /// Writes a program that says nothing before `release` is there. What runs of it by now stays as it is.
    fn held(&self, release: &str) {
        let begin = "echo $$ >> \"$(dirname \"$0\")/lives\"\n";
        let wait = format!("while [ ! -e \"$(dirname \"$0\")/{release}\" ]; do sleep 0.05; done\n");
        let rest = WORKER.strip_prefix(begin).unwrap().replace("ITEMS", "8");
        let new = self.folder.path().join("new");
        fs::write(&new, [begin, &wait, &rest].concat()).unwrap();
        fs::rename(new, self.folder.path().join("held.sh")).unwrap();
    }

    fn release(&self, name: &str) {
        fs::write(self.folder.path().join(name), "").unwrap();
    }

    /// Asks what a program says of itself, as the form does.
    fn ask(&mut self, program: &str) {
        let command = vec!["sh".to_owned(), program.to_owned()];
        let evaluator = EvaluatorChoice { command, ..EvaluatorChoice::default() };
        let profile = self.folder.path().join("n.ron").display().to_string();
        self.backend.ask(Request::Evaluator { evaluator, profile }, &self.mailbox);
    }

    /// The next answer to that: which program, and whether it has said what it is.
    fn answer(&self) -> (String, bool) {
        loop {
            let answer = self.answers.recv_timeout(Duration::from_secs(60)).unwrap();
            if let Answer::Evaluator { evaluator, found } = answer {
                return (evaluator.command[1].clone(), found.is_ok());
            }
        }
    }
}

/// A profile of the program, with these options.
fn profile(program: &str, options: &str) -> String {
    format!(
        r#"(version: 1, name: "n", evaluator: (command: ["sh", "{program}"], options: {{{options}}}), items: 4, trials: 3,
            technique: (name: "block-dropping", options: {{"unit": "block", "drop": 2}}), task: (), report: (items: 4))"#
    )
}

fn lives_on(pid: &str) -> bool {
    let asked = Command::new("kill").args(["-0", pid]).stderr(Stdio::null()).status();
    asked.unwrap().success() && !is_zombie(pid)
}

/// A process that has ended and is still to be waited for.
fn is_zombie(pid: &str) -> bool {
    let status = fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
    status.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}

#[test]
fn a_program_that_is_edited_and_options_that_are_leave_one_process() {
    let mut place = Place::new();
    let fine = |check: &Check| assert!(check.faults.is_empty(), "{:?}", check.faults);
    fine(&place.check("worker.sh", ""));
    fine(&place.check("worker.sh", ""));
    assert_eq!((place.started(), place.living()), (1, 1), "the same again needs no other process");
    for scale in 2..5 {
        fine(&place.check("worker.sh", &format!("\"scale\": {scale}")));
    }
    assert_eq!(place.living(), 1);
    // What the program says now is what counts, and who said something else is gone.
    place.program("worker.sh", 3);
    let few = place.check("worker.sh", "");
    assert!(few.faults.iter().any(|fault| fault.path == "items"), "{:?}", few.faults);
    assert_eq!(place.living(), 1);
    // Options that it refuses, of a program that is never opened, and the first one again.
    place.program("second.sh", 8);
    let odd = place.check("second.sh", "\"scale\": 10");
    assert!(odd.faults.iter().any(|fault| fault.path.contains("scale")), "{:?}", odd.faults);
    place.program("worker.sh", 8);
    fine(&place.check("worker.sh", ""));
    assert_eq!(place.living(), 1);
    place.backend.close();
    assert_eq!(place.living(), 0);
}

#[test]
fn a_program_that_says_nothing_is_let_go_of_once_another_is_named() {
    let mut place = Place::new();
    let file = place.folder.path().join("mute.sh");
    fs::write(file, "echo $$ >> \"$(dirname \"$0\")/lives\"\nsleep 1000\n").unwrap();
    let file = place.folder.path().join("n.ron").display().to_string();
    let asked = |program: &str| {
        let command = vec!["sh".to_owned(), program.to_owned()];
        let evaluator = EvaluatorChoice { command, ..EvaluatorChoice::default() };
        Request::Evaluator { evaluator, profile: file.clone() }
    };
    // Two who ask at once wait for one process.
    place.backend.ask(asked("worker.sh"), &place.mailbox);
    place.backend.ask(asked("worker.sh"), &place.mailbox);
    for _ in 0..2 {
        let answer = place.answers.recv_timeout(Duration::from_secs(60)).unwrap();
        assert!(
            matches!(&answer, Answer::Evaluator { found: Ok(spec), .. } if spec.name == "shell"),
            "{answer:?}"
        );
    }
    assert_eq!((place.started(), place.living()), (1, 1));

    place.backend.ask(asked("mute.sh"), &place.mailbox);
    let begin = Instant::now();
    while place.started() == 1 && begin.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(20));
    }
    place.backend.ask(asked("worker.sh"), &place.mailbox);
    for _ in 0..2 {
        let answer = place.answers.recv_timeout(Duration::from_secs(60)).unwrap();
        let Answer::Evaluator { evaluator, found } = answer else { panic!("{answer:?}") };
        assert_eq!(found.is_ok(), evaluator.command[1] == "worker.sh", "{found:?}");
    }
    assert_eq!((place.started(), place.living()), (2, 1));
}

#[test]
fn what_a_program_was_before_it_was_edited_does_not_end_what_it_is_now() {
    let mut place = Place::new();
    place.held("first");
    place.ask("held.sh");
    place.wait_for(1);
    place.held("second");
    place.ask("held.sh");
    place.wait_for(2);
    place.release("first");
    assert_eq!(place.answer(), ("held.sh".to_owned(), true));
    place.release("second");
    assert_eq!(place.answer(), ("held.sh".to_owned(), true));
    assert_eq!(place.living(), 1);
    place.ask("held.sh");
    assert_eq!(place.answer(), ("held.sh".to_owned(), true));
    assert_eq!(place.started(), 2, "the one of the program as it is now is still known");
}

#[test]
fn a_program_that_is_named_again_is_not_the_one_that_was_called_off() {
    let mut place = Place::new();
    place.held("first");
    place.ask("held.sh");
    place.wait_for(1);
    place.ask("worker.sh");
    place.ask("held.sh");
    // Of the first, and of the one in between.
    let mut answers = vec![place.answer(), place.answer()];
    place.release("first");
    answers.push(place.answer());
    let mut held: Vec<bool> =
        answers.iter().filter(|(program, _)| program == "held.sh").map(|(_, found)| *found).collect();
    held.sort_unstable();
    assert_eq!(held, [false, true], "{answers:?}");
}

#[test]
fn what_a_study_waits_for_is_not_called_off_by_a_form() {
    let mut place = Place::new();
    place.held("first");
    let file = place.folder.path().join("n.ron");
    fs::write(&file, profile("held.sh", "")).unwrap();
    let (profile, device) = (file.display().to_string(), "auto".to_owned());
    place.backend.ask(Request::Launch { profile, study: None, device }, &place.mailbox);
    place.wait_for(1);
    place.ask("worker.sh");
    assert_eq!(place.answer(), ("worker.sh".to_owned(), true));
    place.release("first");
    loop {
        if let Answer::Opened(opened) = place.answers.recv_timeout(Duration::from_secs(60)).unwrap() {
            assert!(opened.is_ok(), "{:?}", opened.err());
            break;
        }
    }
    place.backend.close();
}

#[test]
fn a_profile_whose_program_is_broken_opens_in_the_form_that_says_so() {
    let mut place = Place::new();
    fs::write(place.folder.path().join("broken.sh"), "echo there is no device >&2; exit 3\n").unwrap();
    let broken = place.check("broken.sh", "");
    let fault = &broken.faults[0];
    assert_eq!(fault.path, "evaluator.command");
    assert!(
        fault.message.contains("exited with code 3") && fault.message.contains("there is no device"),
        "{fault:?}"
    );

    let file = place.folder.path().join("n.ron");
    fs::write(&file, profile("broken.sh", "")).unwrap();
    place.backend.ask(Request::Load { path: file.display().to_string() }, &place.mailbox);
    let answer = place.answers.recv_timeout(Duration::from_secs(60)).unwrap();
    let Answer::Profile { found: Ok((_, found)), .. } = answer else { panic!("{answer:?}") };
    assert_eq!(found.evaluator.unwrap().command, ["sh", "broken.sh"]);
}
