//! `attune technique`.

use std::path::Path;

use attune_core::technique::{Technique as _, TechniqueInfo};

use crate::args::TechniqueCommand;
use crate::error::CliError;
use crate::output;
use crate::setup;
use crate::view::table::new_table;

pub(crate) fn run(command: &TechniqueCommand) -> Result<(), CliError> {
    match command {
        TechniqueCommand::List => list(),
        TechniqueCommand::Show { name } => {
            let technique = setup::technique(name, Path::new(""), setup::on_stderr())?;
            output::line(description(technique.info()).trim_end())
        }
        TechniqueCommand::Check { file } => check(file),
    }
}

fn list() -> Result<(), CliError> {
    let mut table = new_table();
    table.set_header(["technique", "version", "what it does"]);
    for technique in setup::host(setup::on_stderr())?.builtins().map_err(|error| setup::load_error(&error))? {
        let info = technique.info();
        table.add_row([&info.name, &info.version, &info.summary]);
    }
    output::line(table)
}

fn description(info: &TechniqueInfo) -> String {
    let mut text = format!("{} {}\n{}\n\n", info.name, info.version, info.summary);
    let mut line = |key: &str, value: String| text.push_str(&format!("{key:<12}{value}\n"));
    line("edits", info.edits.join(", "));
    line("signals", if info.signals.is_empty() { "none".to_owned() } else { info.signals.join(", ") });
    line("operators", if info.has_operators { "its own" } else { "those of the space" }.to_owned());
    line("component", info.fingerprint.to_string());
    text.push_str("\nOptions (technique.options in a profile):\n");
    for option in &info.options {
        text.push_str(&format!(
            "  {} = {}\n      {}; {}\n",
            option.name, option.default, option.help, option.kind
        ));
    }
    text
}

/// Prints every finding; fails when one of them is bad.
fn check(file: &Path) -> Result<(), CliError> {
    let check = attune_plugins::check(&setup::host(setup::on_stderr())?, file)
        .map_err(|error| setup::load_error(&error))?;
    output::line(description(&check.info))?;
    for finding in &check.findings {
        let (mark, text) = match &finding.outcome {
            Ok(text) => ("ok", text),
            Err(text) => ("WRONG", text),
        };
        output::line(format!("{mark:<6}{}, {}: {text}", finding.model, finding.what))?;
    }
    if check.passed() {
        return Ok(());
    }
    Err(CliError::Run(format!("{} does not keep the contract of a technique; see above", file.display())))
}
