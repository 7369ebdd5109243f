//! From the first field to a running study.

use std::collections::BTreeSet;

use attune::backend::{Catalogue, Request};
use attune_core::profile::{EvaluatorChoice, Profile, ProfileError, command_of};

use crate::draft::{Checked, Draft, Said, Spot, fields, parse};
use crate::effect::Effect;
use crate::model::{Model, Screen};

/// A study from nothing.
pub(crate) fn begin(model: &mut Model) -> Vec<Effect> {
    open(model, String::new(), Said::default());
    settle(model)
}

/// A form for a file, in which this much was said.
pub(super) fn open(model: &mut Model, file: String, said: Said) {
    model.drafts = model.drafts.wrapping_add(1);
    model.draft = Some(Draft {
        file_named: !file.is_empty(),
        file,
        said,
        fields: Vec::new(),
        cursor: Spot::Field("model".to_owned()),
        open: BTreeSet::new(),
        editing: None,
        task: None,
        silent_task: None,
        worker: None,
        unlisted: false,
        evaluator: None,
        technique: None,
        summary: String::new(),
        technique_name: String::new(),
        model: None,
        model_path: String::new(),
        model_for: None,
        ticket: u64::from(model.drafts) << 32,
        checked: Checked::No,
        fault: None,
        timing: None,
        timing_since: None,
        saved: None,
        touched: false,
        incomplete: false,
        launching: false,
    });
    model.screen = Screen::Draft;
}

/// Brings the form up to date with what was said and what is known, asks about what is not, and has it checked.
pub(super) fn settle(model: &mut Model) -> Vec<Effect> {
    let none = Catalogue::default();
    let catalogue = model.catalogue.as_ref().unwrap_or(&none);
    let device = &model.setup.device;
    let Some(draft) = &mut model.draft else { return Vec::new() };
    let mut effects = Vec::new();
    fields::generate(draft, catalogue, device);
    let unlisted = model.catalogue.is_none();
    if draft.unlisted != unlisted {
        draft.unlisted = unlisted;
        // Whoever it is, it may need no model.
        fields::generate(draft, catalogue, device);
    }
    let worker = worker(draft, catalogue);
    if draft.worker != worker {
        draft.evaluator = None;
        draft.worker.clone_from(&worker);
        // Tasks and options are those of the evaluator.
        fields::generate(draft, catalogue, device);
        effects.extend(
            worker
                .map(|evaluator| Effect::Ask(Request::Evaluator { evaluator, profile: draft.file.clone() })),
        );
    }
    let path = draft.text("model").to_owned();
    if draft.model_path != path || draft.model_for != draft.worker {
        draft.model = None;
        draft.model_path.clone_from(&path);
        draft.model_for.clone_from(&draft.worker);
        // The technique may follow from the model.
        fields::generate(draft, catalogue, device);
        if !path.is_empty() || draft.worker.is_some() {
            let (evaluator, profile) = (draft.worker.clone(), draft.file.clone());
            effects.push(Effect::Ask(Request::Model { path, evaluator, profile }));
        }
    }
    let name = draft.text(fields::TECHNIQUE).to_owned();
    if draft.technique_name != name {
        let known = catalogue.techniques.iter().find(|info| info.name == name);
        draft.technique = known.map(|info| info.options.clone());
        draft.summary = known.map_or(String::new(), |info| info.summary.clone());
        draft.technique_name.clone_from(&name);
        fields::generate(draft, catalogue, device);
        if known.is_none() && !name.is_empty() {
            effects.push(Effect::Ask(Request::Technique { name, profile: draft.file.clone() }));
        }
    }
    if !draft.file_named {
        draft.file = format!("{}.ron", draft.text("name"));
    }
    effects.extend(check(draft));
    effects
}

/// Who evaluates, where that is a program, a component, or a name that is none of this build's evaluators of models.
fn worker(draft: &Draft, catalogue: &Catalogue) -> Option<EvaluatorChoice> {
    let name = draft.text(fields::EVALUATOR).trim();
    let command = command_of(draft.text(fields::COMMAND)).ok()?;
    let row = catalogue.evaluators.iter().find(|row| row.name == name);
    // A name that nobody knows is a slip, which the check names.
    let known = row.is_some_and(|row| !row.native) || name.ends_with(".wasm");
    let choice = EvaluatorChoice { command, ..EvaluatorChoice::named(name) };
    (known || !choice.command.is_empty()).then_some(choice)
}

/// Checks everything that can be checked here, and asks the backend for the rest.
fn check(draft: &mut Draft) -> Option<Effect> {
    draft.ticket += 1;
    draft.checked = Checked::No;
    draft.timing = None;
    draft.timing_since = None;
    draft.fault = None;
    // What the model suggests for a field that nobody filled is not known yet.
    let looking = draft.looking();
    for field in &mut draft.fields {
        let may_follow = looking && !field.said && field.text.is_empty();
        field.fault = if may_follow { None } else { parse::fault(field) };
    }
    if let Some(Err(reason)) = draft.evaluator.clone() {
        let by_name = draft.text(fields::COMMAND).trim().is_empty();
        blame(draft, if by_name { fields::EVALUATOR } else { fields::COMMAND }, &reason);
        return None;
    }
    // Without a model nothing else can be said of the study.
    if let Some(Err(reason)) = draft.model.clone() {
        blame(draft, "model", &reason);
        return None;
    }
    // What a task takes is not known either, and would be left out of what is checked.
    let waits = draft.unlisted || draft.worker.is_some() && draft.evaluator.is_none();
    if draft.first_fault().is_some() || draft.technique.is_none() || draft.model.is_none() || waits {
        return None;
    }
    let file = draft.draft_file();
    match Profile::parse(&file.path, &file.text, &[]) {
        Ok(_) => {
            draft.checked = Checked::Asked;
            Some(Effect::Ask(Request::Check { ticket: draft.ticket, draft: file }))
        }
        Err(ProfileError::Invalid { path, found, expected, .. }) => {
            blame(draft, &path, &format!("{found}: expected {expected}"));
            None
        }
        Err(other) => {
            blame(draft, "", &other.to_string());
            None
        }
    }
}

/// Puts a fault beside the field that causes it.
pub(super) fn blame(draft: &mut Draft, path: &str, message: &str) {
    // `technique.options["keep"]` is the field `technique.options.keep`.
    let path = path.replace("[\"", ".").replace("\"]", "");
    match draft.fields.iter_mut().find(|field| !path.is_empty() && field.path == path) {
        Some(field) => field.fault = Some(message.to_owned()),
        None => draft.fault = Some(message.to_owned()),
    }
}

/// `l`: saves what is not saved and launches.
pub(super) fn launch(model: &mut Model) -> Vec<Effect> {
    let Some(draft) = &mut model.draft else { return Vec::new() };
    if let Some(field) = draft.first_fault() {
        let (path, fault) = (field.path.clone(), field.fault.clone().unwrap_or_default());
        draft.cursor = Spot::Field(path);
        model.complain(fault);
        return Vec::new();
    }
    if let Some(fault) = draft.fault.clone() {
        model.complain(fault);
        return Vec::new();
    }
    if draft.changed() {
        draft.launching = true;
        return save(model, false);
    }
    launch_saved(model)
}

/// Launches the file as it is on disk.
pub(super) fn launch_saved(model: &mut Model) -> Vec<Effect> {
    let Some(draft) = &model.draft else { return Vec::new() };
    let (profile, device) = (draft.file.clone(), draft.text(fields::DEVICE).to_owned());
    model.screen = Screen::Opening(format!("starting {}: loading the model", draft.text("name")));
    vec![Effect::Ask(Request::Launch { profile, study: None, device })]
}

/// `s`: writes the profile.
pub(super) fn save(model: &mut Model, replace: bool) -> Vec<Effect> {
    let Some(draft) = &mut model.draft else { return Vec::new() };
    if draft.incomplete {
        draft.launching = false;
        model.complain("the file says things that this form does not show; change it in an editor");
        return Vec::new();
    }
    let wrong = draft.fields.iter().find_map(|field| Some((field.path.clone(), parse::fault(field)?)));
    if let Some((path, fault)) = wrong {
        draft.cursor = Spot::Field(path);
        draft.launching = false;
        model.complain(fault);
        return Vec::new();
    }
    // A file that was loaded or written here is known to be ours; its comments are replaced, so ask once.
    vec![Effect::Ask(Request::Save { draft: draft.draft_file(), replace })]
}

/// A person allowed to replace the file.
pub(crate) fn replace(model: &mut Model) -> Vec<Effect> {
    save(model, true)
}

/// `e`: the profile in an editor of the person's own.
pub(super) fn edit(model: &mut Model) -> Vec<Effect> {
    let Some(draft) = &model.draft else { return Vec::new() };
    match (&draft.saved, draft.changed()) {
        (None, _) => model.complain("there is no file yet; s saves it, then e opens it in your editor"),
        (Some(_), true) => model.complain("save the changes first (s); your editor opens the file"),
        (Some(_), false) => return vec![Effect::Edit(draft.file.clone())],
    }
    Vec::new()
}

/// The editor is closed again: the profile is read and checked anew.
pub(crate) fn edited(model: &mut Model, path: &str, failure: Option<String>) -> Vec<Effect> {
    if let Some(reason) = failure {
        model.complain(reason);
        return Vec::new();
    }
    vec![Effect::Ask(Request::Profiles), Effect::Ask(Request::Load { path: path.to_owned() })]
}

/// `t`: one real evaluation.
pub(super) fn time(model: &mut Model) -> Vec<Effect> {
    let now = model.now;
    let Some(draft) = &mut model.draft else { return Vec::new() };
    if !matches!(draft.checked, Checked::Yes(_)) {
        model.complain("a trial can be timed when the profile is complete");
        return Vec::new();
    }
    draft.timing = None;
    draft.timing_since = Some(now);
    let (ticket, device) = (draft.ticket, draft.text(fields::DEVICE).to_owned());
    vec![Effect::Ask(Request::Time { ticket, draft: draft.draft_file(), device })]
}
