//! `attune evaluator`.

use std::path::Path;
use std::time::Duration;

use attune::run_options::{ProfileOptions, RunOptions};
use attune::{evaluators, setup};
use attune_core::evaluator::{EvaluatorSpec, MetricInfo, TaskSpec};
use attune_core::objective::Direction;
use attune_core::options::OptionSpec;
use attune_core::printable::{MESSAGE, line};
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
            let all: Vec<Json> = evaluators::specs().iter().map(spec_json::evaluator).collect();
            output::json(&json!({ "evaluators": all }))
        }
        EvaluatorCommand::List { json: false } => {
            output::line(table(&evaluators::specs(), output::columns()))
        }
        EvaluatorCommand::Show { name, json } => {
            let spec = evaluators::spec(name)?;
            match json {
                true => output::json(&spec_json::evaluator(&spec)),
                false => output::line(description(&spec).trim_end()),
            }
        }
        EvaluatorCommand::Check { name, profile, device } => check(name, profile.as_deref(), device),
    }
}

/// Evaluators, their tasks and what they do, in `columns` columns.
fn table(specs: &[EvaluatorSpec], columns: usize) -> String {
    let mut table = Sheet::with_text(["evaluator", "tasks", "what it does"].map(str::to_owned).to_vec());
    for spec in specs {
        let tasks: Vec<&str> = spec.tasks.iter().map(|task| task.name.as_str()).collect();
        table.row(vec![spec.name.clone(), tasks.join(", "), line(&spec.summary, MESSAGE).into_owned()]);
    }
    table.render(columns)
}

fn description(spec: &EvaluatorSpec) -> String {
    let mut text = format!("{}\n{}\n\n", spec.name, line(&spec.summary, MESSAGE));
    let edits: Vec<&str> = spec.edits.kinds().collect();
    text.push_str(&format!("edits       {}\n", edits.join(", ")));
    if !spec.options.is_empty() {
        text.push_str("\nOptions (evaluator.options in a profile):\n");
        text.extend(spec.options.iter().map(option));
    }
    text.extend(spec.tasks.iter().map(task));
    text
}

fn task(task: &TaskSpec) -> String {
    let metrics: Vec<String> = task.metrics.iter().map(metric).collect();
    let options: String = task.options.iter().map(|task| option(&task.spec)).collect();
    format!(
        "\nTask `{}`: {}\nmetrics     {}\ndata        .{} files\n\nIts options (task in a profile):\n{options}",
        task.name,
        line(&task.summary, MESSAGE),
        metrics.join(", "),
        task.data
    )
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
    format!(
        "  {} {default}\n      {} Accepts {}.\n",
        spec.name,
        line(&spec.help, MESSAGE),
        line(&spec.kind.to_string(), MESSAGE)
    )
}

/// Prints every finding; fails when one of them is bad.
fn check(name: &str, profile: Option<&Path>, device: &str) -> Result<(), CliError> {
    evaluators::spec(name)?;
    let file = match profile {
        Some(file) => file.to_owned(),
        None => evaluators::example(name)?,
    };
    let profile = setup::profile(&ProfileOptions { file: file.clone(), ..ProfileOptions::default() })?;
    // Said before the model is read, which takes long.
    let meant = evaluators::of_profile(&profile, &file)?;
    if meant != name {
        return Err(CliError::Input(format!(
            "{} is for evaluator `{meant}`, not `{name}`; name another one with --profile FILE",
            file.display()
        )));
    }
    let evaluator = evaluators::open(&profile, &RunOptions::new(&file, device), output::complaints())?;
    let info = evaluator.info();
    output::line(format!(
        "{name} on {}, model {}, {}\n",
        info.device,
        evaluator.model().name,
        file.display()
    ))?;
    let trial = Trial::new(&*evaluator).patience(PATIENCE);
    let trial = if info.device == "cpu" { trial } else { trial.tolerance(TOLERANCE) };
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
