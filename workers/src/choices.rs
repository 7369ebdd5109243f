//! What a worker chose for edits of a plan, as it is heard.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use attune_core::choices::Choices;
use attune_core::plan::Plan;

use crate::wire::Choice;

/// What a worker has told so far of the edits of a plan: edit, and its parts.
pub(crate) struct Heard<'a> {
    plan: &'a Plan,
    told: Mutex<Vec<(usize, Vec<Vec<u8>>)>>,
}

impl<'a> Heard<'a> {
    pub(crate) fn new(plan: &'a Plan) -> Self {
        Self { plan, told: Mutex::default() }
    }

    /// As if nothing had been told: it is asked anew.
    pub(crate) fn forget(&self) {
        self.told().clear();
    }

    /// Takes a piece.
    ///
    /// # Errors
    /// In words, what makes no sense.
    pub(crate) fn add(&self, said: &Choice) -> Result<(), String> {
        let (edit, part, edits) = (said.edit, said.part, self.plan.edits().len());
        if edit >= edits {
            return Err(format!("a choice for edit {edit}, and the plan has {edits}, counted from 0"));
        }
        let mut bytes = said.decoded()?;
        let mut told = self.told();
        let last = told.last().map(|(edit, _)| *edit);
        if last.is_some_and(|last| last > edit) {
            return Err(format!("a choice for edit {edit} comes after one for a later edit"));
        }
        if last != Some(edit) {
            told.push((edit, Vec::new()));
        }
        let Some((_, parts)) = told.last_mut() else { return Ok(()) };
        match part {
            _ if part == parts.len() => parts.push(bytes),
            _ if part + 1 == parts.len() => parts[part].append(&mut bytes),
            _ => return Err(format!("part {part} of edit {edit} comes after {} parts of it", parts.len())),
        }
        Ok(())
    }

    /// All of it.
    pub(crate) fn all(self) -> Choices {
        let mut choices = Choices::default();
        for (edit, parts) in self.told.into_inner().unwrap_or_else(PoisonError::into_inner) {
            choices.insert(&self.plan.edits()[edit], parts.into_iter().map(Arc::from).collect());
        }
        choices
    }

    fn told(&self) -> MutexGuard<'_, Vec<(usize, Vec<Vec<u8>>)>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use attune_core::plan::Edit;

    use super::*;

    #[test]
    fn pieces_become_parts_and_what_makes_no_sense_is_named() {
        let edits = [0, 1].map(|layer| Edit::new("weight-bits").int("layer", layer));
        let plan = Plan::from_canonical(edits.to_vec());
        let heard = Heard::new(&plan);
        let say = |edit, part, bytes: &str| heard.add(&Choice { edit, part, bytes: bytes.to_owned() });
        say(0, 0, "AQI=").unwrap();
        heard.forget();
        for (part, bytes) in [(0, "AQI="), (0, "Aw=="), (1, "BA==")] {
            say(1, part, bytes).unwrap();
        }
        for (refused, words) in [
            (say(2, 0, "AQI="), "the plan has 2"),
            (say(1, 0, "AQI="), "part 0 of edit 1 comes after 2 parts"),
            (say(1, 3, "AQI="), "part 3 of edit 1 comes after 2 parts"),
            (say(0, 0, "AQI="), "after one for a later edit"),
            (say(1, 2, "?"), "part 2 of edit 1 are not base64"),
        ] {
            let refused = refused.unwrap_err();
            assert!(refused.contains(words), "{refused}");
        }
        let choices = heard.all();
        assert_eq!(choices.of(&edits[0]), None);
        assert_eq!(choices.of(&edits[1]), Some(&[Arc::from([1, 2, 3]), Arc::from([4])][..]));
    }
}
