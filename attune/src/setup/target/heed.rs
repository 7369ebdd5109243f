//! Whether a technique heeds a target: it says which of the target's facts it keeps its space to.

use attune_core::options::OptionValue;
use attune_core::technique::TechniqueInfo;
use attune_export::{Target, targets};

use super::limited::{ALIGNMENT, OTHER_BYTES};

/// What facts of a target begin with; techniques name them without it.
const PREFIX: &str = "target-";
/// What a target says of layers that choose as they like.
const FREE: &str = "own";

/// What a person has to know before a search whose space the target may not limit; `None` where the technique heeds it, or there is
/// nothing to heed.
pub(super) fn note(target: &Target, info: &TechniqueInfo) -> Option<String> {
    let (name, technique) = (target.description.name, &info.name);
    let limits = limits(target, &info.edits);
    let Some(heeded) = &info.target_facts else {
        return (!limits.is_empty()).then(|| {
            format!(
                "technique `{technique}` does not say whether it heeds a target, and `{name}` has limits for its edits ({}): {}",
                limits.join(", "),
                consequence(name)
            )
        });
    };
    if let Some(unknown) = heeded.iter().find(|fact| !is_known(fact)) {
        return Some(format!(
            "technique `{technique}` asks for the fact `{unknown}` of a target, which no target of this attune says; a newer attune \
             may, or it is a slip of its author"
        ));
    }
    let ignores = !limits.is_empty() && limits.iter().all(|limit| !heeded.contains(limit));
    ignores.then(|| {
        format!(
            "technique `{technique}` does not heed target `{name}`, which has limits for its edits ({}): {}",
            limits.join(", "),
            consequence(name)
        )
    })
}

fn consequence(target: &str) -> String {
    format!(
        "its space may hold more than `{target}` can express; random configs and baselines are tried, the others are not"
    )
}

/// The facts of a target that limit edits of these kinds, without their prefix.
fn limits(target: &Target, kinds: &[String]) -> Vec<String> {
    let facts = target.description.facts();
    let limit = |(name, value): (&String, &OptionValue)| {
        let fact = name.strip_prefix(PREFIX)?;
        let of_kind =
            |kind: &String| fact.strip_prefix(kind.as_str()).is_some_and(|rest| rest.starts_with('-'));
        let free = *value == OptionValue::Text(FREE.to_owned());
        (!free && kinds.iter().any(of_kind)).then(|| fact.to_owned())
    };
    facts.iter().filter_map(limit).collect()
}

/// Whether any target says a fact of that name.
fn is_known(fact: &str) -> bool {
    let name = format!("{PREFIX}{fact}");
    let said = || targets().iter().any(|target| target.description.facts().contains_key(&name));
    [OTHER_BYTES, ALIGNMENT].contains(&name.as_str()) || said()
}

#[cfg(test)]
mod tests {
    use attune_core::hash::ContentHash;

    use super::*;

    fn info(facts: Option<&[&str]>) -> TechniqueInfo {
        TechniqueInfo {
            name: "bits".into(),
            version: "1".into(),
            summary: String::new(),
            options: Vec::new(),
            signals: Vec::new(),
            edits: vec!["weight-bits".to_owned()],
            has_operators: false,
            operators: Vec::new(),
            target_facts: facts.map(|facts| facts.iter().map(|&fact| fact.to_owned()).collect()),
            fingerprint: ContentHash::of(b"bits"),
        }
    }

    fn said(target: &str, facts: Option<&[&str]>) -> Option<String> {
        note(attune_export::target(target).unwrap(), &info(facts))
    }

    #[test]
    fn a_technique_that_does_not_heed_a_target_is_named_with_what_it_passes_over() {
        let ignores = said("mlx", Some(&[])).unwrap();
        assert!(
            ignores
                .starts_with("technique `bits` does not heed target `mlx`, which has limits for its edits")
                && ignores.contains("weight-bits-levels"),
            "{ignores}"
        );
        let silent = said("mlx", None).unwrap();
        assert!(silent.contains("does not say whether it heeds a target"), "{silent}");
        assert_eq!(said("mlx", Some(&["weight-bits-levels"])), None);
        // A target that takes everything says nothing that could be passed over.
        assert_eq!((said("plan", Some(&[])), said("plan", None)), (None, None));
    }

    #[test]
    fn a_fact_that_no_target_says_is_a_slip() {
        let slip = said("plan", Some(&["weight-bits-levls"])).unwrap();
        assert!(slip.contains("asks for the fact `weight-bits-levls`"), "{slip}");
        assert_eq!(said("mlx", Some(&["weight-bits-groups", "other-bytes", "alignment", "edits"])), None);
    }
}
