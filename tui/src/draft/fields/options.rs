//! Fields that technique, task and strategy bring.

use attune_core::evaluator::TaskOption;
use attune_core::options::{OptionKind, OptionSpec};
use attune_core::profile::schema::{self, Key, Section};

use super::super::said::{Words, typed};
use super::super::{Field, Kind};
use super::{Known, TASK, filled};

/// Most options of a technique that are not folded away.
const SHOWN: usize = 4;

impl Known<'_> {
    /// The options that stand in the place of `key`; `name` is what was chosen.
    pub(super) fn open(&self, key: &Key, name: &str) -> Vec<Field> {
        match key.parts().0 {
            "task" => self.task_options(key),
            "technique" => {
                let fields = self.options(key, name, self.technique).into_iter().enumerate();
                fields.map(|(place, field)| Field { advanced: place >= SHOWN, ..field }).map(seen).collect()
            }
            "strategy" => {
                let row = self.catalogue.strategies.iter().find(|row| row.name == name);
                let specs = row.map_or(&[][..], |row| &row.options);
                let fields = self.options(key, name, specs).into_iter();
                fields.map(|field| Field { advanced: true, ..field }).map(seen).collect()
            }
            // Those of this build's evaluators are as the profile says them.
            _ => self.options(key, name, self.evaluator.map_or(&[][..], |spec| &spec.options)),
        }
    }

    /// What the result is reported on beside the report data.
    pub(super) fn reported(&self) -> Vec<Field> {
        let options = self.task().into_iter().flat_map(|task| &task.options);
        let reported = options.filter(|option| option.reports.is_some());
        reported.map(|option| self.task_option(option, Section::Report)).collect()
    }

    fn task_options(&self, key: &Key) -> Vec<Field> {
        let Some(task) = self.task() else {
            return self.options(key, self.text(TASK).unwrap_or_default().trim(), &[]);
        };
        let own = task.options.iter().filter(|option| option.reports.is_none());
        let own = own.map(|option| self.task_option(option, key.field.section));
        let specs: Vec<OptionSpec> = task.options.iter().map(|option| option.spec.clone()).collect();
        let others = self.options(key, &task.name, &specs).into_iter();
        own.chain(others.filter(|field| field.kind == Kind::Undescribed)).collect()
    }

    fn task_option(&self, option: &TaskOption, section: Section) -> Field {
        let spec = &option.spec;
        let path = format!("task.{}", spec.name);
        let found = self.found.and_then(|found| found.options.get(&spec.name));
        let found = found.and_then(|values| values.first());
        let default = found.cloned().unwrap_or_else(|| typed(&spec.default));
        let kind = Kind::Value(spec.kind.clone());
        let help = match &spec.kind {
            OptionKind::Counts { of, .. } => format!("{} Written `{of}=items, …`.", spec.help),
            _ => spec.help.clone(),
        };
        let field = Field {
            advanced: option.advanced,
            follows: spec.accept(&spec.default).is_none(),
            optional: matches!(spec.kind, OptionKind::Counts { .. }),
            ..Field::new(section, &path, &option.label, kind, &default, &help)
        };
        let owner = self.task().map_or("", |task| task.name.as_str());
        // Until the model is known, options of a task that the profile does not name are nobody's.
        let said = self.said.get(owner, &path).or_else(|| self.said.get("", &path));
        filled(field, said.map(Words::typed))
    }

    /// Options that are described, then those that were said all the same.
    fn options(&self, key: &Key, owner: &str, specs: &[OptionSpec]) -> Vec<Field> {
        let prefix = format!("{}.", key.path);
        let section = key.field.section;
        let described = specs.iter().map(|spec| {
            let path = format!("{prefix}{}", spec.name);
            let kind = Kind::Value(spec.kind.clone());
            let field = Field::new(section, &path, &spec.name, kind, &typed(&spec.default), &spec.help);
            filled(field, self.said.get(owner, &path).map(Words::typed))
        });
        let nobodys = self.said.options("", &prefix).filter(|_| !owner.is_empty());
        let others = self.said.options(owner, &prefix).chain(nobodys);
        let others = others.filter(|(name, _)| {
            specs.iter().all(|spec| spec.name != *name) && schema::key(&format!("{prefix}{name}")).is_none()
        });
        let undescribed = others.map(|(name, words)| {
            let help = "An option of the profile that nobody has described; an empty text removes it.";
            let field = Field::new(section, &format!("{prefix}{name}"), name, Kind::Undescribed, "", help);
            filled(field, Some(words.raw()))
        });
        described.chain(undescribed).collect()
    }
}

/// What nobody has described is never folded away.
fn seen(field: Field) -> Field {
    Field { advanced: field.advanced && field.kind != Kind::Undescribed, ..field }
}
