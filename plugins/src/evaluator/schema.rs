//! Schemas of edits that a component brings.

use attune_core::plan::{
    Argument, ArgumentKind, Condition, Contradiction, EditSchema, LONGEST_LIST, Part, PlaceRule, Requirement,
};

use super::settings::{once, setting_in};
use super::wire;
use crate::convert::{BadOutput, at_most, is_word, name};

/// A schema whose parts fit together.
pub(super) fn schema(schema: wire::EditSchema) -> Result<EditSchema, BadOutput> {
    let kind = schema.kind;
    if !is_word(&kind) {
        return Err(BadOutput(format!(
            "an edit is called {kind:?}, expected 1 to 64 lower-case letters, digits and hyphens"
        )));
    }
    if attune_vocabulary::model().schema(&kind).is_some() {
        return Err(BadOutput(format!(
            "it brings the edit `{kind}`, which is one of attune's own; call it otherwise"
        )));
    }
    let about = |BadOutput(why): BadOutput| BadOutput(format!("edit `{kind}`: {why}"));
    at_most("arguments", schema.arguments.len()).map_err(about)?;
    let arguments =
        schema.arguments.into_iter().map(argument).collect::<Result<Vec<_>, _>>().map_err(about)?;
    once("argument", arguments.iter().map(|argument| argument.name.as_str())).map_err(about)?;
    let find = |name: &str| arguments.iter().find(|argument| argument.name == name);
    let placed = schema.group.iter().chain(schema.parts.iter().map(|part| &part.argument));
    if let Some(name) = placed.clone().find(|name| find(name).is_none()) {
        return Err(about(BadOutput(format!("its place names `{name}`, which is none of its arguments"))));
    }
    for argument in &arguments {
        if let ArgumentKind::Matrix { rows } = &argument.kind
            && !find(rows).is_some_and(Argument::is_whole)
        {
            return Err(about(BadOutput(format!(
                "the rows of `{}` are counted by `{rows}`, which is no whole number of its",
                argument.name
            ))));
        }
    }
    if let Some(other) =
        schema.requires.iter().find(|rule| !find(&rule.argument).is_some_and(Argument::is_whole))
    {
        return Err(about(BadOutput(format!(
            "it requires values of `{}`, which is no whole number of its",
            other.argument
        ))));
    }
    let parts =
        schema.parts.into_iter().map(|wire::Part { argument, base }| Part { argument, base }).collect();
    let contradicts = schema.contradicts.into_iter().map(|wire::Contradiction { kind, meet, when }| {
        Contradiction { kind, meet, when: when.map(condition) }
    });
    let requires = schema.requires.into_iter().map(|wire::Requirement { argument, values, when }| {
        Requirement { argument, values, when: condition(when) }
    });
    let idle = schema.idle.into_iter().map(|wire::Idle { argument, when }| (argument, condition(when)));
    let sentence = if schema.sentence.is_empty() { kind.clone() } else { schema.sentence };
    Ok(EditSchema {
        summary: schema.summary,
        source: schema.source,
        place: PlaceRule { group: schema.group, parts },
        contradicts: contradicts.collect(),
        idle: idle.collect(),
        requires: requires.collect(),
        sentence,
        arguments,
        kind,
    })
}

fn argument(argument: wire::Argument) -> Result<Argument, BadOutput> {
    let called = name("an argument", argument.name)?;
    // What an edit is called in files of plans.
    if called == "edit" {
        return Err(BadOutput("an argument cannot be called `edit`".to_owned()));
    }
    let (kind, is_empty) = match argument.kind {
        wire::ArgumentKind::Int(wire::IntRange { min, max }) => (ArgumentKind::Int { min, max }, min > max),
        wire::ArgumentKind::Level(levels) => {
            let is_empty = levels.is_empty();
            (ArgumentKind::Level(levels), is_empty)
        }
        wire::ArgumentKind::Real(wire::RealRange { min, max }) => {
            let is_empty = !(min.is_finite() && max.is_finite() && min <= max);
            (ArgumentKind::Real { min, max }, is_empty)
        }
        wire::ArgumentKind::Set(max) => (ArgumentKind::Set { max }, max < 0),
        wire::ArgumentKind::Reals => (ArgumentKind::Reals, false),
        wire::ArgumentKind::Matrix(rows) => (ArgumentKind::Matrix { rows }, false),
        wire::ArgumentKind::Word(words) => {
            at_most("words for an argument", words.len())?;
            let is_empty = words.is_empty();
            (ArgumentKind::Word(words), is_empty)
        }
        wire::ArgumentKind::Ints(wire::IntsKind { range, length }) => {
            let wire::IntRange { min, max } = range;
            let bound = |number: i64| number.clamp(0, i64::from(LONGEST_LIST)) as u32;
            let (least, most) = (bound(length.min), bound(length.max));
            (
                ArgumentKind::Ints { min, max, least, most },
                min > max || length.min > length.max || length.max < 0,
            )
        }
        wire::ArgumentKind::Other(open) => {
            return Err(BadOutput(format!(
                "argument `{called}` is of kind `{}`, which this attune does not know; use a newer one",
                open.kind
            )));
        }
    };
    if is_empty {
        return Err(BadOutput(format!("argument `{called}` can have no value")));
    }
    Ok(Argument { name: called, kind, help: argument.help, absent: argument.absent })
}

fn condition(any: wire::Condition) -> Condition {
    let test = |test: wire::Test| match test {
        wire::Test::Is((name, value)) => Condition::Is(name, setting_in(value)),
        wire::Test::OneOf((name, words)) => Condition::OneOf(name, words),
        wire::Test::Same((one, other)) => Condition::Same(one, other),
    };
    let alone = |mut all: Vec<Condition>, wrap: fn(Vec<Condition>) -> Condition| match all.len() {
        1 => all.remove(0),
        _ => wrap(all),
    };
    let any = any.into_iter().map(|all| alone(all.into_iter().map(test).collect(), Condition::All));
    alone(any.collect(), Condition::Any)
}
