//! Edit schemas: the edits of a worker that is not about neural models.

use attune_core::options::OptionValue;
use attune_core::plan;
use attune_core::printable::quoted;
use attune_vocabulary::{LISTED, model};
use serde::{Deserialize, Serialize};

use super::Value;

/// One kind of edit. The edits of neural models need only their `kind`, and of their arguments those that came after
/// `attune-evaluator/1`, with the words that the worker honours: the host knows the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EditSchema {
    /// Name in plans.
    pub kind: String,
    /// What it does, in one sentence. A schema without it is one of the host's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// Where it comes from: paper and section.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source: String,
    /// Its arguments, in the order in which people read them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<Argument>,
    /// What it touches.
    #[serde(default, skip_serializing_if = "Place::is_everywhere")]
    pub place: Place,
    /// What it cannot stand beside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contradicts: Vec<Contradiction>,
    /// Optional arguments that say nothing when their condition holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub idle: Vec<Idle>,
    /// What the values of arguments ask of each other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<Requirement>,
    /// The edit in words, `{name}` is an argument; its kind where there is none. Words in `[…]` are left out where an
    /// argument in them is absent, and `[…|…]` has words for that case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sentence: Option<String>,
}

/// One argument of an edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Argument {
    /// Name in plans.
    pub name: String,
    /// What it accepts.
    pub kind: ArgumentKind,
    /// What it is, with its unit.
    #[serde(default)]
    pub help: String,
    /// What its absence means; `null` where it has to be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent: Option<String>,
}

/// What an argument accepts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum ArgumentKind {
    /// A whole number in an inclusive range.
    Int {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// One of these whole numbers.
    Level {
        /// The numbers.
        levels: Vec<i64>,
    },
    /// A finite real number in an inclusive range.
    Real {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
    },
    /// Whole numbers without order or repetition, each from 0 to `max`.
    Set {
        /// Largest.
        max: i64,
    },
    /// Whole numbers whose order counts, each in an inclusive range.
    Ints {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
        /// The fewest that there are; 0 where it is absent.
        #[serde(default)]
        least: u32,
        /// The most that there are; 1,048,576 where it is absent, and never more.
        #[serde(default = "longest")]
        most: u32,
    },
    /// Finite real numbers.
    Reals,
    /// Finite real numbers, row by row, in as many rows as another argument says.
    Matrix {
        /// The argument with the number of rows.
        rows: String,
    },
    /// One of these words.
    Word {
        /// The words.
        words: Vec<String>,
    },
}

fn longest() -> u32 {
    plan::LONGEST_LIST
}

/// What an edit touches, and so where it comes in a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Place {
    /// The argument with the number of the group, for example of the layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The arguments that name a part of the group, the slowest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
}

/// An argument that names a part of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Part {
    /// The argument; its absence counts as 0.
    pub argument: String,
    /// Where counting begins when it is there.
    #[serde(default)]
    pub base: u64,
}

/// Edits that cannot be honoured together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Contradiction {
    /// The kind of the other edit; its own for an edit that a plan has once.
    pub kind: String,
    /// Both contradict each other when each of these arguments is the same in both, or absent in one.
    #[serde(default)]
    pub meet: Vec<String>,
    /// Only when this holds for the edit whose schema says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
}

/// An argument that says nothing when its condition holds, and is left out then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Idle {
    /// The argument.
    pub argument: String,
    /// The condition.
    pub when: Condition,
}

/// A whole number that is one of a few where a condition holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Requirement {
    /// The argument.
    pub argument: String,
    /// The numbers that it may be.
    pub values: Vec<i64>,
    /// The condition.
    pub when: Condition,
}

/// Something that holds for an edit, or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// The argument is there and has this value.
    Is(String, Value),
    /// The argument is there and is one of these words.
    OneOf(String, Vec<String>),
    /// Both arguments are there and have the same value.
    Same(String, String),
    /// All of them hold.
    All(Vec<Condition>),
    /// At least one of them holds.
    Any(Vec<Condition>),
}

impl Place {
    fn is_everywhere(&self) -> bool {
        *self == Self::default()
    }
}

impl TryFrom<EditSchema> for plan::EditSchema {
    type Error = String;

    fn try_from(schema: EditSchema) -> Result<Self, String> {
        let EditSchema { kind, summary, source, arguments, place, contradicts, idle, requires, sentence } =
            schema;
        let Some(summary) = summary else {
            return known(&kind, &arguments);
        };
        let about = |why: String| format!("edit `{kind}`: {why}");
        let arguments =
            arguments.into_iter().map(TryInto::try_into).collect::<Result<Vec<plan::Argument>, _>>();
        let arguments = arguments.map_err(about)?;
        let named = |name: &String| arguments.iter().any(|argument| argument.name == *name);
        let placed = place.group.iter().chain(place.parts.iter().map(|part| &part.argument));
        if let Some(name) = placed.clone().find(|name| !named(name)) {
            return Err(about(format!("its place names `{name}`, which is none of its arguments")));
        }
        let parts = place.parts.into_iter();
        let parts = parts.map(|Part { argument, base }| plan::Part { argument, base });
        let place = plan::PlaceRule { group: place.group, parts: parts.collect() };
        let contradicts = contradicts.into_iter().map(|Contradiction { kind, meet, when }| {
            let when = when.map(TryInto::try_into).transpose().map_err(about)?;
            Ok(plan::Contradiction { kind, meet, when })
        });
        let contradicts = contradicts.collect::<Result<_, String>>()?;
        let idle =
            idle.into_iter().map(|Idle { argument, when }| Ok((argument, when.try_into().map_err(about)?)));
        let idle = idle.collect::<Result<_, String>>()?;
        let requires = requires.into_iter().map(|Requirement { argument, values, when }| {
            if !arguments.iter().any(|known| known.name == argument && known.is_whole()) {
                return Err(about(format!(
                    "it requires values of `{argument}`, which is no whole number of its"
                )));
            }
            Ok(plan::Requirement { argument, values, when: when.try_into().map_err(about)? })
        });
        let requires = requires.collect::<Result<_, String>>()?;
        let sentence = sentence.unwrap_or_else(|| kind.clone());
        Ok(plan::EditSchema {
            kind,
            summary,
            source,
            arguments,
            place,
            contradicts,
            idle,
            requires,
            sentence,
        })
    }
}

/// The schema of an edit of neural models. A worker that does not list an argument that came later would pass over it, and
/// score something else than the plan says; so it has no such argument.
fn known(kind: &str, arguments: &[Argument]) -> Result<plan::EditSchema, String> {
    let schema = model().schema(kind).cloned().ok_or_else(|| {
        format!(
            "edit `{kind}` comes without a summary, as those that attune knows by themselves, and it knows {}",
            model().kinds().collect::<Vec<_>>().join(", ")
        )
    })?;
    for Argument { name, kind: found, .. } in arguments {
        let about = |what: &str| format!("edit `{kind}`: it lists the argument `{}`, {what}", quoted(name));
        let Some(argument) = schema.argument(name) else {
            let known: Vec<&str> = schema.arguments.iter().map(|argument| argument.name.as_str()).collect();
            return Err(about(&format!("and attune knows {}", known.join(", "))));
        };
        let is_late = LISTED.contains(&(kind, name.as_str()));
        if is_late && !matches!(found, ArgumentKind::Word { .. }) {
            return Err(about(&format!("which is no word; it is {}", argument.kind)));
        }
    }
    let listed =
        |name: &str| arguments.iter().find(|argument| argument.name == name).map(|found| &found.kind);
    Ok(LISTED.into_iter().filter(|(of, _)| *of == kind).fold(schema, |schema, (_, name)| {
        match listed(name) {
            Some(ArgumentKind::Word { words }) => schema.narrowed(name, words),
            _ => schema.narrowed(name, &[]),
        }
    }))
}

impl TryFrom<Argument> for plan::Argument {
    type Error = String;

    fn try_from(argument: Argument) -> Result<Self, String> {
        let name = &argument.name;
        let empty = match &argument.kind {
            ArgumentKind::Int { min, max } => min > max,
            ArgumentKind::Real { min, max } => min > max,
            ArgumentKind::Set { max } => *max < 0,
            ArgumentKind::Level { levels } => levels.is_empty(),
            ArgumentKind::Word { words } => words.is_empty(),
            ArgumentKind::Ints { min, max, least, most } => {
                min > max || least > most || *least > plan::LONGEST_LIST
            }
            ArgumentKind::Reals | ArgumentKind::Matrix { .. } => false,
        };
        if empty {
            return Err(format!("argument `{name}` can have no value"));
        }
        if name.is_empty() || name == "edit" {
            return Err(format!("an argument cannot be called `{name}`"));
        }
        let kind = match argument.kind {
            ArgumentKind::Int { min, max } => plan::ArgumentKind::Int { min, max },
            ArgumentKind::Level { levels } => plan::ArgumentKind::Level(levels),
            ArgumentKind::Real { min, max } => plan::ArgumentKind::Real { min, max },
            ArgumentKind::Set { max } => plan::ArgumentKind::Set { max },
            ArgumentKind::Ints { min, max, least, most } => {
                plan::ArgumentKind::Ints { min, max, least, most: most.min(plan::LONGEST_LIST) }
            }
            ArgumentKind::Reals => plan::ArgumentKind::Reals,
            ArgumentKind::Matrix { rows } => plan::ArgumentKind::Matrix { rows },
            ArgumentKind::Word { words } => plan::ArgumentKind::Word(words),
        };
        Ok(Self { name: argument.name, kind, help: argument.help, absent: argument.absent })
    }
}

impl TryFrom<Condition> for plan::Condition {
    type Error = String;

    fn try_from(condition: Condition) -> Result<Self, String> {
        let each =
            |all: Vec<Condition>| all.into_iter().map(TryInto::try_into).collect::<Result<Vec<_>, _>>();
        Ok(match condition {
            Condition::Is(name, value) => plan::Condition::Is(name, OptionValue::try_from(value)?),
            Condition::OneOf(name, words) => plan::Condition::OneOf(name, words),
            Condition::Same(one, other) => plan::Condition::Same(one, other),
            Condition::All(all) => plan::Condition::All(each(all)?),
            Condition::Any(any) => plan::Condition::Any(each(any)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<plan::EditSchema, String> {
        serde_json::from_str::<EditSchema>(text).unwrap().try_into()
    }

    fn grids(schema: &plan::EditSchema) -> Option<String> {
        schema.argument("grid").map(|argument| argument.kind.to_string())
    }

    #[test]
    fn an_argument_that_came_later_is_one_that_the_worker_lists() {
        assert_eq!(grids(&read(r#"{"kind":"weight-bits"}"#).unwrap()), None);
        let listed = r#"{"kind":"weight-bits","arguments":[{"name":"grid","kind":{"type":"word","words":["q8_0","x","symmetric"]}}]}"#;
        let schema = read(listed).unwrap();
        assert_eq!(grids(&schema).as_deref(), Some("one of symmetric, q8_0"));
        let host = model().schema("weight-bits").unwrap();
        let rest = |schema: &plan::EditSchema| plan::EditSchema { arguments: Vec::new(), ..schema.clone() };
        assert_eq!(rest(&schema), rest(host));
        let names = |schema: &plan::EditSchema| {
            schema.arguments.iter().map(|argument| argument.name.clone()).collect::<Vec<_>>()
        };
        let unlisted = |name: &String| name != "grid" && LISTED.contains(&("weight-bits", name.as_str()));
        let expected: Vec<String> = names(host).into_iter().filter(|name| !unlisted(name)).collect();
        assert!(expected.len() < names(host).len());
        assert_eq!(names(&schema), expected);
    }

    #[test]
    fn an_argument_of_a_known_edit_that_makes_no_sense_is_refused_by_name() {
        let refusal = |argument: &str| {
            read(&format!(r#"{{"kind":"weight-bits","arguments":[{argument}]}}"#)).unwrap_err()
        };
        let unknown = refusal(r#"{"name":"gird","kind":{"type":"word","words":["q8_0"]}}"#);
        assert!(unknown.starts_with("edit `weight-bits`: it lists the argument `gird`, and attune knows "));
        assert!(unknown.contains("grid"), "{unknown}");
        let whole = refusal(r#"{"name":"grid","kind":{"type":"int","min":0,"max":3}}"#);
        let expected =
            "edit `weight-bits`: it lists the argument `grid`, which is no word; it is one of affine-int, ";
        assert!(whole.starts_with(expected), "{whole}");
    }

    #[test]
    fn a_list_whose_order_counts_is_as_long_as_it_says() {
        let schema = |kind: &str| {
            read(&format!(r#"{{"kind":"x","summary":"","arguments":[{{"name":"n","kind":{kind}}}]}}"#))
        };
        let known = |kind: &str| schema(kind).unwrap().arguments[0].kind.to_string();
        assert_eq!(known(r#"{"type":"ints","min":0,"max":9}"#), "a list of whole numbers from 0 to 9");
        assert_eq!(
            known(r#"{"type":"ints","min":0,"max":9,"least":3,"most":3}"#),
            "a list of 3 whole numbers from 0 to 9"
        );
        let refused = schema(r#"{"type":"ints","min":0,"max":9,"least":4,"most":3}"#).unwrap_err();
        assert_eq!(refused, "edit `x`: argument `n` can have no value");
    }

    #[test]
    fn what_arguments_ask_of_each_other_is_understood() {
        let schema = |about: &str| {
            read(&format!(
                r#"{{"kind":"x","summary":"","arguments":[{{"name":"n","kind":{{"type":"int","min":0,"max":9}}}},{{"name":"w","kind":{{"type":"word","words":["a","b"]}}}}],
                "requires":[{{"argument":"{about}","values":[4],"when":{{"is":["w","a"]}}}}]}}"#
            ))
        };
        assert_eq!(
            schema("w").unwrap_err(),
            "edit `x`: it requires values of `w`, which is no whole number of its"
        );
        let known = plan::Vocabulary::new([schema("n").unwrap()]);
        let edit = |number, word: &str| plan::Edit::new("x").int("n", number).text("w", word);
        assert!(known.accept(&edit(4, "a")).is_ok() && known.accept(&edit(5, "b")).is_ok());
        let refused = known.accept(&edit(5, "a")).unwrap_err().to_string();
        assert_eq!(refused, "argument `n` of edit `x` is 5, expected 4 where `w` is \"a\"");
    }
}
