//! `attune technique`.

mod check;
mod project;
mod watch;

use std::path::Path;

use attune::setup;
use attune_core::printable::{MESSAGE, line, quoted};
use attune_core::technique::{Technique as _, TechniqueInfo};
use serde_json::{Value as Json, json};

use crate::args::TechniqueCommand;
use crate::error::CliError;
use crate::output;
use crate::view::sheet::Sheet;
use crate::view::spec_json;

pub(crate) fn run(command: &TechniqueCommand) -> Result<(), CliError> {
    match command {
        TechniqueCommand::List { json } => list(*json),
        TechniqueCommand::Show { name, json } => {
            let technique = setup::technique(name, Path::new(""), output::complaints())?;
            match json {
                true => output::json(&spec_json::technique(technique.info())),
                false => output::line(description(technique.info()).trim_end()),
            }
        }
        TechniqueCommand::New { name, lang, from } => project::new(name, *lang, *from),
        TechniqueCommand::Build { folder } => project::build(folder),
        TechniqueCommand::Check { file, watch: false, models } => project::check(file, models),
        TechniqueCommand::Check { file, watch: true, models } => watch::run(file, models),
    }
}

fn list(as_json: bool) -> Result<(), CliError> {
    let found = setup::host(output::complaints())?.builtins().map_err(attune::Error::from)?;
    let infos: Vec<&TechniqueInfo> = found.iter().map(|technique| technique.info()).collect();
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

fn description(info: &TechniqueInfo) -> String {
    let shown = |foreign: &str| line(foreign, MESSAGE).into_owned();
    let list = |words: &[String]| if words.is_empty() { "none".to_owned() } else { shown(&words.join(", ")) };
    let mut text = format!("{} {}\n{}\n\n", info.name, quoted(&info.version), shown(&info.summary));
    let mut fact = |key: &str, value: String| text.push_str(&format!("{key:<12}{value}\n"));
    fact("edits", list(&info.edits));
    fact("signals", list(&info.signals));
    fact("operators", if info.has_operators { "its own" } else { "those of the space" }.to_owned());
    fact("component", info.fingerprint.to_string());
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
