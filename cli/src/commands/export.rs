//! `attune export`.

use std::path::Path;

use attune::export::{self, Verdict, Verification};
use attune_core::format;
use serde_json::{Value as Json, json};

use crate::args::ExportArgs;
use crate::error::CliError;
use crate::output;
use crate::view::verified::verified;

pub(crate) fn run(store: &Path, args: &ExportArgs) -> Result<(), CliError> {
    let options = args.options();
    let (files, verification) = match args.verify {
        false => (export::write(store, &options)?, None),
        true => {
            let (files, verification) = export::write_verified(store, &options, output::complaints())?;
            (files, Some(verification))
        }
    };
    if args.json {
        let files: Vec<Json> = files
            .iter()
            .map(|(path, bytes)| json!({ "path": path.display().to_string(), "bytes": bytes }))
            .collect();
        let document = verification.as_ref().map(Verification::document);
        output::json(&json!({ "event": "exported", "files": files, "verified": document }))?;
    } else {
        for (path, bytes) in &files {
            output::line(format!("{}  {}", path.display(), format::bytes(*bytes as f64)))?;
        }
        if let Some(verification) = &verification {
            output::line(format!("\n{}", verified(verification, output::columns())))?;
        }
    }
    match verification {
        Some(Verification { verdict: Verdict::Differs, why, engine, version, .. }) => {
            Err(CliError::Run(format!(
                "{engine} {version} does not compute what was scored: {why}; the files stay in {} to be looked at",
                options.out.display()
            )))
        }
        Some(Verification { verdict: Verdict::Unclear, why, .. }) => {
            Err(CliError::Run(format!("nothing is proved: {why}")))
        }
        _ => Ok(()),
    }
}
