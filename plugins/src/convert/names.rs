//! Names that a component gives: they go into tables, keys and messages, so they have to be seen and told apart.

use attune_core::printable::{is_visible, quoted};
use attune_core::report::{ROWS, is_row};

use super::BadOutput;

/// The longest name, in characters.
const LONGEST: usize = 128;

/// A name, or a complaint about it; `what` says whose it is, in words.
pub(crate) fn name(what: &str, name: String) -> Result<String, BadOutput> {
    let fits = !name.is_empty()
        && name.chars().take(LONGEST + 1).count() <= LONGEST
        && name.chars().all(is_visible)
        && name.trim() == name;
    if fits {
        return Ok(name);
    }
    Err(BadOutput(format!(
        "{what} is named `{}`, expected 1 to {LONGEST} visible characters without spaces around them",
        quoted(&name)
    )))
}

/// A unit, which may be nothing.
pub(crate) fn unit(unit: String) -> Result<String, BadOutput> {
    if unit.is_empty() { Ok(unit) } else { name("a unit", unit) }
}

/// The name of a baseline, which no other row of a result has.
pub(super) fn baseline(name: String) -> Result<String, BadOutput> {
    let name = self::name("a baseline", name)?;
    if is_row(&name) {
        return Err(BadOutput(format!(
            "a baseline is named `{name}`, which is a row of every result; the names {} are taken",
            ROWS.join(", ")
        )));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_result_are_no_names_of_baselines() {
        for taken in
            ["dense", "random", "random-best", "found", "Dense", "found (trial 3)", "random (mean of 3)"]
        {
            let BadOutput(problem) = baseline(taken.to_owned()).unwrap_err();
            assert!(problem.contains("is a row of every result"), "{problem}");
        }
        for free in ["uniform", "random-spans", "densest", "default"] {
            assert_eq!(baseline(free.to_owned()).unwrap(), free);
        }
    }

    #[test]
    fn names_are_seen() {
        for bad in ["", " a", "a\u{200b}", "a\nb", "\x1b[2J", "a\u{202e}", &"x".repeat(129)] {
            assert!(name("an axis", bad.to_owned()).is_err(), "{bad:?}");
        }
        assert_eq!(name("an axis", "Schicht für Schicht".to_owned()).unwrap(), "Schicht für Schicht");
    }
}
