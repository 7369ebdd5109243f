//! Which fields a study has: those of every profile, and those that technique and strategy bring. Their texts are what
//! was said, and where nobody said anything what follows from the rest.

mod data;
mod report;
mod search;
mod suggest;

use attune::backend::{Catalogue, ModelFound};
use attune_core::options::OptionSpec;

use super::said::{Said, Words, typed};
use super::{Draft, Field, Group, Kind, Spot};
use crate::chooser::beside;

/// Path of the one field that is not in the profile: where the study runs.
pub(crate) const DEVICE: &str = "--device";
/// Path of the field that names the technique.
pub(crate) const TECHNIQUE: &str = "technique.name";
/// Path of the field that names the strategy.
pub(crate) const STRATEGY: &str = "strategy.name";
/// Path of the field that turns races on.
pub(crate) const RACING: &str = "racing.first";
/// Path of the field that says what a task is about.
pub(crate) const TASK: &str = "task.kind";
/// Path of the field that says which study the search starts from.
pub(crate) const START: &str = "start.study";
/// Path of the field that says which of its trials.
pub(crate) const START_TRIAL: &str = "start.trial";

/// Most options of a technique that are not folded away.
const SHOWN: usize = 4;

/// What the fields follow from.
struct Known<'a> {
    said: &'a Said,
    catalogue: &'a Catalogue,
    /// The model, once it was looked at.
    found: Option<&'a ModelFound>,
    /// Options of the technique, once they are known.
    technique: &'a [OptionSpec],
    device: &'a str,
    /// The profile's file.
    file: &'a str,
}

/// Generates all fields anew; the cursor stays on its field where that is still there, else near it.
pub(crate) fn generate(draft: &mut Draft, catalogue: &Catalogue, device: &str) {
    let known = Known {
        said: &draft.said,
        catalogue,
        found: draft.model.as_ref().and_then(|found| found.as_ref().ok()),
        technique: draft.technique.as_deref().unwrap_or_default(),
        device,
        file: &draft.file,
    };
    let fields = known.fields();
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

/// Whose option a field is: the technique or strategy that is chosen; nobody's, else.
pub(super) fn owner<'a>(draft: &'a Draft, path: &str) -> &'a str {
    match path.split_once(".options.") {
        Some(("technique", _)) => draft.text(TECHNIQUE),
        Some(("strategy", _)) => draft.text(STRATEGY),
        _ => "",
    }
}

impl Known<'_> {
    fn fields(&self) -> Vec<Field> {
        let mut fields = self.model();
        fields.extend(self.technique());
        fields.extend(self.data());
        fields.extend(self.search());
        fields.extend(self.report());
        fields
    }

    fn model(&self) -> Vec<Field> {
        let field = |path, label, kind, default: &str, help| {
            self.filled(Field::new(Group::Model, path, label, kind, default, help))
        };
        let models = self.catalogue.models.iter().filter_map(|path| beside(self.file, path));
        vec![
            field(
                "model",
                "model",
                Kind::Text(models.collect()),
                &suggest::model(self),
                "Folder of the model in the Hugging Face layout, relative to the profile.",
            ),
            field(
                DEVICE,
                "device",
                Kind::Text(self.catalogue.devices.clone()),
                self.device,
                "Where to evaluate; not part of the profile.",
            )
            .advanced(),
        ]
    }

    fn technique(&self) -> Vec<Field> {
        let names = self.catalogue.techniques.iter().map(|info| info.name.clone()).collect();
        let help = "What is searched: a compression method, built in or a .wasm file.";
        let first = suggest::technique(self);
        let name = Field::new(Group::Technique, TECHNIQUE, "technique", Kind::Named(names), first, help);
        let mut fields = vec![self.filled(name)];
        let options = self.options(Group::Technique, &fields[0].text, "technique", self.technique);
        fields.extend(options.into_iter().enumerate().map(|(place, option)| Field {
            advanced: place >= SHOWN && option.kind != Kind::Undescribed,
            ..option
        }));
        fields
    }

    /// Options that are described, then those that were said all the same.
    fn options(&self, group: Group, owner: &str, of: &str, specs: &[OptionSpec]) -> Vec<Field> {
        let prefix = format!("{of}.options.");
        let described = specs.iter().map(|spec| {
            let path = format!("{prefix}{}", spec.name);
            let kind = Kind::Value(spec.kind.clone());
            let field = Field::new(group, &path, &spec.name, kind, &typed(&spec.default), &spec.help);
            filled(field, self.said.get(owner, &path).map(Words::typed))
        });
        let others = self.said.options(owner, &prefix);
        let others = others.filter(|(name, _)| specs.iter().all(|spec| spec.name != *name));
        let undescribed = others.map(|(name, words)| {
            let help = "An option of the profile that nobody has described; an empty text removes it.";
            let field = Field::new(group, &format!("{prefix}{name}"), name, Kind::Undescribed, "", help);
            filled(field, Some(words.raw()))
        });
        described.chain(undescribed).collect()
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

    /// Whether the task is about images.
    fn images(&self) -> bool {
        let said = self.text(TASK);
        said.map_or_else(|| suggest::images(self), |kind| kind.trim() == "images")
    }
}

fn filled(field: Field, said: Option<String>) -> Field {
    Field { said: said.is_some(), text: said.unwrap_or_else(|| field.default.clone()), ..field }
}
