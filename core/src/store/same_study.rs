//! Identity of a study: whether a run continues a stored one.

use super::{StoreError, StudyHeader};
use crate::hash::ContentHash;
use crate::profile::Profile;

/// Refuses to continue `existing` with `new` when they are different studies. Names and devices are for people, and paths are
/// hints: `numerics` and fingerprints say what matters about them.
///
/// Seed and profile come first: where they differ, fingerprints differ in consequence.
///
/// # Errors
/// [`StoreError::DifferentStudy`] with the first difference and both values.
pub fn same_study(existing: &StudyHeader, new: &StudyHeader) -> Result<(), StoreError> {
    let difference = seed(existing, new)
        .or_else(|| profile(&comparable(&existing.profile), &comparable(&new.profile)))
        .or_else(|| {
            let (old, new) = (existing.technique_fingerprint, new.technique_fingerprint);
            fingerprint("the technique's component (fingerprint)", old, new, "")
        })
        .or_else(|| {
            let place = format!(" in {}", new.model_path);
            let (old, new) = (existing.model_fingerprint, new.model_fingerprint);
            fingerprint("the model's configuration or weights (fingerprint)", old, new, &place)
        })
        .or_else(|| {
            let files =
                format!(" of `{}`: one of its files has changed, or how it is scored", task(&new.profile));
            let (old, new) = (existing.task_fingerprint, new.task_fingerprint);
            fingerprint("the task's data or scoring (fingerprint)", old, new, &files)
        })
        .or_else(|| baselines(existing, new))
        .or_else(|| sensitivities(existing, new))
        .or_else(|| numerics(existing, new));
    match difference {
        None => Ok(()),
        Some(Difference { what, found, expected }) => {
            Err(StoreError::DifferentStudy { study: existing.study.clone(), what, found, expected })
        }
    }
}

struct Difference {
    what: &'static str,
    found: String,
    expected: String,
}

fn seed(existing: &StudyHeader, new: &StudyHeader) -> Option<Difference> {
    (existing.seed != new.seed).then(|| Difference {
        what: "its seed",
        found: existing.seed.to_string(),
        expected: new.seed.to_string(),
    })
}

fn baselines(existing: &StudyHeader, new: &StudyHeader) -> Option<Difference> {
    let said = |hash: Option<&ContentHash>| hash.map_or("none".to_owned(), |hash| hash.short());
    let names = existing.baselines.keys().chain(new.baselines.keys());
    let (name, found, expected) = names
        .map(|name| (name, existing.baselines.get(name), new.baselines.get(name)))
        .find(|(_, found, expected)| found != expected)?;
    Some(Difference {
        what: "a recipe that its result is compared with (its plan)",
        found: format!("{} for `{name}`", said(found)),
        expected: format!("{}: its file has changed, or what it means", said(expected)),
    })
}

fn sensitivities(existing: &StudyHeader, new: &StudyHeader) -> Option<Difference> {
    let said = |hash: Option<ContentHash>| hash.map_or("none".to_owned(), |hash| hash.short());
    (existing.sensitivities != new.sensitivities).then(|| Difference {
        what: "the sensitivity table that it plans with (what it says)",
        found: said(existing.sensitivities),
        expected: format!("{}: its file has changed, or what it means", said(new.sensitivities)),
    })
}

fn numerics(existing: &StudyHeader, new: &StudyHeader) -> Option<Difference> {
    (existing.numerics != new.numerics).then(|| Difference {
        what: "how numbers are computed",
        found: format!("`{}`", existing.numerics),
        expected: format!("`{}`", new.numerics),
    })
}

/// `about` says whose fingerprint the new one is, or what may be the reason.
fn fingerprint(
    what: &'static str,
    existing: ContentHash,
    new: ContentHash,
    about: &str,
) -> Option<Difference> {
    let expected = || format!("{}{about}", new.short());
    (existing != new).then(|| Difference { what, found: existing.short(), expected: expected() })
}

/// The line of a profile that names the files of its task.
fn task(profile: &str) -> &str {
    let line = profile.lines().map(str::trim).find(|line| line.starts_with("task:"));
    line.map_or("its task", |line| line.trim_end_matches(','))
}

/// What a profile has to agree in; a text that this build cannot read has to be the same altogether.
fn comparable(identity: &str) -> String {
    let parsed = Profile::from_identity(identity, "any", 1);
    parsed.map_or_else(|_| identity.to_owned(), Profile::agreement)
}

fn profile(existing: &str, new: &str) -> Option<Difference> {
    if existing == new {
        return None;
    }
    let (mut old_lines, mut new_lines) = (existing.lines(), new.lines());
    let mut number = 0;
    loop {
        number += 1;
        let (old, new) = (old_lines.next(), new_lines.next());
        // Both ended: they differ in line breaks alone, which is still a difference.
        if old != new || old.is_none() {
            let quote =
                |line: Option<&str>| line.map_or("nothing".to_owned(), |line| format!("`{}`", line.trim()));
            let found = format!("{} in line {number}", quote(old));
            return Some(Difference { what: "its profile", found, expected: quote(new) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> StudyHeader {
        StudyHeader {
            study: "s".into(),
            profile: "(\n  items: 4,\n  length: 8,\n)".into(),
            technique: "t".into(),
            technique_fingerprint: ContentHash::of(b"t"),
            model: "m".into(),
            dimensions: vec![],
            conditions: vec![],
            model_fingerprint: ContentHash::of(b"m"),
            model_path: "models/m".into(),
            task_fingerprint: ContentHash::of(b"d"),
            baselines: [("other".to_owned(), ContentHash::of(b"p"))].into(),
            sensitivities: None,
            numerics: "f32/flex".into(),
            device: "cpu".into(),
            seed: 1,
        }
    }

    fn message(change: impl FnOnce(&mut StudyHeader)) -> String {
        let mut new = header();
        change(&mut new);
        same_study(&header(), &new).map_or_else(|error| error.to_string(), |()| "same".into())
    }

    #[test]
    fn a_study_continues_on_another_device_and_from_another_path() {
        assert_eq!(
            message(|new| {
                new.device = "vulkan:0".into();
                new.model_path = "/elsewhere".into();
                new.study = "renamed".into();
            }),
            "same"
        );
    }

    #[test]
    fn the_first_differing_line_of_the_profile_is_shown() {
        assert_eq!(
            message(|new| {
                new.profile = new.profile.replace("items: 4", "items: 5");
                new.task_fingerprint = ContentHash::of(b"other");
            }),
            "study `s` exists and differs in its profile: it has `items: 4,` in line 2, this run has \
             `items: 5,`; choose another name with --study NAME"
        );
        assert!(
            message(|new| new.profile = "(\n  items: 4,".into()).contains("in line 3, this run has nothing")
        );
        assert!(message(|new| new.profile.push('\n')).contains("differs in its profile"));
    }

    #[test]
    fn everything_that_changes_results_is_compared() {
        let other = ContentHash::of(b"other");
        assert!(message(|new| new.seed = 2).contains("its seed: it has 1, this run has 2"));
        assert!(message(|new| new.technique_fingerprint = other).contains("technique's component"));
        assert!(message(|new| new.model_fingerprint = other).contains("model's configuration or weights"));
        assert!(message(|new| new.task_fingerprint = other).contains("task's data"));
        let recipe = message(|new| new.baselines.extend([("other".to_owned(), other)]));
        assert!(recipe.contains("a recipe that its result is compared with"), "{recipe}");
        let without = message(|new| new.baselines.clear());
        assert!(without.contains("for `other`, this run has none"), "{without}");
        let table = message(|new| new.sensitivities = Some(other));
        assert!(
            table.contains("the sensitivity table that it plans with (what it says): it has none"),
            "{table}"
        );
        let mut existing = header();
        existing.profile = "(\n    task: (selection: \"a.txt\", report: \"b.txt\"),\n)".into();
        let new = StudyHeader { task_fingerprint: other, ..existing.clone() };
        let said = same_study(&existing, &new).unwrap_err().to_string();
        assert!(
            said.contains("of `task: (selection: \"a.txt\", report: \"b.txt\")`: one of its files"),
            "{said}"
        );
        assert!(message(|new| new.numerics = "f16/vulkan".into()).contains("`f16/vulkan`"));
    }
}
