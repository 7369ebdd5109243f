//! The module of the folder: files of `python/attune-torch`, which scores with the same grids.

macro_rules! source {
    ($name:literal) => {
        include_str!(concat!("../../../../python/attune-torch/src/attune_torch/", $name))
    };
}

/// The file that config.json names, without its ending.
pub(super) const MODULE: &str = "attune_attention";
/// Names in the folder, and what is in the files.
const FILES: [(&str, &str); 8] = [
    ("arithmetic.py", source!("grids/arithmetic.py")),
    ("attune_attention.py", source!("exported/attune_attention.py")),
    ("attune_heads.py", source!("exported/attune_heads.py")),
    ("attune_interface.py", source!("exported/attune_interface.py")),
    ("cache_grid.py", source!("grids/cache_grid.py")),
    ("caches.py", source!("grids/caches.py")),
    ("floats.py", source!("grids/floats.py")),
    ("legacy_blocks.py", source!("grids/legacy_blocks.py")),
];

/// The files: all in one folder, which transformers copies as one package.
pub(super) fn files() -> impl Iterator<Item = (&'static str, String)> {
    FILES.into_iter().map(|(name, text)| (name, text.replace("from ..grids.", "from .")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_import_torch_and_transformers_and_each_other() {
        const KNOWN: [&str; 11] = [
            "__future__",
            "collections.abc",
            "copy",
            "dataclasses",
            "inspect",
            "math",
            "sys",
            "torch",
            "transformers",
            "typing",
            "weakref",
        ];
        let names: Vec<String> = files().map(|(name, _)| name.trim_end_matches(".py").to_owned()).collect();
        for (name, text) in files() {
            let imports = text.lines().filter_map(|line| {
                let rest = line.strip_prefix("from ").or_else(|| line.strip_prefix("import "))?;
                rest.split_whitespace().next()
            });
            for import in imports {
                match import.strip_prefix('.') {
                    Some(beside) => {
                        assert!(names.iter().any(|name| name == beside), "{name} imports {import}")
                    }
                    None => {
                        let known = KNOWN.contains(&import) || import.starts_with("transformers.");
                        assert!(known, "{name} imports {import}");
                    }
                }
            }
        }
    }
}
