//! Which fields a study has: those of the profile's schema, and those that technique, task and strategy bring. Their texts
//! are what was said, and where nobody said anything what follows from the rest.

mod keys;
mod options;
mod suggest;

use attune::backend::{Catalogue, ModelFound};
use attune_core::evaluator::{EvaluatorSpec, TaskSpec};
use attune_core::options::OptionSpec;
use attune_core::profile::schema::{self, Section};

pub(crate) use super::named::{COMMAND, DEVICE, EVALUATOR, START, STRATEGY, TARGET, TASK, TECHNIQUE};
use super::said::{Said, Words};
use super::{Draft, Field, Kind, Spot};

/// What the fields follow from.
struct Known<'a> {
    said: &'a Said,
    catalogue: &'a Catalogue,
    /// The model, once it was looked at.
    found: Option<&'a ModelFound>,
    /// What the evaluator of another process says of itself, once it has.
    evaluator: Option<&'a EvaluatorSpec>,
    /// Who evaluates is such an evaluator, or may be one.
    worker: bool,
    /// Options of the technique, once they are known.
    technique: &'a [OptionSpec],
    device: &'a str,
    /// The profile's file.
    file: &'a str,
}

/// Generates all fields anew; the cursor stays on its field where that is still there, else near it.
pub(crate) fn generate(draft: &mut Draft, catalogue: &Catalogue, device: &str) {
    if let Some(Ok(found)) = &draft.model
        && draft.said.get("", TASK).is_none()
    {
        std::iter::once(&mut draft.said).chain(&mut draft.saved).for_each(|said| said.adopt(&found.task));
    }
    let known = Known {
        said: &draft.said,
        catalogue,
        found: draft.model.as_ref().and_then(|found| found.as_ref().ok()),
        evaluator: draft.evaluator.as_ref().and_then(|found| found.as_ref().ok()),
        worker: draft.worker.is_some() || draft.unlisted,
        technique: draft.technique.as_deref().unwrap_or_default(),
        device,
        file: &draft.file,
    };
    let task = known.task().cloned();
    let usual = known.tasks().first().map(|task| task.name.clone());
    let fields = known.fields();
    draft.task = task;
    let of_model = draft.model.as_ref().and_then(|found| found.as_ref().ok()).map(|found| &found.task);
    draft.silent_task = usual.filter(|usual| of_model.is_none_or(|task| task == usual));
    let old = std::mem::replace(&mut draft.fields, fields);
    if let Spot::Field(path) = &draft.cursor
        && draft.field().is_none()
    {
        let at = old.iter().position(|field| field.path == *path).unwrap_or(0);
        let before = old[..at.min(old.len())].iter().rev();
        let near =
            before.map(|field| &field.path).find(|path| draft.fields.iter().any(|new| new.path == **path));
        draft.cursor = Spot::Field(near.map_or_else(|| "model".to_owned(), Clone::clone));
    }
}

/// Whose option a field is: the technique, task or strategy that is chosen; nobody's, else.
pub(crate) fn owner<'a>(draft: &'a Draft, path: &str) -> &'a str {
    let open = schema::keys().iter().filter(|key| key.kind.is_open());
    let of = |key: &&schema::Key| path.strip_prefix(key.path).is_some_and(|rest| rest.starts_with('.'));
    match (schema::key(path), open.clone().find(of)) {
        (None, Some(key)) if key.kind == schema::Kind::Settings => draft.text(TASK).trim(),
        (None, Some(key)) => draft.text(&format!("{}.name", key.parts().0)),
        _ => "",
    }
}

impl Known<'_> {
    fn fields(&self) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        for section in Section::ALL {
            for key in section.keys() {
                let named = |path: &str| fields.iter().find(|field| field.path == path);
                // Of a group that need not be there, when its first key says that it is not.
                let mut bringing = self.brought_by(key).peekable();
                let off = |first: &schema::Key| named(first.path).is_none_or(Field::is_off);
                if bringing.peek().is_some() && bringing.all(off) {
                    continue;
                }
                if key.kind.is_open() {
                    let name = named(&format!("{}.name", key.parts().0)).map(|field| field.text.clone());
                    let options = self.open(key, &name.unwrap_or_default());
                    fields.extend(options);
                } else {
                    fields.push(self.key(key));
                }
            }
            match section {
                Section::Model => fields.push(self.device()),
                Section::Report => fields.extend(self.reported()),
                _ => {}
            }
        }
        fields
    }

    /// The keys that bring the group of a key, for one that does not bring it itself.
    fn brought_by(&self, key: &schema::Key) -> impl Iterator<Item = &'static schema::Key> {
        let (group, itself) = (key.parts().0, key.brings().is_some());
        let brings = move |first: &&schema::Key| first.parts().0 == group && first.brings().is_some();
        schema::keys().iter().filter(brings).filter(move |_| !itself)
    }

    /// The tasks that there are to choose from; none until the evaluator has said which it has.
    fn tasks(&self) -> &[TaskSpec] {
        match self.evaluator {
            Some(spec) => &spec.tasks,
            None if self.worker => &[],
            None => &self.catalogue.tasks,
        }
    }

    fn device(&self) -> Field {
        let kind = Kind::Text(self.catalogue.devices.clone());
        let help = "Where to evaluate; not part of the profile.";
        let field = Field::new(Section::Model, DEVICE, "device", kind, self.device, help);
        Field { advanced: true, ..self.filled(field) }
    }

    /// The task: what was said, else what the model is for.
    fn task(&self) -> Option<&TaskSpec> {
        let tasks = self.tasks();
        let said = self.text(TASK);
        let name = said.as_deref().map(str::trim).or(self.found.map(|found| found.task.as_str()));
        match name {
            Some(name) => tasks.iter().find(|task| task.name == name),
            None => tasks.first(),
        }
    }

    /// A field that is no option, with its text.
    fn filled(&self, field: Field) -> Field {
        let text = self.text(&field.path);
        filled(field, text)
    }

    /// What was said of a field that is no option.
    fn text(&self, path: &str) -> Option<String> {
        self.said.get("", path).map(Words::typed)
    }
}

fn filled(field: Field, said: Option<String>) -> Field {
    Field { said: said.is_some(), text: said.unwrap_or_else(|| field.default.clone()), ..field }
}
