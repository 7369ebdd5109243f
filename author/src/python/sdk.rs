//! The SDK of techniques in Python of this build, as files of a project.

/// Where the SDK goes in a project.
const FOLDER: &str = "attune-guest";

/// Files below [`FOLDER`] that are those of the repository, to the byte.
const FILES: [(&str, &str); 23] = [
    ("attune_guest/__init__.py", include_str!("../../../python/attune-guest/src/attune_guest/__init__.py")),
    ("attune_guest/component.py", include_str!("../../../python/attune-guest/src/attune_guest/component.py")),
    (
        "attune_guest/constraints.py",
        include_str!("../../../python/attune-guest/src/attune_guest/constraints.py"),
    ),
    ("attune_guest/describe.py", include_str!("../../../python/attune-guest/src/attune_guest/describe.py")),
    ("attune_guest/domains.py", include_str!("../../../python/attune-guest/src/attune_guest/domains.py")),
    (
        "attune_guest/embeddings.py",
        include_str!("../../../python/attune-guest/src/attune_guest/embeddings.py"),
    ),
    ("attune_guest/errors.py", include_str!("../../../python/attune-guest/src/attune_guest/errors.py")),
    (
        "attune_guest/linear_modules.py",
        include_str!("../../../python/attune-guest/src/attune_guest/linear_modules.py"),
    ),
    ("attune_guest/log.py", include_str!("../../../python/attune-guest/src/attune_guest/log.py")),
    ("attune_guest/model.py", include_str!("../../../python/attune-guest/src/attune_guest/model.py")),
    ("attune_guest/options.py", include_str!("../../../python/attune-guest/src/attune_guest/options.py")),
    ("attune_guest/plan.py", include_str!("../../../python/attune-guest/src/attune_guest/plan.py")),
    ("attune_guest/py.typed", include_str!("../../../python/attune-guest/src/attune_guest/py.typed")),
    ("attune_guest/random.py", include_str!("../../../python/attune-guest/src/attune_guest/random.py")),
    ("attune_guest/setting.py", include_str!("../../../python/attune-guest/src/attune_guest/setting.py")),
    ("attune_guest/signals.py", include_str!("../../../python/attune-guest/src/attune_guest/signals.py")),
    ("attune_guest/space.py", include_str!("../../../python/attune-guest/src/attune_guest/space.py")),
    ("attune_guest/target.py", include_str!("../../../python/attune-guest/src/attune_guest/target.py")),
    ("attune_guest/technique.py", include_str!("../../../python/attune-guest/src/attune_guest/technique.py")),
    ("attune_guest/version.py", include_str!("../../../python/attune-guest/src/attune_guest/version.py")),
    ("attune_guest/wire.py", include_str!("../../../python/attune-guest/src/attune_guest/wire.py")),
    ("wit/profiling.wit", include_str!("../../../plugins/wit-profiling/profiling.wit")),
    // A package that others use is looked for here.
    ("wit/deps/technique/technique.wit", include_str!("../../../plugins/wit/technique.wit")),
];

/// All files of the SDK: paths in a project, and contents.
pub(crate) fn files() -> impl Iterator<Item = (String, String)> {
    FILES.into_iter().map(|(path, content)| (format!("{FOLDER}/{path}"), content.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{FOLDER, files};

    #[test]
    fn no_module_of_the_sdk_is_forgotten() {
        let written: BTreeSet<String> = files().map(|(path, _)| path).collect();
        let sources = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .unwrap()
            .join("python/attune-guest/src/attune_guest");
        for entry in std::fs::read_dir(sources).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            // Python leaves what it compiled beside its modules.
            if entry.path().is_file() {
                assert!(written.contains(&format!("{FOLDER}/attune_guest/{name}")), "{name} is not embedded");
            }
        }
    }
}
