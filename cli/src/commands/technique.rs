//! `attune technique`.

mod check;
mod project;
mod watch;

use std::path::Path;

use attune::setup::{self, EDITS, edits_info};
use attune_core::printable::{MESSAGE, line, quoted};
use attune_core::technique::{Technique as _, TechniqueInfo};
use serde_json::{Value as Json, json};

use crate::args::TechniqueCommand;
use crate::error::CliError;
use crate::output;
use crate::view::sheet::Sheet;
use crate::view::spec_json;
use check::On;

pub(crate) fn run(command: &TechniqueCommand) -> Result<(), CliError> {
    match command {
        TechniqueCommand::List { json } => list(*json),
        TechniqueCommand::Show { name, json } => {
            let info = match name.as_str() {
                EDITS => edits_info().clone(),
                name => setup::technique(name, Path::new(""), output::complaints())?.info().clone(),
            };
            match json {
                true => output::json(&spec_json::technique(&info)),
                false => output::line(description(&info).trim_end()),
            }
        }
        TechniqueCommand::New { name, lang, from } => project::new(name, *lang, *from),
        TechniqueCommand::Build { folder } => project::build(folder),
        TechniqueCommand::Check { file, watch: false, models, evaluator } => {
            project::check(file, &On::of(models, evaluator.as_deref())?)
        }
        TechniqueCommand::Check { file, watch: true, models, evaluator } => {
            watch::run(file, &On::of(models, evaluator.as_deref())?)
        }
    }
}

fn list(as_json: bool) -> Result<(), CliError> {
    let found = setup::host(output::complaints())?.builtins().map_err(attune::Error::from)?;
    let mut infos: Vec<&TechniqueInfo> = found.iter().map(|technique| technique.info()).collect();
    infos.push(edits_info());
    if as_json {
        let all: Vec<Json> = infos.into_iter().map(spec_json::technique).collect();
        return output::json(&json!({ "techniques": all }));
    }
    output::line(table(&infos, output::columns()))
}

/// Techniques and what they do, in `columns` columns.
pub(crate) fn table(techniques: &[&TechniqueInfo], columns: usize) -> String {
    let mut table = Sheet::with_text(["technique", "version", "what it does"].map(str::to_owned).to_vec());
    for info in techniques {
        table.row(vec![
            info.name.clone(),
            quoted(&info.version).into_owned(),
            line(&info.summary, MESSAGE).into_owned(),
        ]);
    }
    table.render(columns)
}

fn operators(info: &TechniqueInfo) -> String {
    match (info.has_operators, info.operators.len()) {
        (false, _) => "those of the space".to_owned(),
        (true, 0) => "its own".to_owned(),
        (true, _) => {
            let names: Vec<&str> = info.operators.iter().map(|operator| operator.name.as_str()).collect();
            format!("its own: {}", names.join(", "))
        }
    }
}

/// Whether its space is kept to what a target says.
fn heeds(info: &TechniqueInfo) -> String {
    match info.target_facts.as_deref() {
        None => "it does not say whether it heeds one".to_owned(),
        Some([]) => "it heeds none".to_owned(),
        Some(facts) => format!("it heeds {}", line(&facts.join(", "), MESSAGE)),
    }
}

fn description(info: &TechniqueInfo) -> String {
    let shown = |foreign: &str| line(foreign, MESSAGE).into_owned();
    let list = |words: &[String]| if words.is_empty() { "none".to_owned() } else { shown(&words.join(", ")) };
    let mut text = format!("{} {}\n{}\n\n", info.name, quoted(&info.version), shown(&info.summary));
    let mut fact = |key: &str, value: String| text.push_str(&format!("{key:<12}{value}\n"));
    let edits = if info.name == EDITS { "those of the evaluator".to_owned() } else { list(&info.edits) };
    fact("edits", edits);
    fact("signals", list(&info.signals));
    fact("operators", operators(info));
    fact("target", heeds(info));
    fact("component", info.fingerprint.to_string());
    if !info.operators.is_empty() {
        text.push_str("\nOperators (operator-names of a strategy):\n");
        let lines =
            info.operators.iter().map(|operator| format!("  {}: {}\n", operator.name, shown(&operator.help)));
        text.extend(lines);
    }
    text.push_str("\nOptions (technique.options in a profile):\n");
    for option in &info.options {
        text.push_str(&format!(
            "  {} = {}\n      {}; {}\n",
            option.name,
            shown(&option.default.to_string()),
            shown(&option.help),
            shown(&option.kind.to_string())
        ));
    }
    text
}
