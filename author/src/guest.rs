//! The guest SDK of this build, as files of a project.

/// Version of the SDK: that of the crates of this repository.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Where the SDK goes in a project.
pub(crate) const FOLDER: &str = "attune-guest";

/// The workspace of the components that travel with attune: it says which release of wit-bindgen decides their bytes.
const WORKSPACE: &str = include_str!("../../plugins/guests/Cargo.toml");
/// Its versions of what comes from a registry.
pub(crate) const LOCK: &str = include_str!("../../plugins/guests/Cargo.lock");

const MANIFEST: &str = include_str!("../templates/rust/attune-guest.toml");
const GRIDS_MANIFEST: &str = include_str!("../templates/rust/attune-grids.toml");
/// Where the version of the grids stands, which is not that of attune.
const GRIDS_OF_THE_HOST: &str = include_str!("../../grids/Cargo.toml");

/// Files below [`FOLDER`] that are those of the repository, to the byte.
const FILES: [(&str, &str); 30] = [
    ("src/adapter.rs", include_str!("../../plugins/guests/sdk/src/adapter.rs")),
    ("src/cache.rs", include_str!("../../plugins/guests/sdk/src/cache.rs")),
    ("src/describe.rs", include_str!("../../plugins/guests/sdk/src/describe.rs")),
    ("src/edit.rs", include_str!("../../plugins/guests/sdk/src/edit.rs")),
    ("src/embeddings.rs", include_str!("../../plugins/guests/sdk/src/embeddings.rs")),
    ("src/evaluator.rs", include_str!("../../plugins/guests/sdk/src/evaluator.rs")),
    ("src/evaluator/adapter.rs", include_str!("../../plugins/guests/sdk/src/evaluator/adapter.rs")),
    ("src/evaluator/args.rs", include_str!("../../plugins/guests/sdk/src/evaluator/args.rs")),
    ("src/evaluator/describe.rs", include_str!("../../plugins/guests/sdk/src/evaluator/describe.rs")),
    ("src/evaluator/native.rs", include_str!("../../plugins/guests/sdk/src/evaluator/native.rs")),
    ("src/evaluator/opening.rs", include_str!("../../plugins/guests/sdk/src/evaluator/opening.rs")),
    ("src/evaluator/outcome.rs", include_str!("../../plugins/guests/sdk/src/evaluator/outcome.rs")),
    ("src/evaluator/schema.rs", include_str!("../../plugins/guests/sdk/src/evaluator/schema.rs")),
    ("src/evaluator/wire.rs", include_str!("../../plugins/guests/sdk/src/evaluator/wire.rs")),
    ("src/facts.rs", include_str!("../../plugins/guests/sdk/src/facts.rs")),
    ("src/lib.rs", include_str!("../../plugins/guests/sdk/src/lib.rs")),
    ("src/linear_modules.rs", include_str!("../../plugins/guests/sdk/src/linear_modules.rs")),
    ("src/logging.rs", include_str!("../../plugins/guests/sdk/src/logging.rs")),
    ("src/options.rs", include_str!("../../plugins/guests/sdk/src/options.rs")),
    ("src/progress.rs", include_str!("../../plugins/guests/sdk/src/progress.rs")),
    ("src/random.rs", include_str!("../../plugins/guests/sdk/src/random.rs")),
    ("src/signals.rs", include_str!("../../plugins/guests/sdk/src/signals.rs")),
    ("src/space.rs", include_str!("../../plugins/guests/sdk/src/space.rs")),
    ("src/target.rs", include_str!("../../plugins/guests/sdk/src/target.rs")),
    ("wit-evaluator/evaluator.wit", include_str!("../../plugins/wit-evaluator/evaluator.wit")),
    ("wit/technique.wit", include_str!("../../plugins/wit/technique.wit")),
    ("wit-plugin/plugin.wit", include_str!("../../plugins/wit-plugin/plugin.wit")),
    ("wit-profiling/profiling.wit", include_str!("../../plugins/wit-profiling/profiling.wit")),
    ("wit-progress/progress.wit", include_str!("../../plugins/wit-progress/progress.wit")),
    ("wit-variation/variation.wit", include_str!("../../plugins/wit-variation/variation.wit")),
];
/// It names the folders of the interface, which are elsewhere in a project.
const BINDINGS: &str = include_str!("../../plugins/guests/sdk/src/bindings.rs");
/// Likewise of evaluators.
const EVALUATOR_BINDINGS: &str = include_str!("../../plugins/guests/sdk/src/evaluator/bindings.rs");
/// Files of the number grids that are those of the repository, to the byte.
const GRIDS: [(&str, &str); 4] = [
    ("src/cache_grid.rs", include_str!("../../grids/src/cache_grid.rs")),
    ("src/matrix_bytes.rs", include_str!("../../grids/src/matrix_bytes.rs")),
    ("src/number_grid.rs", include_str!("../../grids/src/number_grid.rs")),
    ("src/whole_grid.rs", include_str!("../../grids/src/whole_grid.rs")),
];
/// It names modules that a technique, which sees no numbers of a model, does without.
const GRIDS_MODULES: &str = include_str!("../../grids/src/lib.rs");
/// What stands before each of them.
const ARITHMETIC: &str = "#[cfg(feature = \"arithmetic\")]";
/// Lines of the SDK are as long as those of attune.
const AS_IT_IS: &str = "disable_all_formatting = true\n";

/// All files of the SDK: paths in a project, and contents.
pub(crate) fn files() -> Vec<(String, String)> {
    let changed = [
        ("Cargo.toml", manifest(MANIFEST, VERSION)),
        ("src/bindings.rs", BINDINGS.replace("\"../../", "\"")),
        ("src/evaluator/bindings.rs", EVALUATOR_BINDINGS.replace("\"../../", "\"")),
        ("rustfmt.toml", AS_IT_IS.to_owned()),
    ];
    let same = FILES.map(|(path, content)| (path, content.to_owned()));
    let own = same.into_iter().chain(changed).map(|(path, content)| (path.to_owned(), content));
    let grids = grids().into_iter().map(|(path, content)| (format!("grids/{path}"), content));
    own.chain(grids).map(|(path, content)| (format!("{FOLDER}/{path}"), content)).collect()
}

/// The crate of number grids as guests have it: names, constraints and bytes, without the arithmetic, and in no workspace. Paths in
/// its folder, and contents.
pub fn grids() -> Vec<(&'static str, String)> {
    let same = GRIDS.map(|(path, content)| (path, content.to_owned()));
    let changed = [
        ("Cargo.toml", manifest(GRIDS_MANIFEST, grids_version())),
        ("src/lib.rs", without_arithmetic(GRIDS_MODULES)),
    ];
    same.into_iter().chain(changed).collect()
}

/// A manifest with its version and the version of what it depends on.
fn manifest(template: &str, version: &str) -> String {
    template.replace("@SDK_VERSION@", version).replace("@WIT_BINDGEN@", wit_bindgen())
}

/// The version of the number grids.
fn grids_version() -> &'static str {
    let version = GRIDS_OF_THE_HOST.lines().find_map(|line| line.strip_prefix("version = "));
    version.unwrap_or_default().trim_matches('"')
}

/// A file without the modules that need the feature: their files are not in a project, and tools would look for them.
fn without_arithmetic(file: &str) -> String {
    let mut lines = file.lines();
    let mut kept = String::new();
    while let Some(line) = lines.next() {
        if line == ARITHMETIC {
            lines.next();
            continue;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// The dependency on wit-bindgen, as a line of a manifest.
fn wit_bindgen() -> &'static str {
    WORKSPACE.lines().find(|line| line.starts_with("wit-bindgen = ")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{FOLDER, files};

    #[test]
    fn no_module_of_the_sdk_is_forgotten_and_the_interface_is_where_it_is_looked_for() {
        let written: BTreeSet<String> = files().into_iter().map(|(path, _)| path).collect();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let folders = [
            ("plugins/guests/sdk/src", "src"),
            ("plugins/guests/sdk/src/evaluator", "src/evaluator"),
            ("plugins/wit", "wit"),
            ("plugins/wit-plugin", "wit-plugin"),
            ("plugins/wit-profiling", "wit-profiling"),
            ("plugins/wit-progress", "wit-progress"),
            ("plugins/wit-variation", "wit-variation"),
        ];
        for (from, to) in folders {
            for entry in std::fs::read_dir(root.join(from)).unwrap() {
                let entry = entry.unwrap();
                if entry.path().is_dir() {
                    continue;
                }
                let name = entry.file_name().into_string().unwrap();
                assert!(written.contains(&format!("{FOLDER}/{to}/{name}")), "{from}/{name} is not embedded");
            }
        }
        let content = |path: &str| files().into_iter().find(|(found, _)| found == path).unwrap().1;
        let bindings = content("attune-guest/src/bindings.rs");
        assert!(
            bindings.contains(
                "[\"wit\", \"wit-profiling\", \"wit-variation\", \"wit-progress\", \"wit-plugin\"]"
            ),
            "{bindings}"
        );
        let manifest = content("attune-guest/Cargo.toml");
        assert!(manifest.contains("wit-bindgen = { version = \"="), "{manifest}");
        assert!(!manifest.contains('@'), "{manifest}");
    }

    #[test]
    fn the_grids_have_the_modules_that_they_name_and_no_others() {
        let all = files();
        let lib = &all.iter().find(|(path, _)| path == "attune-guest/grids/src/lib.rs").unwrap().1;
        let named = lib.lines().filter_map(|line| {
            let module = line.strip_prefix("pub mod ").or_else(|| line.strip_prefix("mod "))?;
            module.strip_suffix(';')
        });
        let named: BTreeSet<String> =
            named.chain(["lib"]).map(|module| format!("{FOLDER}/grids/src/{module}.rs")).collect();
        let written = all.into_iter().map(|(path, _)| path);
        let written: BTreeSet<String> = written.filter(|path| path.contains("/grids/src/")).collect();
        assert_eq!(named, written);
    }

    #[test]
    fn a_release_of_attune_leaves_the_grids_and_with_them_the_components_alone() {
        let manifest = super::grids().into_iter().find(|(path, _)| *path == "Cargo.toml").unwrap().1;
        let version = manifest.lines().find(|line| line.starts_with("version = ")).unwrap();
        // What the lock file says that components are built with.
        let locked = format!("name = \"attune-grids\"\n{version}\n");
        assert!(super::LOCK.contains(&locked), "plugins/guests/Cargo.lock does not have {version}");
    }
}
