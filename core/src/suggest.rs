//! "Did you mean": the nearest known name for an unknown one.

use crate::printable::quoted;

/// Nobody slips on a longer name than this; comparing longer ones would take time in vain. In bytes.
const LONGEST: usize = 100;
/// Letters of a beginning that say which name is meant.
const BEGINNING: usize = 3;

/// The known name nearest to `found`, when it is near enough to be a slip of the keyboard; otherwise the shortest that
/// begins with it.
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if found.len() > LONGEST {
        return None;
    }
    let known: Vec<&str> = known.into_iter().filter(|name| name.len() <= LONGEST).collect();
    let near = known.iter().map(|name| (strsim::damerau_levenshtein(found, name), *name));
    let near = near
        .filter(|(distance, name)| *distance <= (name.len().max(found.len()) / 3).max(2))
        .min_by_key(|(distance, _)| *distance);
    let longer = || {
        let begun = known.into_iter().filter(|name| found.len() >= BEGINNING && name.starts_with(found));
        begun.min_by_key(|name| name.len())
    };
    near.map(|(_, name)| name).or_else(longer)
}

/// `; did you mean `x`?`, or nothing: ready to be appended to a message.
pub fn hint<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(found, known).map(|name| format!("; did you mean `{}`?", quoted(name))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{hint, nearest};

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        assert_eq!(nearest("tecnique", ["task", "technique"]), Some("technique"));
        assert_eq!(nearest("colour", ["task", "technique"]), None);
    }

    #[test]
    fn a_beginning_is_enough() {
        assert_eq!(nearest("quick", ["kv-bits", "quickstart-code", "quickstart"]), Some("quickstart"));
        assert_eq!(nearest("qu", ["quickstart"]), None);
    }

    #[test]
    fn names_that_nobody_types_are_not_compared() {
        let endless = "k".repeat(50 << 20);
        assert_eq!(hint(&endless, ["keep", endless.as_str()]), "");
    }
}
