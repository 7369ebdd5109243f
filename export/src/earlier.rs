//! Files of an earlier export: what it left in a folder, so that a repeated one may replace exactly that.

use std::io;

use attune_core::describe;
use attune_core::exporter::ModelFiles;
use serde::Deserialize;

use crate::checkpoint::MANIFEST;
use crate::targets::PLAN_FILE as PLAN;
use crate::wire::WrittenJson;

/// The files that say of which study an export is; every target writes one of them, and writes it last.
pub const MANIFESTS: [&str; 2] = [MANIFEST, PLAN];

/// An export that a folder holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// The study that it is of.
    pub study: String,
    /// Its files, in the order in which they were written; the one that names the study is the last.
    pub files: Vec<String>,
}

/// Why the files of a folder are no export that may be replaced.
#[derive(Debug, thiserror::Error)]
pub enum EarlierError {
    /// Reading one failed.
    #[error("cannot read {file}: {}", describe::of_system(source))]
    Io {
        /// Path of the file, as the message names it.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// A file that no export of attune wrote.
    #[error("{0} is not from an export of attune")]
    Foreign(String),
    /// A file that was changed since.
    #[error("{0} was changed since it was exported")]
    Changed(String),
}

#[derive(Deserialize)]
struct Document {
    provenance: Provenance,
    #[serde(default)]
    written: Vec<WrittenJson>,
}

#[derive(Deserialize)]
struct Provenance {
    study: String,
}

/// The export that a folder with these files holds and nothing else; `size` says how many bytes a file has. `None` for an
/// empty folder.
///
/// # Errors
/// [`EarlierError`], naming the file that is no part of one.
pub fn earlier(
    files: &dyn ModelFiles,
    size: &dyn Fn(&str) -> io::Result<u64>,
) -> Result<Option<Earlier>, EarlierError> {
    let names = files.names();
    let Some(first) = names.first() else { return Ok(None) };
    let known = MANIFESTS.into_iter().find(|known| names.iter().any(|name| name == known));
    let Some(known) = known else { return Err(EarlierError::Foreign(first.clone())) };
    let io = |file: &str| {
        let file = file.to_owned();
        move |source| EarlierError::Io { file, source }
    };
    let bytes = files.read(known).map_err(io(known))?;
    let foreign = |name: &str| EarlierError::Foreign(name.to_owned());
    let Document { provenance, written } = serde_json::from_slice(&bytes).map_err(|_| foreign(known))?;
    for name in &names {
        if name == known {
            continue;
        }
        let file = written.iter().find(|file| file.name == *name).ok_or_else(|| foreign(name))?;
        if size(name).map_err(io(name))? != file.bytes {
            return Err(EarlierError::Changed(name.clone()));
        }
    }
    let files = written.into_iter().map(|file| file.name).filter(|name| names.contains(name));
    Ok(Some(Earlier { study: provenance.study, files: files.chain([known.to_owned()]).collect() }))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::collections::BTreeMap;

    use super::*;

    struct Files(BTreeMap<&'static str, String>);

    impl ModelFiles for Files {
        fn names(&self) -> Vec<String> {
            self.0.keys().map(|name| (*name).to_owned()).collect()
        }

        fn read(&self, name: &str) -> io::Result<Cow<'_, [u8]>> {
            Ok(Cow::Borrowed(self.0[name].as_bytes()))
        }
    }

    fn found(files: &[(&'static str, &str)]) -> Result<Option<Earlier>, String> {
        let files = Files(files.iter().map(|(name, text)| (*name, (*text).to_owned())).collect());
        earlier(&files, &|name| Ok(files.0[name].len() as u64)).map_err(|error| error.to_string())
    }

    const OURS: &str = r#"{"provenance": {"study": "s"}, "written": [{"name": "w", "bytes": 3}, {"name": "x", "bytes": 1}]}"#;

    #[test]
    fn an_export_is_known_by_what_it_says_it_wrote() {
        assert_eq!(found(&[]), Ok(None));
        let expected = Earlier { study: "s".into(), files: vec!["w".into(), MANIFEST.into()] };
        assert_eq!(found(&[(MANIFEST, OURS), ("w", "abc")]), Ok(Some(expected)));
        let plan = Earlier { study: "p".into(), files: vec![PLAN.into()] };
        assert_eq!(found(&[(PLAN, r#"{"provenance": {"study": "p"}}"#)]), Ok(Some(plan)));
    }

    #[test]
    fn what_a_person_put_there_or_changed_is_named() {
        let says = |files: &[(&'static str, &str)]| found(files).unwrap_err();
        assert_eq!(says(&[("mine.txt", "")]), "mine.txt is not from an export of attune");
        assert_eq!(says(&[(MANIFEST, OURS), ("mine.txt", "")]), "mine.txt is not from an export of attune");
        assert_eq!(says(&[(MANIFEST, "{")]), format!("{MANIFEST} is not from an export of attune"));
        assert_eq!(says(&[(MANIFEST, OURS), ("w", "abcd")]), "w was changed since it was exported");
    }
}
