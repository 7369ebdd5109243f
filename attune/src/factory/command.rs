//! The command of an evaluator, as it is started: what lies beside the profile is found from wherever attune runs.

use std::path::{Path, is_separator};

/// The words of a command with absolute paths for those that are there relative to `base`. The program itself is looked for
/// beside the profile only when it is written as a path: another one is found as a shell would.
pub(crate) fn beside(command: &[String], base: &Path) -> Vec<String> {
    let absolute = |(place, word): (usize, &String)| {
        // `-m` of Python takes the name of a module, whatever lies beside the profile.
        let module = place > 0 && command[place - 1] == "-m";
        let named = place > 0 || word.contains(is_separator);
        let may_be = named && !module && !word.is_empty() && !word.starts_with('-');
        let joined = base.join(word);
        match may_be && joined.exists() {
            true => std::path::absolute(&joined).ok().and_then(|path| path.to_str().map(str::to_owned)),
            false => None,
        }
        .unwrap_or_else(|| word.clone())
    };
    command.iter().enumerate().map(absolute).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_beside_the_profile_is_meant_and_everything_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["my_eval.py", "python", "-x", "run.sh"] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        let words = ["python", "my_eval.py", "-x", "--rate", "0.5", "gone.py"].map(str::to_owned);
        let script = folder.path().join("my_eval.py").display().to_string();
        assert_eq!(beside(&words, folder.path()), ["python", &script, "-x", "--rate", "0.5", "gone.py"]);
        let module = ["python", "-m", "python"].map(str::to_owned);
        assert_eq!(beside(&module, folder.path()), module);
        let shell = beside(&["./run.sh".to_owned()], folder.path());
        assert!(Path::new(&shell[0]).is_absolute() && shell[0].ends_with("run.sh"), "{shell:?}");
    }
}
