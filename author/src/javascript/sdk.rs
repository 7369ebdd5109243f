//! The SDK of techniques in JavaScript of this build, as files of a project.

/// Where the SDK goes in a project.
const FOLDER: &str = "attune-guest";

/// Files below [`FOLDER`] that are those of the repository, to the byte.
const FILES: [(&str, &str); 21] = [
    ("src/component.d.ts", include_str!("../../../js/attune-guest/src/component.d.ts")),
    ("src/component.js", include_str!("../../../js/attune-guest/src/component.js")),
    ("src/constraints.js", include_str!("../../../js/attune-guest/src/constraints.js")),
    ("src/describe.js", include_str!("../../../js/attune-guest/src/describe.js")),
    ("src/domains.js", include_str!("../../../js/attune-guest/src/domains.js")),
    ("src/errors.js", include_str!("../../../js/attune-guest/src/errors.js")),
    ("src/index.d.ts", include_str!("../../../js/attune-guest/src/index.d.ts")),
    ("src/index.js", include_str!("../../../js/attune-guest/src/index.js")),
    ("src/linear-modules.js", include_str!("../../../js/attune-guest/src/linear-modules.js")),
    ("src/log.js", include_str!("../../../js/attune-guest/src/log.js")),
    ("src/model.js", include_str!("../../../js/attune-guest/src/model.js")),
    ("src/names.js", include_str!("../../../js/attune-guest/src/names.js")),
    ("src/options.js", include_str!("../../../js/attune-guest/src/options.js")),
    ("src/plan.js", include_str!("../../../js/attune-guest/src/plan.js")),
    ("src/random.js", include_str!("../../../js/attune-guest/src/random.js")),
    ("src/signals.js", include_str!("../../../js/attune-guest/src/signals.js")),
    ("src/target.js", include_str!("../../../js/attune-guest/src/target.js")),
    ("src/wire.js", include_str!("../../../js/attune-guest/src/wire.js")),
    ("wit/profiling.wit", include_str!("../../../plugins/wit-profiling/profiling.wit")),
    // A package that others use is looked for here.
    ("wit/deps/technique/technique.wit", include_str!("../../../plugins/wit/technique.wit")),
    ("package.json", include_str!("../../../js/attune-guest/package.json")),
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
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("js/attune-guest/src");
        for entry in std::fs::read_dir(sources).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            // Python leaves what it compiled beside its modules.
            if entry.path().is_file() {
                assert!(written.contains(&format!("{FOLDER}/src/{name}")), "{name} is not embedded");
            }
        }
    }
}
