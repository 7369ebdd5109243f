//! Description: what a component says about itself.

use attune_core::hash::ContentHash;
use attune_core::options::{OptionKind, OptionSpec, Settings, resolve};
use attune_core::technique::TechniqueInfo;

use super::BadOutput;
use super::names::name;
use super::setting::setting_in;
use crate::limits::DESCRIBED;
use crate::wire;

/// The longest name of a technique; names go into file names and tables.
const LONGEST_NAME: usize = 64;

pub(crate) fn description(
    description: wire::Description,
    fingerprint: ContentHash,
) -> Result<TechniqueInfo, BadOutput> {
    let name = description.name;
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(fits) {
        return Err(BadOutput(format!(
            "its name is {name:?}, expected 1 to {LONGEST_NAME} lower-case letters, digits and hyphens"
        )));
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
        if found > DESCRIBED {
            return Err(BadOutput(format!("it has {found} {what}, at most {DESCRIBED} are allowed")));
        }
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
        fingerprint,
    })
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
