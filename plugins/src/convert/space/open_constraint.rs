//! Constraints that 0.1 does not list: an open word with named arguments.

use attune_core::printable::quoted;
use attune_core::space::Constraint;
use attune_core::suggest::hint;

use super::BadOutput;
use crate::wire;

/// `ascending` (`dimension`, `along`) and `active` (`dimension`, `when`, `options`).
pub(super) fn read(open: wire::Open) -> Result<Constraint, BadOutput> {
    match open.kind.as_str() {
        "ascending" => {
            let mut args = Args::new(open, &["dimension", "along"])?;
            Ok(Constraint::Ascending { dimension: args.place("dimension")?, along: args.text("along")? })
        }
        "active" => {
            let mut args = Args::new(open, &["dimension", "when", "options"])?;
            Ok(Constraint::Active {
                dimension: args.place("dimension")?,
                when: args.place("when")?,
                options: args.options("options")?,
            })
        }
        unknown => Err(BadOutput(format!(
            "it has a constraint `{}`, which this attune does not know{}; use a newer one",
            quoted(unknown),
            hint(unknown, ["ascending", "active"]),
        ))),
    }
}

/// The arguments of a constraint.
struct Args {
    kind: String,
    left: wire::Settings,
}

impl Args {
    fn new(open: wire::Open, known: &[&str]) -> Result<Self, BadOutput> {
        let wire::Open { kind, args } = open;
        match args.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, _)) => Err(BadOutput(format!(
                "its constraint `{kind}` has an argument `{}`, which this attune does not know; expected {}",
                quoted(name),
                known.join(", ")
            ))),
            None => Ok(Self { kind, left: args }),
        }
    }

    fn take(&mut self, name: &str, expected: &str) -> Result<wire::Setting, BadOutput> {
        let place = self.left.iter().position(|(found, _)| found == name);
        let found = place.map(|place| self.left.swap_remove(place).1);
        found.ok_or_else(|| {
            BadOutput(format!("its constraint `{}` has no `{name}`; expected {expected}", self.kind))
        })
    }

    fn wrong<T>(&self, name: &str, found: &wire::Setting, expected: &str) -> Result<T, BadOutput> {
        let kind = &self.kind;
        Err(BadOutput(format!("`{name}` of its constraint `{kind}` is {found:?}; expected {expected}")))
    }

    /// The position of a dimension.
    fn place(&mut self, name: &str) -> Result<usize, BadOutput> {
        let expected = "the position of a dimension";
        match self.take(name, expected)? {
            wire::Setting::Int(place) if u32::try_from(place).is_ok() => Ok(place as usize),
            found => self.wrong(name, &found, expected),
        }
    }

    fn text(&mut self, name: &str) -> Result<String, BadOutput> {
        let expected = "the name of an axis";
        match self.take(name, expected)? {
            wire::Setting::Text(text) => Ok(text),
            found => self.wrong(name, &found, expected),
        }
    }

    fn options(&mut self, name: &str) -> Result<Vec<u32>, BadOutput> {
        let expected = "a list of positions of options";
        match self.take(name, expected)? {
            wire::Setting::Ints(found) => match found.iter().map(|option| u32::try_from(*option)).collect() {
                Ok(options) => Ok(options),
                Err(_) => self.wrong(name, &wire::Setting::Ints(found), expected),
            },
            found => self.wrong(name, &found, expected),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(kind: &str, args: Vec<(&str, wire::Setting)>) -> wire::Open {
        let args = args.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        wire::Open { kind: kind.to_owned(), args }
    }

    #[test]
    fn open_words_become_constraints_and_others_are_named() {
        let int = wire::Setting::Int;
        let text = |text: &str| wire::Setting::Text(text.to_owned());
        let ascending = open("ascending", vec![("along", text("step")), ("dimension", int(3))]);
        assert_eq!(
            read(ascending).unwrap(),
            Constraint::Ascending { dimension: 3, along: "step".to_owned() }
        );
        let options = wire::Setting::Ints(vec![0, 2]);
        let active = open("active", vec![("dimension", int(1)), ("when", int(0)), ("options", options)]);
        assert_eq!(read(active).unwrap(), Constraint::Active { dimension: 1, when: 0, options: vec![0, 2] });
        for (wrong, expected) in [
            (
                open("asending", vec![]),
                "constraint `asending`, which this attune does not know; did you mean `ascending`?",
            ),
            (
                open("ascending", vec![("dimension", int(0))]),
                "`ascending` has no `along`; expected the name of an axis",
            ),
            (
                open("ascending", vec![("by", int(0))]),
                "an argument `by`, which this attune does not know; expected dimension, along",
            ),
            (open("active", vec![("dimension", int(-1))]), "`dimension` of its constraint `active` is"),
            (
                open(
                    "active",
                    vec![("dimension", int(1)), ("when", int(0)), ("options", wire::Setting::Ints(vec![-1]))],
                ),
                "expected a list of positions of options",
            ),
        ] {
            let found = read(wrong).unwrap_err().0;
            assert!(found.contains(expected), "{found}");
        }
    }
}
