//! What a profile that was read says.

use attune_core::options::Settings;
use attune_core::profile::{Profile, Value, schema};

use super::fields::TASK;
use super::said::{Said, Words, typed_key};

/// Everything that a profile says, by field. Of which task its options are when it names none is still open.
pub(super) fn said_by(profile: &Profile) -> Said {
    let mut said = Said::default();
    let task = profile.task.kind.as_deref().unwrap_or_default();
    for key in schema::keys() {
        match key.value(profile) {
            Some(Value::Options(options)) => {
                let owner = match key.parts().0 {
                    "task" => task.to_owned(),
                    group => name(profile, group),
                };
                put(&mut said, &owner, key.path, &options);
            }
            Some(value) => said.put("", key.path, Words::Typed(typed_key(&value))),
            None if key.path == TASK => said.put("", TASK, Words::Typed(task.to_owned())),
            None => {}
        }
    }
    said
}

/// The name that was chosen in a group.
fn name(profile: &Profile, group: &str) -> String {
    match schema::key(&format!("{group}.name")).and_then(|key| key.value(profile)) {
        Some(Value::Text(name)) => name,
        _ => String::new(),
    }
}

/// Once it is known, the task of profiles that name none is the task of one that was read.
pub(super) fn settle_task(said: &mut Said, task: &str) {
    if said.get("", TASK).is_some_and(|kind| kind.typed().is_empty()) {
        let options: Vec<(String, Words)> = said
            .options("", "task.")
            .filter(|(name, _)| schema::key(&format!("task.{name}")).is_none())
            .map(|(name, words)| (format!("task.{name}"), words.clone()))
            .collect();
        for (path, words) in options {
            said.forget("", &path);
            said.put(task, &path, words);
        }
        said.put("", TASK, Words::Typed(task.to_owned()));
    }
}

fn put(said: &mut Said, owner: &str, of: &str, options: &Settings) {
    for (name, value) in options {
        said.put(owner, &format!("{of}.{name}"), Words::Option(value.clone()));
    }
}
