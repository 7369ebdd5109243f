//! What a check of a component finds.

use std::path::{Path, PathBuf};

use attune::evaluators::{self, TrialOptions};
use attune::run_options::RunOptions;
use attune::setup;
use attune_core::facts::Facts;
use attune_core::format;
use attune_core::plan::Vocabulary;
use attune_core::printable::{MESSAGE, grouped, line};
use attune_core::profile::EvaluatorChoice;
use attune_plugins::limits::Limits;
use attune_plugins::{Check, Example, Spent};

use super::description;
use crate::error::CliError;
use crate::output;
use crate::view::sheet::Sheet;

/// Lines of one plan that are shown.
const LINES: usize = 6;

/// What a technique is tried on.
pub(super) enum On {
    /// Models of neural networks; made-up ones where there are none.
    Models(Vec<Facts>),
    /// What an evaluator evaluates, which brings these edits.
    Subject { facts: Facts, evaluator: String, edits: Vocabulary },
}

impl On {
    /// What a command line names.
    pub(super) fn of(models: &[PathBuf], evaluator: Option<&str>) -> Result<Self, CliError> {
        let Some(name) = evaluator else {
            let facts = models.iter().map(|model| setup::model_facts(model)).collect::<Result<_, _>>()?;
            return Ok(Self::Models(facts));
        };
        let options = TrialOptions { evaluator: EvaluatorChoice::named(name), ..TrialOptions::default() };
        let (profile, file) = evaluators::trial(&options)?;
        let opened = evaluators::open(&profile, &RunOptions::new(&file, "cpu"), output::complaints())?;
        let info = opened.info();
        Ok(Self::Subject {
            facts: opened.model().clone(),
            evaluator: info.name.clone(),
            edits: info.edits.clone(),
        })
    }
}

/// Prints every finding, a config of each model and what calls took; fails when a finding is bad.
pub(super) fn component(file: &Path, on: &On) -> Result<(), CliError> {
    let host = setup::host(output::complaints())?;
    let check = match on {
        On::Models(models) => attune_plugins::check_on(&host, file, models),
        On::Subject { facts, evaluator, edits } => {
            attune_plugins::check_scored_by(&host, file, std::slice::from_ref(facts), (evaluator, edits))
        }
    };
    let check = check.map_err(attune::Error::from)?;
    output::line(description(&check.info))?;
    for finding in &check.findings {
        let (mark, text) = match &finding.outcome {
            Ok(text) => ("ok", text),
            Err(text) => ("WRONG", text),
        };
        output::line(format!("{mark:<6}{}, {}: {}", finding.model, finding.what, line(text, MESSAGE)))?;
    }
    output::line(more(&check, output::columns()).trim_end())?;
    if check.passed() {
        return Ok(());
    }
    Err(CliError::Run(format!("{} does not keep the contract of a technique; see above", file.display())))
}

/// Examples and calls, below the findings.
fn more(check: &Check, columns: usize) -> String {
    let mut text: String = check.examples.iter().map(example).collect();
    if *check.limits == Limits::RUNTIME {
        text.push_str("\nIt brings the runtime of its language, which has larger limits and is compiled at every start.\n");
    }
    text.push_str("\nCalls, each on a fresh instance:\n");
    text.push_str(&calls(check, columns));
    text
}

fn example(example: &Example) -> String {
    let Example { model, config, plan, costs } = example;
    let mut text = format!("\nA config drawn for {model}:\n");
    let mut row = |key: &str, words: &str| text.push_str(&format!("  {key:<8}{}\n", line(words, MESSAGE)));
    // The first line of each part has its name.
    let named = |name: &'static str| std::iter::once(name).chain(std::iter::repeat(""));
    named("config").zip(config).for_each(|(key, words)| row(key, words));
    named("plan").zip(plan.iter().take(LINES)).for_each(|(key, words)| row(key, words));
    if plan.len() > LINES {
        row("", &format!("and {} more", plan.len() - LINES));
    }
    row("costs", &if costs.is_empty() { "none".to_owned() } else { costs.join(", ") });
    text
}

/// A table of what calls took.
fn calls(check: &Check, columns: usize) -> String {
    let headings = ["call", "instructions", "mean time", "longest", "memory"];
    let mut table = Sheet::of_numbers(headings.map(str::to_owned).to_vec());
    for (call, spent) in &check.spent {
        let Spent { calls, fuel, time, longest, memory } = *spent;
        let each = calls.max(1);
        table.row(vec![
            (*call).to_owned(),
            grouped(usize::try_from(fuel / each).unwrap_or(usize::MAX)),
            milliseconds(time.as_secs_f64() / each as f64),
            milliseconds(longest.as_secs_f64()),
            format::bytes(memory as f64),
        ]);
    }
    table.render(columns)
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.2} ms", seconds * 1e3)
}

#[cfg(test)]
mod tests {
    use attune_plugins::Example;

    use super::example;

    #[test]
    fn an_example_says_config_plan_and_costs_and_cuts_long_plans() {
        let shown = example(&Example {
            model: "small".to_owned(),
            config: vec!["bits by layer: 4 ×8".to_owned()],
            plan: (0..8).map(|layer| format!("layer {layer}")).collect(),
            costs: vec!["bits 4 bits (75 % smaller)".to_owned(), "x 1".to_owned()],
        });
        let expected = "\nA config drawn for small:\n  config  bits by layer: 4 ×8\n  plan    layer 0\n          layer 1\n          \
                        layer 2\n          layer 3\n          layer 4\n          layer 5\n          and 2 more\n  costs   bits 4 bits \
                        (75 % smaller), x 1\n";
        assert_eq!(shown, expected);
    }
}
