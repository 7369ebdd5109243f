//! The conformance suite for exporters: a plan is taken or refused by the name of an edit, and what is written depends on
//! nothing but plan and model.
//!
//! ```no_run
//! # use attune_core::{exporter::{Exporter, ModelFiles}, facts::Facts, plan::Plan};
//! fn mine_keeps_its_promises(mine: &dyn Exporter, model: &Facts, files: &dyn ModelFiles, plans: &[Plan]) {
//!     attune_testkit::exporter::check(mine, model, files, plans);
//! }
//! ```

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path};

use attune_core::exporter::{ExportError, ExportInput, Exporter, ModelFiles, Provenance};
use attune_core::facts::Facts;
use attune_core::plan::{Edit, Plan};

/// A kind of edit that nobody knows.
const UNKNOWN: &str = "edit-of-another-world";

/// Every promise, on one model. The exporter has to take at least one of `plans`.
///
/// # Panics
/// With the promise that is broken.
pub fn check(exporter: &dyn Exporter, model: &Facts, files: &dyn ModelFiles, plans: &[Plan]) {
    let name = exporter.name();
    assert!(
        !name.is_empty() && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-'),
        "`{name}` is no word that can stand behind --to"
    );
    let summary = exporter.summary();
    assert!(
        !summary.is_empty() && !summary.contains('\n'),
        "`{summary}` does not say what it writes in a line"
    );
    let mut taken = 0;
    for plan in plans {
        if is_taken(exporter, plan, model) {
            taken += 1;
            exports_repeat(exporter, plan, model, files);
            failures_of_the_disk_are_passed_on(exporter, plan, model, files);
        }
    }
    assert!(taken > 0, "`{name}` takes none of {} plans", plans.len());
    // Whoever takes it carries edits that it does not understand, and has to carry this one.
    let unknown = Plan::from_canonical(vec![Edit::new(UNKNOWN)]);
    if is_taken(exporter, &unknown, model) {
        let written = export(exporter, &unknown, model, files, &mut |_| Ok(()));
        let written = written.unwrap_or_else(|error| panic!("it takes an unknown edit: {error}"));
        let carried = written.values().any(|bytes| String::from_utf8_lossy(bytes).contains(UNKNOWN));
        assert!(carried, "`{name}` takes an edit that it does not know and drops it");
    }
}

/// Whether the plan is taken; if not, an edit of it is named.
fn is_taken(exporter: &dyn Exporter, plan: &Plan, model: &Facts) -> bool {
    let verdict = exporter.check(plan, model);
    let again = exporter.check(plan, model);
    assert_eq!(format!("{verdict:?}"), format!("{again:?}"), "the same plan has the same verdict");
    match verdict {
        Ok(_) => true,
        Err(ExportError::Inexpressible { target, edit, reason }) => {
            assert_eq!(target, exporter.name(), "a refusal names its target");
            assert!(!reason.is_empty(), "a refusal says why");
            // A plan without edits may be refused too: there is nothing to express.
            let known = plan.edits().is_empty() || plan.edits().iter().any(|known| known.to_string() == edit);
            assert!(known, "`{edit}` is refused and no edit of {plan:?}");
            false
        }
        Err(error) => panic!("a plan is taken or refused by the name of an edit, and not: {error}"),
    }
}

fn exports_repeat(exporter: &dyn Exporter, plan: &Plan, model: &Facts, files: &dyn ModelFiles) {
    let write = || {
        let written = export(exporter, plan, model, files, &mut |_| Ok(()));
        written.unwrap_or_else(|error| panic!("a plan that was taken is exported: {error}"))
    };
    let first = write();
    assert!(!first.is_empty(), "an export has files");
    for name in first.keys() {
        let inside = |part: Component<'_>| matches!(part, Component::Normal(_));
        assert!(!name.is_empty() && Path::new(name).components().all(inside), "`{name}` leaves the folder");
    }
    assert!(first == write(), "the same export gives the same bytes");
}

/// A disk that is full at the first, second, … file ends the export with an error.
fn failures_of_the_disk_are_passed_on(
    exporter: &dyn Exporter,
    plan: &Plan,
    model: &Facts,
    files: &dyn ModelFiles,
) {
    for good in 0.. {
        let (mut left, mut refused) = (good, false);
        let ended = export(exporter, plan, model, files, &mut |_| {
            if left == 0 {
                refused = true;
                return Err(io::ErrorKind::StorageFull.into());
            }
            left -= 1;
            Ok(())
        });
        match ended {
            Ok(_) => return assert!(!refused, "a file that could not be written is not missed"),
            Err(ExportError::Io { .. }) => {}
            Err(error) => panic!("a full disk is said to be: {error}"),
        }
    }
}

/// Everything that is written, by name.
fn export(
    exporter: &dyn Exporter,
    plan: &Plan,
    model: &Facts,
    files: &dyn ModelFiles,
    disk: &mut dyn FnMut(&str) -> io::Result<()>,
) -> Result<BTreeMap<String, Vec<u8>>, ExportError> {
    let provenance = Provenance {
        study: "study".to_owned(),
        trial: 7,
        technique: "technique".to_owned(),
        seed: 1,
        numerics: "float32".to_owned(),
        costs: Vec::new(),
        search: BTreeMap::new(),
        report: BTreeMap::new(),
    };
    let mut written = BTreeMap::new();
    let input = ExportInput { plan, model, files, provenance: &provenance };
    exporter.export(&input, &mut |name: &str, bytes: &[u8]| {
        disk(name)?;
        assert!(written.insert(name.to_owned(), bytes.to_vec()).is_none(), "`{name}` is written twice");
        Ok(())
    })?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use attune_core::exporter::{Exactness, FileSink};
    use attune_core::hash::ContentHash;

    use super::*;

    /// Writes two files, and does not care whether they are written.
    struct Careless;

    impl Exporter for Careless {
        fn name(&self) -> &'static str {
            "careless"
        }

        fn summary(&self) -> &'static str {
            "two files"
        }

        fn check(&self, plan: &Plan, _model: &Facts) -> Result<Exactness, ExportError> {
            match plan.edits().first() {
                None => Ok(Exactness::Exact),
                Some(edit) => Err(ExportError::Inexpressible {
                    target: "careless",
                    edit: edit.to_string(),
                    reason: "it knows none".to_owned(),
                }),
            }
        }

        fn export(&self, _input: &ExportInput<'_>, sink: &mut dyn FileSink) -> Result<(), ExportError> {
            for name in ["one", "other"] {
                let _ = sink.write(name, b"bytes");
            }
            Ok(())
        }
    }

    struct NoFiles;

    impl ModelFiles for NoFiles {
        fn names(&self) -> Vec<String> {
            Vec::new()
        }

        fn read(&self, _name: &str) -> io::Result<Cow<'_, [u8]>> {
            Err(io::ErrorKind::NotFound.into())
        }
    }

    #[test]
    #[should_panic(expected = "could not be written is not missed")]
    fn an_exporter_that_does_not_notice_a_full_disk_is_found_out() {
        let facts =
            Facts { name: "m".to_owned(), fingerprint: ContentHash::of(b"m"), values: Default::default() };
        check(&Careless, &facts, &NoFiles, &[Plan::empty()]);
    }
}
