//! The rows of the page: folders of profiles.

use std::path::{Path, PathBuf};

use super::{ResultsError, Study, names, read};

/// Studies that answer one question.
pub(super) struct Row {
    /// Name of its folder.
    pub(super) name: String,
    /// What is asked and what was expected, then what came out: written by hand.
    pub(super) text: String,
    /// What its evaluator counts its work in.
    pub(super) work: String,
    pub(super) studies: Vec<Study>,
}

impl Row {
    /// Every row, in the order of their numbers.
    pub(super) fn all(root: &Path) -> Result<Vec<Self>, ResultsError> {
        let folder = root.join("profiles/results");
        let mut rows = Vec::new();
        for name in names(&folder)? {
            let place = folder.join(&name);
            if place.is_dir() {
                rows.push(Self::open(name, &place)?);
            }
        }
        rows.sort_by_key(|row| row.name.split('-').next().and_then(|number| number.parse::<u32>().ok()));
        Ok(rows)
    }

    /// The row in `folder`. A profile called `X.seeds5.ron` is five studies of the same instances, one called `X.instances5.ron`
    /// five of instances of their own; one called `X-then-Y.ron` starts from `X`.
    fn open(name: String, folder: &Path) -> Result<Self, ResultsError> {
        let text = read(&folder.join("row.md"))?;
        // What a page does not show.
        let said = text.strip_prefix("<!-- work: ").and_then(|rest| rest.split_once(" -->"));
        let (work, text) = said.unwrap_or(("layer-tokens", &text));
        let (work, text) = (work.to_owned(), text.to_owned());
        let mut studies = Vec::new();
        for file in names(folder)? {
            let Some(stem) = file.strip_suffix(".ron") else { continue };
            let several = |mark: &str| {
                let (label, count) = stem.rsplit_once(mark)?;
                Some((label, count.parse().ok()?))
            };
            let own_instances = several(".instances").is_some();
            let (label, seeds) = several(".instances").or_else(|| several(".seeds")).unwrap_or((stem, 1));
            let profile: PathBuf = folder.join(&file);
            let first = label.split_once("-then-").map_or(label, |(first, _)| first);
            studies.extend((1..=seeds).map(|seed| Study {
                name: format!("{name}-{label}-{seed}"),
                label: label.to_owned(),
                profile: profile.clone(),
                seed,
                own_instances,
                store: format!("{name}-{first}-{seed}"),
            }));
        }
        // Whoever starts from another study comes after it.
        studies.sort_by(|a, b| (&a.label, a.seed).cmp(&(&b.label, b.seed)));
        Ok(Self { name, text, work, studies })
    }
}
