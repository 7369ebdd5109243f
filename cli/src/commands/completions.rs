//! `attune completions`, and what a shell asks through the script that it prints.

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::env::Shells;
use clap_complete::{CompleteEnv, Shell};

use crate::args::Args;
use crate::error::CliError;
use crate::output;

/// The variable with which a script asks; its value is the shell.
const ASKED: &str = "COMPLETE";
/// The name of the program in scripts.
const PROGRAM: &str = "attune";

/// Answers a shell that asks for completions; `None` when nobody does.
pub(crate) fn answer() -> Option<ExitCode> {
    std::env::var_os(ASKED)?;
    let folder = std::env::current_dir().ok();
    match CompleteEnv::with_factory(Args::command).try_complete(std::env::args_os(), folder.as_deref()) {
        Ok(true) => Some(ExitCode::SUCCESS),
        Ok(false) => None,
        Err(error) => {
            output::note(error.render().to_string().trim_end());
            Some(ExitCode::from(2))
        }
    }
}

/// What zsh needs where the script is a file of its function path: its first call only defines what completes.
const FIRST_CALL: &str = "
if [ \"$funcstack[1]\" = \"_attune\" ]; then
    _clap_dynamic_completer_attune \"$@\"
fi
";

/// The script that makes a shell ask, to be read by the shell or to lie where it looks for completions.
///
/// # Errors
/// When the shell is none that is known.
fn script(shell: &str) -> Result<String, CliError> {
    let unknown = || CliError::Input(format!("no completions for `{shell}`"));
    let shells = Shells::builtins();
    let completer = shells.completer(shell).ok_or_else(unknown)?;
    let mut script = Vec::new();
    completer.write_registration(ASKED, PROGRAM, PROGRAM, PROGRAM, &mut script).map_err(CliError::run)?;
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if shell == "zsh" {
        script.push_str(FIRST_CALL);
    }
    Ok(script)
}

pub(crate) fn run(shell: Shell) -> Result<(), CliError> {
    output::script(&script(&shell.to_string())?)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::script;

    /// What the wheel and the archives put where shells look for completions.
    const INSTALLED: [(&str, &str); 3] = [
        ("bash", "bash-completion/completions/attune"),
        ("zsh", "zsh/site-functions/_attune"),
        ("fish", "fish/vendor_completions.d/attune.fish"),
    ];

    #[test]
    fn installed_completions_are_those_that_are_printed() {
        let share = Path::new(env!("CARGO_MANIFEST_DIR")).join("../python/attune/attune.data/data/share");
        for (shell, path) in INSTALLED {
            let printed = script(shell).unwrap();
            let file = share.join(path);
            if std::env::var_os("ATTUNE_REWRITE_DOCS").is_some() {
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(&file, &printed).unwrap();
            }
            let installed = std::fs::read_to_string(&file).unwrap();
            assert!(installed == printed, "{}: ATTUNE_REWRITE_DOCS=1 writes it anew", file.display());
        }
    }
}
