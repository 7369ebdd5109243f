//! Where Python packages of attune are: the evaluator `torch` and the engines are such, and Python has many places.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::NoPackage;

/// What `evaluator.name` of a profile calls it.
pub const TORCH: &str = "torch";
/// What it evaluates, in one sentence, where it cannot say so itself.
pub const TORCH_SUMMARY: &str =
    "Runs any causal language model that transformers loads, on CPU or CUDA, in a process of Python.";
/// The command that brings it, in a checkout of attune: the packages are in no index, and of other names there are strangers.
pub const INSTALL_TORCH: &str = "pip install ./python/attune-worker ./python/attune-torch";

const TORCH_PACKAGE: Package = Package {
    name: "attune-torch",
    module: "attune_torch",
    install: INSTALL_TORCH,
    variables: &["ATTUNE_PYTHON"],
};
/// The package that asks engines about exported folders. They often are where the evaluator is not, so a Python of its own may be
/// named.
#[cfg(any(feature = "export", test))]
const ENGINES_PACKAGE: Package = Package {
    name: "attune-engines",
    module: "attune_engines",
    install: "pip install ./python/attune-engines",
    variables: &["ATTUNE_ENGINES_PYTHON", "ATTUNE_PYTHON"],
};

/// A Python package.
#[derive(Clone, Copy)]
struct Package {
    /// Its name, which is that of the program that it installs as well.
    name: &'static str,
    /// As Python imports it.
    module: &'static str,
    /// The command that brings it, in a checkout of attune.
    install: &'static str,
    /// Variables that may name the Python that has it, the one that counts most first.
    variables: &'static [&'static str],
}

/// How long a Python may take to say whether it has the package.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the search looks at: environment, files and which Python has the package.
struct Places<'a> {
    package: Package,
    variable: &'a dyn Fn(&str) -> Option<PathBuf>,
    is_file: &'a dyn Fn(&Path) -> bool,
    has_package: &'a dyn Fn(&Path) -> bool,
    /// The folder of the attune binary.
    beside: Option<PathBuf>,
}

/// The command that starts `attune-torch`: the Python that `ATTUNE_PYTHON` names, the active virtual environment, an executable
/// `attune-torch` beside attune or on the path, or a `python3` on the path that has the package.
///
/// # Errors
/// When there is none, with where it was looked for.
pub fn torch_command() -> Result<Vec<String>, NoPackage> {
    command(TORCH_PACKAGE)
}

/// The command that asks engines about exported folders, found as [`torch_command`] is; `ATTUNE_ENGINES_PYTHON` goes before
/// `ATTUNE_PYTHON`.
///
/// # Errors
/// When there is none, with where it was looked for.
#[cfg(feature = "export")]
pub(crate) fn engines_command() -> Result<Vec<String>, NoPackage> {
    command(ENGINES_PACKAGE)
}

fn command(package: Package) -> Result<Vec<String>, NoPackage> {
    let beside = std::env::current_exe().ok().and_then(|file| Some(file.parent()?.to_owned()));
    Places {
        package,
        variable: &|name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from),
        is_file: &Path::is_file,
        has_package: &|python| has_package(python, package.module),
        beside,
    }
    .find()
}

impl Places<'_> {
    fn find(&self) -> Result<Vec<String>, NoPackage> {
        let Package { name: program, module: package, install, variables } = self.package;
        let module = |python: &Path| module(python, package);
        let missing = |tried| NoPackage { package: program, install, variable: variables[0], tried };
        let mut tried = Vec::new();
        let mut named = variables.iter().filter_map(|variable| Some((variable, (self.variable)(variable)?)));
        if let Some((variable, python)) = named.next() {
            // Whoever names a Python means that one and no other.
            tried.push(format!("{variable} ({})", python.display()));
            return match (self.has_package)(&python) {
                true => Ok(module(&python)),
                false => Err(missing(tried)),
            };
        }
        for environment in ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(self.variable) {
            let python = python_of(&environment);
            tried.push(format!("environment {}", environment.display()));
            if (self.is_file)(&python) && (self.has_package)(&python) {
                return Ok(module(&python));
            }
        }
        let path = (self.variable)("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let programs = self.beside.iter().chain(&folders).map(|folder| folder.join(executable(program)));
        if let Some(program) = programs.into_iter().find(|program| (self.is_file)(program)) {
            return Ok(vec![program.display().to_string()]);
        }
        tried.push(format!("program {program} on the path"));
        let name = executable(if cfg!(windows) { "python" } else { "python3" });
        let mut pythons = folders.iter().map(|folder| folder.join(&name));
        match pythons.find(|python| (self.is_file)(python)) {
            Some(python) if (self.has_package)(&python) => return Ok(module(&python)),
            Some(python) => tried.push(format!("{}", python.display())),
            None => tried.push(format!("{name} on the path")),
        }
        Err(missing(tried))
    }
}

fn module(python: &Path, package: &str) -> Vec<String> {
    vec![python.display().to_string(), "-m".to_owned(), package.to_owned()]
}

fn python_of(environment: &Path) -> PathBuf {
    match cfg!(windows) {
        true => environment.join("Scripts").join("python.exe"),
        false => environment.join("bin").join("python"),
    }
}

fn executable(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

/// Whether a Python finds the package, which is not imported for that: it would bring torch.
fn has_package(python: &Path, module: &str) -> bool {
    let program = format!("import sys, importlib.util as u; sys.exit(u.find_spec('{module}') is None)");
    let nobody = || Stdio::null();
    let started =
        Command::new(python).args(["-c", &program]).stdin(nobody()).stdout(nobody()).stderr(nobody()).spawn();
    let Ok(mut child) = started else { return false };
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if begun.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(2)),
            _ => {
                drop(child.kill());
                drop(child.wait());
                return false;
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// What is found on a machine with these variables, these files and these Pythons that have the package.
    fn found(variables: &[(&str, &str)], files: &[&str], having: &[&str]) -> Result<Vec<String>, NoPackage> {
        of(TORCH_PACKAGE, variables, files, having)
    }

    fn of(
        package: Package,
        variables: &[(&str, &str)],
        files: &[&str],
        having: &[&str],
    ) -> Result<Vec<String>, NoPackage> {
        let variable = |name: &str| {
            let value = variables.iter().find(|(known, _)| *known == name);
            value.map(|(_, value)| PathBuf::from(value))
        };
        let is = |known: &[&str], path: &Path| known.iter().any(|known| Path::new(known) == path);
        Places {
            package,
            variable: &variable,
            is_file: &|path| is(files, path) || is(having, path),
            has_package: &|path| is(having, path),
            beside: Some("/opt/attune".into()),
        }
        .find()
    }

    #[test]
    fn the_python_that_is_nearest_to_a_person_wins() {
        let path = [("PATH", "/usr/bin:/bin")];
        let everywhere = ["/v/bin/python", "/usr/bin/python3"];
        let with = |first: (&'static str, &'static str)| [first, path[0]];
        let python = |python: &str| Ok(vec![python.to_owned(), "-m".to_owned(), "attune_torch".to_owned()]);
        assert_eq!(found(&with(("VIRTUAL_ENV", "/v")), &[], &everywhere), python("/v/bin/python"));
        assert_eq!(found(&path, &[], &everywhere), python("/usr/bin/python3"));
        let program = ["/opt/attune/attune-torch"];
        assert_eq!(found(&path, &program, &everywhere), Ok(vec![program[0].to_owned()]));
        assert_eq!(found(&with(("VIRTUAL_ENV", "/v")), &program, &everywhere), python("/v/bin/python"));
        // An environment without the package is left, a Python that was named is not.
        assert_eq!(
            found(&with(("VIRTUAL_ENV", "/v")), &["/v/bin/python"], &["/bin/python3"]),
            python("/bin/python3")
        );
        let named = found(&with(("ATTUNE_PYTHON", "/n/python")), &program, &everywhere).unwrap_err();
        assert_eq!(named.tried, ["ATTUNE_PYTHON (/n/python)"]);
    }

    #[test]
    fn engines_may_have_a_python_of_their_own() {
        let both = [("ATTUNE_PYTHON", "/t/python"), ("ATTUNE_ENGINES_PYTHON", "/e/python")];
        let everywhere = ["/t/python", "/e/python"];
        let python = |python: &str, module: &str| Ok([python, "-m", module].map(str::to_owned).to_vec());
        assert_eq!(of(ENGINES_PACKAGE, &both, &[], &everywhere), python("/e/python", "attune_engines"));
        assert_eq!(of(ENGINES_PACKAGE, &both[..1], &[], &everywhere), python("/t/python", "attune_engines"));
        assert_eq!(found(&both, &[], &everywhere), python("/t/python", "attune_torch"));
        let missing = of(ENGINES_PACKAGE, &both, &[], &["/t/python"]).unwrap_err().to_string();
        assert!(
            missing.contains("ATTUNE_ENGINES_PYTHON may name")
                && missing.contains("no ATTUNE_ENGINES_PYTHON (/e/python)"),
            "{missing}"
        );
    }

    #[test]
    fn who_has_none_is_told_where_it_was_looked_for_and_what_brings_it() {
        let message = found(&[("PATH", "/bin")], &["/bin/python3"], &[]).unwrap_err().to_string();
        let expected = "the Python package attune-torch, which no program attune-torch on the path nor /bin/python3 has; \
                        `pip install ./python/attune-worker ./python/attune-torch` in a checkout of attune brings it, \
                        and ATTUNE_PYTHON may name the Python that has it";
        assert_eq!(message, expected);
    }
}
