//! Between the types of `attune:evaluator@0.1.0` and those of the SDK.

use super::bindings::exports::attune::evaluator::evaluator as wire;
use super::schema::Test;
use super::{
    Aggregate, Argument, ArgumentKind, Condition, Contradiction, Description, Direction, EditSchema,
    Evaluation, Failure, File, KnownBound, Measured, Metric, OpenFailure, OpenFault, Opening, Requirement,
    Split, Subject, TaskSpec,
};
use crate::{Edit, OptionKind, OptionSpec, Options, Setting, Settings};

/// Everything of a list.
fn all<A, B: From<A>>(list: Vec<A>) -> Vec<B> {
    list.into_iter().map(Into::into).collect()
}

impl From<wire::Setting> for Setting {
    fn from(setting: wire::Setting) -> Self {
        match setting {
            wire::Setting::Boolean(value) => Self::Boolean(value),
            wire::Setting::Int(value) => Self::Int(value),
            wire::Setting::Real(value) => Self::Real(value),
            wire::Setting::Text(value) => Self::Text(value),
            wire::Setting::Ints(values) => Self::Ints(values),
            wire::Setting::Reals(values) => Self::Reals(values),
        }
    }
}

impl From<Setting> for wire::Setting {
    fn from(setting: Setting) -> Self {
        match setting {
            Setting::Boolean(value) => Self::Boolean(value),
            Setting::Int(value) => Self::Int(value),
            Setting::Real(value) => Self::Real(value),
            Setting::Text(value) => Self::Text(value),
            Setting::Ints(values) => Self::Ints(values),
            Setting::Reals(values) => Self::Reals(values),
        }
    }
}

fn settings_in(settings: wire::Settings) -> Settings {
    settings.into_iter().map(|(name, value)| (name, value.into())).collect()
}

fn settings_out(settings: Settings) -> wire::Settings {
    settings.into_iter().map(|(name, value)| (name, value.into())).collect()
}

impl From<wire::Open> for Edit {
    fn from(open: wire::Open) -> Self {
        Self { kind: open.kind, args: settings_in(open.args) }
    }
}

impl From<Edit> for wire::Open {
    fn from(edit: Edit) -> Self {
        Self { kind: edit.kind, args: settings_out(edit.args) }
    }
}

impl From<OptionSpec> for wire::OptionSpec {
    fn from(OptionSpec { name, help, kind, default }: OptionSpec) -> Self {
        let kind = match kind {
            OptionKind::Boolean => wire::OptionKind::Boolean,
            OptionKind::Int(range) => {
                wire::OptionKind::Int(wire::IntRange { min: range.min, max: range.max })
            }
            OptionKind::Real(range) => {
                wire::OptionKind::Real(wire::RealRange { min: range.min, max: range.max })
            }
            OptionKind::OneOf(words) => wire::OptionKind::OneOf(words),
            OptionKind::Ints(range) => {
                wire::OptionKind::Ints(wire::IntRange { min: range.min, max: range.max })
            }
            OptionKind::Other(open) => wire::OptionKind::Other(open.into()),
        };
        Self { name, help, kind, default: default.into() }
    }
}

impl From<Description> for wire::Description {
    fn from(description: Description) -> Self {
        let facts = description.facts.into_iter().map(|(name, help)| wire::Fact { name, help });
        Self {
            name: description.name,
            version: description.version,
            summary: description.summary,
            options: all(description.options),
            tasks: all(description.tasks),
            edits: all(description.edits),
            unedited: description.unedited,
            facts: facts.collect(),
            extra: Vec::new(),
        }
    }
}

impl From<TaskSpec> for wire::TaskSpec {
    fn from(task: TaskSpec) -> Self {
        Self {
            name: task.name,
            summary: task.summary,
            metrics: all(task.metrics),
            data: task.data,
            options: all(task.options),
            item_size: task.item_size.map(|(option, unit)| wire::ItemSize { option, unit }),
            items_share_work: task.items_share_work,
            extra: Vec::new(),
        }
    }
}

impl From<Metric> for wire::Metric {
    fn from(Metric { name, direction, unit, aggregate }: Metric) -> Self {
        let direction = match direction {
            Direction::Minimise => wire::Direction::Minimise,
            Direction::Maximise => wire::Direction::Maximise,
        };
        let aggregate = match aggregate {
            Aggregate::Mean => wire::Aggregate::Mean,
            Aggregate::ExpMean => wire::Aggregate::ExpMean,
        };
        Self { name, direction, unit, aggregate }
    }
}

impl From<EditSchema> for wire::EditSchema {
    fn from(schema: EditSchema) -> Self {
        let idle =
            schema.idle.into_iter().map(|(argument, when)| wire::Idle { argument, when: condition(when) });
        Self {
            kind: schema.kind,
            summary: schema.summary,
            source: schema.source,
            arguments: all(schema.arguments),
            group: schema.group,
            parts: schema.parts.into_iter().map(|(argument, base)| wire::Part { argument, base }).collect(),
            contradicts: all(schema.contradicts),
            idle: idle.collect(),
            requires: all(schema.requires),
            sentence: schema.sentence,
            extra: Vec::new(),
        }
    }
}

impl From<Argument> for wire::Argument {
    fn from(Argument { name, kind, help, absent }: Argument) -> Self {
        let ints =
            |range: std::ops::RangeInclusive<i64>| wire::IntRange { min: *range.start(), max: *range.end() };
        let kind = match kind {
            ArgumentKind::Int(range) => wire::ArgumentKind::Int(ints(range)),
            ArgumentKind::Level(levels) => wire::ArgumentKind::Level(levels),
            ArgumentKind::Real(range) => {
                wire::ArgumentKind::Real(wire::RealRange { min: *range.start(), max: *range.end() })
            }
            ArgumentKind::Set(max) => wire::ArgumentKind::Set(max),
            ArgumentKind::Reals => wire::ArgumentKind::Reals,
            ArgumentKind::Matrix(rows) => wire::ArgumentKind::Matrix(rows),
            ArgumentKind::Word(words) => wire::ArgumentKind::Word(words),
            ArgumentKind::Ints { range, length } => {
                wire::ArgumentKind::Ints(wire::IntsKind { range: ints(range), length: ints(length) })
            }
        };
        Self { name, kind, help, absent }
    }
}

fn condition(Condition(any): Condition) -> wire::Condition {
    any.into_iter().map(all).collect()
}

impl From<Test> for wire::Test {
    fn from(test: Test) -> Self {
        match test {
            Test::Is(name, value) => Self::Is((name, value.into())),
            Test::OneOf(name, words) => Self::OneOf((name, words)),
            Test::Same(one, other) => Self::Same((one, other)),
        }
    }
}

impl From<Contradiction> for wire::Contradiction {
    fn from(Contradiction { kind, meet, when }: Contradiction) -> Self {
        Self { kind, meet, when: when.map(condition) }
    }
}

impl From<Requirement> for wire::Requirement {
    fn from(Requirement { argument, values, when }: Requirement) -> Self {
        Self { argument, values, when: condition(when) }
    }
}

impl From<wire::Opening> for Opening {
    fn from(opening: wire::Opening) -> Self {
        let file = |wire::File { name, bytes }| File { name, bytes };
        let split = |wire::Split { name, files, wanted }| Split {
            name,
            files: files.into_iter().map(file).collect(),
            wanted,
        };
        Self {
            options: Options::new(settings_in(opening.options)),
            task: opening.task,
            task_options: Options::new(settings_in(opening.task_options)),
            splits: opening.splits.into_iter().map(split).collect(),
        }
    }
}

impl From<OpenFailure> for wire::OpenFailure {
    fn from(OpenFailure { about, message }: OpenFailure) -> Self {
        let about = match about {
            OpenFault::Option(name) => wire::OpenFault::Option(name),
            OpenFault::TaskOption(name) => wire::OpenFault::TaskOption(name),
            OpenFault::Split(name) => wire::OpenFault::Split(name),
            OpenFault::File(name) => wire::OpenFault::File(name),
            OpenFault::Task => wire::OpenFault::Task,
            OpenFault::Evaluator => wire::OpenFault::Evaluator,
        };
        Self { about, message }
    }
}

impl From<Subject> for wire::Subject {
    fn from(Subject { name, facts, items }: Subject) -> Self {
        Self { name, facts: settings_out(facts), items, extra: Vec::new() }
    }
}

impl From<Failure> for wire::Failure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unsupported { edit, reason } => {
                Self::Unsupported(wire::Refusal { edit: u32::try_from(edit).unwrap_or(u32::MAX), reason })
            }
            Failure::BadRequest(reason) => Self::BadRequest(reason),
            Failure::Internal(reason) => Self::Internal(reason),
        }
    }
}

impl From<Evaluation> for wire::Evaluation {
    fn from(Evaluation { metrics, work }: Evaluation) -> Self {
        Self { metrics: all(metrics), work, extra: Vec::new() }
    }
}

impl From<Measured> for wire::Measured {
    fn from(Measured { metric, items, weights }: Measured) -> Self {
        Self { metric, items, weights }
    }
}

impl From<KnownBound> for wire::KnownBound {
    fn from(KnownBound { metric, items }: KnownBound) -> Self {
        Self { metric, items }
    }
}
