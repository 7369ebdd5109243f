//! What a profile that was read says.

use attune_core::options::Settings;
use attune_core::profile::{Profile, Value, schema};

use super::said::{Said, Words, typed_key};

/// Everything that a profile says, by field. The options of a task that it does not name are nobody's: see [`Said::adopt`].
pub(crate) fn said_by(profile: &Profile) -> Said {
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

fn put(said: &mut Said, owner: &str, of: &str, options: &Settings) {
    for (name, value) in options {
        said.put(owner, &format!("{of}.{name}"), Words::Option(value.clone()));
    }
}
