//! `attune evaluator`.

mod project;

use std::path::Path;
use std::time::Duration;

use attune::evaluators::{self, Described, Listed, TrialOptions};
use attune::run_options::RunOptions;
use attune_core::evaluator::{MetricInfo, TaskSpec};
use attune_core::objective::Direction;
use attune_core::options::OptionSpec;
use attune_core::plan::{Argument, EditSchema};
use attune_core::printable::{MESSAGE, line, quoted};
use attune_testkit::evaluator::Trial;
use serde_json::{Value as Json, json};

use crate::args::EvaluatorCommand;
use crate::error::CliError;
use crate::output;
use crate::view::sheet::Sheet;
use crate::view::spec_json;

/// How long an evaluator may go on after it was called off.
const PATIENCE: Duration = Duration::from_secs(1);
/// How much the scores of a device may differ whose products depend on what shares them, relative to their size.
const TOLERANCE: f64 = 1e-3;

pub(crate) fn run(command: &EvaluatorCommand) -> Result<(), CliError> {
    match command {
        EvaluatorCommand::List { json: true } => {
            let all: Vec<Json> = evaluators::list().iter().map(listed).collect();
            output::json(&json!({ "evaluators": all }))
        }
        EvaluatorCommand::List { json: false } => output::line(table(&evaluators::list(), output::columns())),
        EvaluatorCommand::Show { evaluator, json } => {
            let described = evaluators::described(&evaluator.choice(), Path::new(""))?;
            match json {
                true => output::json(&shown(&described)),
                false => output::line(description(&described).trim_end()),
            }
        }
        EvaluatorCommand::New { name } => project::new(name),
        EvaluatorCommand::Build { folder } => project::build(folder),
        EvaluatorCommand::Check { evaluator, profile, model, selection, report, sets, device } => {
            let options = TrialOptions {
                evaluator: evaluator.choice(),
                profile: profile.clone(),
                model: model.clone(),
                selection: selection.clone(),
                report: report.clone(),
                sets: sets.clone(),
            };
            check(&options, device)
        }
    }
}

/// Evaluators, their tasks and what they do, in `columns` columns. What another process would say is not asked.
fn table(all: &[Listed], columns: usize) -> String {
    let mut table = Sheet::with_text(["evaluator", "tasks", "what it does"].map(str::to_owned).to_vec());
    for listed in all {
        let (tasks, summary) = match listed {
            Listed::Native(spec) | Listed::Component(Described { spec, .. }) => {
                let tasks: Vec<&str> = spec.tasks.iter().map(|task| task.name.as_str()).collect();
                (tasks.join(", "), spec.summary.clone())
            }
            Listed::Worker { name, summary, command: Ok(_) } => {
                (format!("`attune evaluator show {name}`"), (*summary).to_owned())
            }
            Listed::Worker { summary, command: Err(_), .. } => {
                let missing = format!("{summary} not installed: {}", evaluators::INSTALL_TORCH);
                (String::new(), missing)
            }
        };
        table.row(vec![listed.name().to_owned(), tasks, line(&summary, MESSAGE).into_owned()]);
    }
    table.render(columns)
}

/// An evaluator for scripts: as `show --json` has it, with whether it is there.
fn listed(listed: &Listed) -> Json {
    match listed {
        Listed::Native(spec) => spec_json::evaluator(spec),
        Listed::Component(described) => shown(described),
        Listed::Worker { name, summary, command } => json!({
            "evaluator": name, "summary": summary, "installed": command.is_ok(),
            "command": command.as_ref().ok(),
            "install": command.is_err().then_some(evaluators::INSTALL_TORCH),
        }),
    }
}

/// What `show --json` has.
fn shown(described: &Described) -> Json {
    let mut object = spec_json::evaluator(&described.spec);
    if let Some(component) = &described.component {
        let facts = component.facts.iter().map(|(name, help)| json!({ "fact": name, "help": help }));
        object["version"] = json!(component.version);
        object["component"] = json!(component.hash.to_string());
        object["facts"] = facts.collect();
        object["unedited"] = json!(described.spec.edits.unedited());
        object["schemas"] = described.spec.edits.schemas().iter().map(spec_json::schema).collect();
    }
    object
}

fn description(described: &Described) -> String {
    let Described { spec, component } = described;
    let mut text = match component {
        Some(component) => format!("{} {}\n", spec.name, quoted(&component.version)),
        None => format!("{}\n", spec.name),
    };
    if !spec.summary.is_empty() {
        text.push_str(&format!("{}\n", line(&spec.summary, MESSAGE)));
    }
    text.push('\n');
    let edits: Vec<&str> = spec.edits.kinds().collect();
    text.push_str(&format!("edits       {}\n", edits.join(", ")));
    let signals: Vec<String> =
        spec.signals.iter().map(|signal| line(&signal.name, MESSAGE).into_owned()).collect();
    let signals = if signals.is_empty() { "none".to_owned() } else { signals.join(", ") };
    text.push_str(&format!("signals     {signals}\n"));
    if let Some(component) = component {
        text.push_str(&format!("unedited    {}\n", line(spec.edits.unedited(), MESSAGE)));
        text.push_str(&format!("component   {}\n", component.hash));
        text.push_str("\nEdits:\n");
        text.extend(spec.edits.schemas().iter().map(edit));
        if !component.facts.is_empty() {
            text.push_str("\nFacts that techniques get:\n");
            let facts = component.facts.iter();
            text.extend(facts.map(|(name, help)| format!("  {name}: {}\n", line(help, MESSAGE))));
        }
    }
    if !spec.options.is_empty() {
        text.push_str("\nOptions (evaluator.options in a profile):\n");
        text.extend(spec.options.iter().map(option));
    }
    text.extend(spec.tasks.iter().map(task));
    text
}

fn edit(schema: &EditSchema) -> String {
    let mut text = format!("  {}: {}\n", schema.kind, line(&schema.summary, MESSAGE));
    for Argument { name, kind, help, absent } in &schema.arguments {
        let absent = absent.as_ref().map_or_else(String::new, |absent| format!("; absent: {absent}"));
        let said = format!("{help}; {kind}{absent}");
        text.push_str(&format!("      {name}: {}\n", line(&said, MESSAGE)));
    }
    text
}

fn task(task: &TaskSpec) -> String {
    let metrics: Vec<String> = task.metrics.iter().map(metric).collect();
    let options: String = task.options.iter().map(|task| option(&task.spec)).collect();
    let options = match options.is_empty() {
        true => String::new(),
        false => format!("\nIts options (task in a profile):\n{options}"),
    };
    let summary = match task.summary.is_empty() {
        true => String::new(),
        false => format!(": {}", line(&task.summary, MESSAGE)),
    };
    let data =
        if task.data.is_empty() { String::new() } else { format!("data        .{} files\n", task.data) };
    format!("\nTask `{}`{summary}\nmetrics     {}\n{data}{options}", task.name, metrics.join(", "))
}

fn metric(metric: &MetricInfo) -> String {
    let better = match metric.direction {
        Direction::Minimise => "less is better",
        Direction::Maximise => "more is better",
    };
    let unit = if metric.unit.is_empty() { String::new() } else { format!("{}; ", metric.unit) };
    format!("{} ({unit}{better})", metric.name)
}

fn option(spec: &OptionSpec) -> String {
    let default = match spec.accept(&spec.default) {
        Some(default) => format!("= {default}"),
        None => "has to be said".to_owned(),
    };
    let help = line(&spec.help, MESSAGE);
    let end = if help.ends_with('.') { "" } else { "." };
    let kind = spec.kind.to_string();
    format!("  {} {default}\n      {help}{end} Accepts {}.\n", spec.name, line(&kind, MESSAGE))
}

/// Prints every finding; fails when one of them is bad.
fn check(options: &TrialOptions, device: &str) -> Result<(), CliError> {
    let spec = evaluators::spec(&options.evaluator, Path::new(""))?;
    let name = &spec.name;
    let (profile, file) = evaluators::trial(options)?;
    let evaluator = evaluators::open(&profile, &RunOptions::new(&file, device), output::complaints())?;
    let info = evaluator.info();
    let place = if file.exists() { format!(", {}", file.display()) } else { String::new() };
    let is_component = evaluators::described(&options.evaluator, Path::new(""))?.component.is_some();
    let subject = evaluator.model().name.clone();
    let what = if is_component { subject } else { format!("model {subject}") };
    output::line(format!("{name} on {}, {what}{place}\n", info.device))?;
    let trial = Trial::new(&*evaluator).patience(PATIENCE);
    // WebAssembly computes the same bits everywhere; whatever differs is an earlier call that shows.
    let trial = if is_component || info.device == "cpu" { trial } else { trial.tolerance(TOLERANCE) };
    let (mut broken, mut failed) = (0, Ok(()));
    trial.findings(&mut |finding| {
        let (mark, text) = match &finding.outcome {
            Ok(text) => ("ok", text),
            Err(text) => ("WRONG", text),
        };
        broken += usize::from(finding.outcome.is_err());
        let written = output::line(format!("{mark:<6}{}: {}", finding.promise, line(text, MESSAGE)));
        if failed.is_ok() {
            failed = written;
        }
    });
    failed?;
    match broken {
        0 => Ok(()),
        _ => Err(CliError::Run(format!("{name} does not keep the contract of an evaluator; see above"))),
    }
}
