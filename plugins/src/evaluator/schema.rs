//! Schemas of edits that a component brings.

use attune_core::plan::{
    Argument, ArgumentKind, Condition, Contradiction, EditSchema, LONGEST_LIST, Part, PlaceRule, Requirement,
};

use super::settings::{once, setting_in};
use super::wire;
use crate::convert::{BadOutput, at_most, is_word, name};

/// A schema whose parts fit together.
pub(super) fn schema(mut schema: wire::EditSchema) -> Result<EditSchema, BadOutput> {
    let kind = schema.kind.clone();
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
    let arguments = std::mem::take(&mut schema.arguments)
        .into_iter()
        .map(argument)
        .collect::<Result<Vec<_>, _>>()
        .map_err(about)?;
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
    names(&schema, &find).map_err(about)?;
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

/// Whether whatever else a schema names is one of its arguments: a name of nothing would leave a sentence empty, and make any two edits
/// contradict each other, because what both lack is the same.
fn names<'a>(
    schema: &'a wire::EditSchema,
    find: &impl Fn(&str) -> Option<&'a Argument>,
) -> Result<(), BadOutput> {
    let in_sentence = schema.sentence.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    let contradicts = &schema.contradicts;
    let conditions = contradicts.iter().filter_map(|rule| rule.when.as_ref());
    let conditions = conditions
        .chain(schema.requires.iter().map(|rule| &rule.when))
        .chain(schema.idle.iter().map(|rule| &rule.when));
    let in_conditions = conditions.flatten().flatten().flat_map(|test| match test {
        wire::Test::Is((name, _)) | wire::Test::OneOf((name, _)) => vec![name.as_str()],
        wire::Test::Same((one, other)) => vec![one.as_str(), other.as_str()],
    });
    let named = [
        ("sentence", in_sentence.collect::<Vec<_>>()),
        (
            "rule of what contradicts it",
            contradicts.iter().flat_map(|rule| rule.meet.iter().map(String::as_str)).collect(),
        ),
        ("rule of what is idle", schema.idle.iter().map(|rule| rule.argument.as_str()).collect()),
        ("conditions", in_conditions.collect()),
    ];
    for (place, names) in named {
        if let Some(name) = names.into_iter().find(|name| find(name).is_none()) {
            return Err(BadOutput(format!("its {place} names `{name}`, which is none of its arguments")));
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn order() -> wire::EditSchema {
        let by = wire::Argument {
            name: "by".to_owned(),
            kind: wire::ArgumentKind::Word(vec!["age".to_owned(), "size".to_owned()]),
            help: String::new(),
            absent: None,
        };
        wire::EditSchema {
            kind: "order".to_owned(),
            summary: String::new(),
            source: String::new(),
            arguments: vec![by],
            group: None,
            parts: Vec::new(),
            contradicts: Vec::new(),
            idle: Vec::new(),
            requires: Vec::new(),
            sentence: "by {by}".to_owned(),
            extra: Vec::new(),
        }
    }

    #[test]
    fn a_name_of_no_argument_is_refused_wherever_it_stands() {
        assert!(schema(order()).is_ok());
        let no_such = || vec![vec![wire::Test::OneOf(("bye".to_owned(), vec!["age".to_owned()]))]];
        let contradiction = |meet: &[&str], when| wire::Contradiction {
            kind: "order".to_owned(),
            meet: meet.iter().map(|&name| name.to_owned()).collect(),
            when,
        };
        for (wrong, place) in [
            (wire::EditSchema { sentence: "by {bye}".to_owned(), ..order() }, "sentence"),
            (
                wire::EditSchema { contradicts: vec![contradiction(&["bye"], None)], ..order() },
                "rule of what contradicts it",
            ),
            (
                wire::EditSchema { contradicts: vec![contradiction(&["by"], Some(no_such()))], ..order() },
                "conditions",
            ),
            (
                wire::EditSchema {
                    idle: vec![wire::Idle { argument: "bye".to_owned(), when: Vec::new() }],
                    ..order()
                },
                "rule of what is idle",
            ),
        ] {
            let BadOutput(said) = schema(wrong).unwrap_err();
            assert_eq!(
                said,
                format!("edit `order`: its {place} names `bye`, which is none of its arguments")
            );
        }
    }
}
