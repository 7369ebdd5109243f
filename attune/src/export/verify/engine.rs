//! Which engine is asked: the first of the target's that is installed.

use attune_export::description::Description;

use crate::engines::{Engine, Engines};
use crate::error::{Error, VerifyError};

/// An engine that is there.
pub(super) struct Asked {
    pub(super) engines: Engines,
    pub(super) name: &'static str,
    pub(super) version: String,
    /// Whether it makes a checkpoint, and runs none.
    pub(super) makes: bool,
}

impl Asked {
    /// The first engine of a target that is installed.
    ///
    /// # Errors
    /// When none is, with the commands that bring one.
    pub(super) fn find(target: &Description) -> Result<Self, Error> {
        let engines = Engines::find().map_err(|missing| Error::input(VerifyError::NoPackage(missing)))?;
        let known = engines.list().map_err(Error::run)?;
        let of = |name: &str| known.iter().find(|engine| engine.name == name);
        let installed = target.engines.iter().find_map(|engine| {
            let found = of(engine.name)?;
            Some((engine.name, found.version.clone()?, found.makes))
        });
        match installed {
            Some((name, version, makes)) => Ok(Self { engines, name, version, makes }),
            None => Err(Error::input(missing(target, &known))),
        }
    }
}

fn missing(target: &Description, known: &[Engine]) -> VerifyError {
    let to = target.name;
    let brought: Vec<String> = target
        .engines
        .iter()
        .filter_map(|engine| known.iter().find(|known| known.name == engine.name))
        .map(|engine| format!("`{}` brings {}", engine.install, engine.name))
        .collect();
    match brought.is_empty() {
        true => VerifyError::NobodyAsks { to, engines: target.engine_words(), check: target.check },
        false => VerifyError::NoEngine { to, brought: brought.join(", ") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_lacks_the_engine_is_told_what_brings_it() {
        let engine = |name: &str, install: &str| Engine {
            name: name.to_owned(),
            version: None,
            install: install.to_owned(),
            makes: false,
        };
        let known =
            [engine("mlx-lm", "pip install mlx-lm"), engine("Transformers", "pip install transformers")];
        let of = |name: &str| missing(attune_export::target(name).unwrap().description, &known).to_string();
        let hf = of("hf");
        assert!(hf.contains("no engine of `--to hf` is installed") && !hf.contains("mlx"), "{hf}");
        assert!(hf.contains("`pip install transformers` brings Transformers"), "{hf}");
        assert!(of("mlx").contains("`pip install mlx-lm` brings mlx-lm"), "{}", of("mlx"));
        assert!(of("plan").contains("cannot ask"), "{}", of("plan"));
    }
}
