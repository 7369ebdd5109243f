//! Description: what a component says about itself.

use attune_core::hash::ContentHash;
use attune_core::options::{OptionKind, OptionSpec, Settings, resolve};
use attune_core::printable::quoted;
use attune_core::technique::{Operator, TechniqueInfo};

use super::BadOutput;
use super::names::name;
use super::setting::setting_in;
use crate::limits::DESCRIBED;
use crate::wire;

/// The longest name of a technique; names go into file names and tables.
const LONGEST_NAME: usize = 64;
/// What such a name is.
const WORD: &str = "1 to 64 lower-case letters, digits and hyphens";
/// A word of `description.extra`.
const TARGET_FACTS: &str = "target-facts";

pub(crate) fn description(
    description: wire::Description,
    fingerprint: ContentHash,
) -> Result<TechniqueInfo, BadOutput> {
    let name = description.name;
    if !is_word(&name) {
        return Err(BadOutput(format!("its name is {name:?}, expected {WORD}")));
    }
    let words = description.options.iter().map(|option| match &option.kind {
        wire::OptionKind::OneOf(words) => words.len(),
        _ => 0,
    });
    for (what, found) in [
        ("options", description.options.len()),
        ("words for an option", words.max().unwrap_or(0)),
        ("signals", description.signals.len()),
        ("edits", description.edits.len()),
    ] {
        at_most(what, found)?;
    }
    let options: Vec<OptionSpec> =
        description.options.into_iter().map(option).collect::<Result<_, BadOutput>>()?;
    for (index, option) in options.iter().enumerate() {
        if options[..index].iter().any(|earlier| earlier.name == option.name) {
            return Err(BadOutput(format!("it declares the option `{}` twice", option.name)));
        }
        let default = Settings::from([(option.name.clone(), option.default.clone())]);
        resolve(&format!("technique `{name}`"), std::slice::from_ref(option), &default)
            .map_err(|error| BadOutput(format!("the default of an option does not fit: {error}")))?;
    }
    Ok(TechniqueInfo {
        name,
        version: description.version,
        summary: description.summary,
        options,
        signals: description.signals,
        edits: description.edits,
        has_operators: description.has_operators,
        operators: Vec::new(),
        target_facts: target_facts(description.extra)?,
        fingerprint,
    })
}

/// The facts of a target that a technique says that it heeds; other words of the list are newer than this build.
fn target_facts(extra: wire::Settings) -> Result<Option<Vec<String>>, BadOutput> {
    let Some((_, said)) = extra.into_iter().find(|(name, _)| name == TARGET_FACTS) else { return Ok(None) };
    let wire::Setting::Text(facts) = said else {
        return Err(BadOutput(format!("its `{TARGET_FACTS}` are {said:?}, expected a text")));
    };
    let facts: Vec<&str> = facts.split(' ').filter(|fact| !fact.is_empty()).collect();
    at_most("target facts", facts.len())?;
    facts
        .into_iter()
        .map(|fact| name("a fact of a target", fact.to_owned()))
        .collect::<Result<_, _>>()
        .map(Some)
}

/// Operators that a profile can name, each once.
pub(crate) fn operators(listed: Vec<wire::Operator>) -> Result<Vec<Operator>, BadOutput> {
    at_most("operators", listed.len())?;
    let mut known: Vec<Operator> = Vec::with_capacity(listed.len());
    for wire::Operator { name, help, parents } in listed {
        if !is_word(&name) {
            return Err(BadOutput(format!("an operator is named `{}`, expected {WORD}", quoted(&name))));
        }
        if !(1..=2).contains(&parents) {
            return Err(BadOutput(format!(
                "its operator `{name}` is made for {parents} parents, expected 1 or 2"
            )));
        }
        if known.iter().any(|operator| operator.name == name) {
            return Err(BadOutput(format!("it has two operators named `{name}`")));
        }
        known.push(Operator { name, help, parents: parents as usize });
    }
    Ok(known)
}

/// Complains about a list that is longer than any.
pub(crate) fn at_most(what: &str, found: usize) -> Result<(), BadOutput> {
    if found > DESCRIBED {
        return Err(BadOutput(format!("it has {found} {what}, at most {DESCRIBED} are allowed")));
    }
    Ok(())
}

/// Whether it is a name for file names, tables and profiles.
pub(crate) fn is_word(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.len() <= LONGEST_NAME && name.bytes().all(fits)
}

fn option(option: wire::OptionSpec) -> Result<OptionSpec, BadOutput> {
    let kind = match option.kind {
        wire::OptionKind::Boolean => OptionKind::Bool,
        wire::OptionKind::Int(range) => OptionKind::Int { min: range.min, max: range.max },
        wire::OptionKind::Real(range) => OptionKind::Real { min: range.min, max: range.max },
        wire::OptionKind::OneOf(words) => OptionKind::OneOf(words),
        wire::OptionKind::Ints(range) => OptionKind::Ints { min: range.min, max: range.max },
        wire::OptionKind::Other(open) => {
            return Err(BadOutput(format!(
                "option `{}` is of kind `{}`, which this attune does not know; use a newer one",
                option.name, open.kind
            )));
        }
    };
    Ok(OptionSpec {
        name: name("an option", option.name)?,
        help: option.help,
        kind,
        default: setting_in(option.default),
    })
}
