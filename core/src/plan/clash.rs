//! Contradictions among the edits of one group, found without comparing each with each: a group may have
//! hundreds of them.

use std::collections::HashMap;

use super::{Contradiction, Edit, Vocabulary};

impl Vocabulary {
    /// Whether two edits of `group` contradict each other.
    pub(super) fn clashes(&self, group: &[Edit]) -> bool {
        let mut kinds: HashMap<&str, Vec<&Edit>> = HashMap::new();
        group.iter().for_each(|edit| kinds.entry(edit.kind.as_str()).or_default().push(edit));
        kinds.iter().any(|(kind, edits)| {
            let rules = self.schema(kind).map_or(&[][..], |schema| &schema.contradicts);
            rules.iter().any(|rule| {
                let others = kinds.get(rule.kind.as_str()).map_or(&[][..], Vec::as_slice);
                !others.is_empty() && meet(rule, edits, others)
            })
        })
    }
}

/// Whether one of `edits`, to which `rule` belongs, meets one of `others`.
fn meet(rule: &Contradiction, edits: &[&Edit], others: &[&Edit]) -> bool {
    let key = |edit: &Edit| -> Option<Vec<String>> {
        rule.meet.iter().map(|name| edit.args.get(name).map(ToString::to_string)).collect()
    };
    // Edits that name every argument meet those of the same values; one that leaves some out is compared with each.
    let mut by_key: HashMap<Vec<String>, Vec<&Edit>> = HashMap::new();
    let mut wide: Vec<&Edit> = Vec::new();
    for &other in others {
        match key(other) {
            Some(key) => by_key.entry(key).or_default().push(other),
            None => wide.push(other),
        }
    }
    let applies = |edit: &&&Edit| rule.when.as_ref().is_none_or(|condition| condition.holds(edit));
    edits.iter().filter(applies).any(|&edit| {
        let meets = |other: &&Edit| !std::ptr::eq(edit, *other) && rule.meets(edit, other);
        match key(edit) {
            Some(key) => by_key.get(&key).into_iter().flatten().chain(&wide).any(meets),
            None => others.iter().any(meets),
        }
    })
}
