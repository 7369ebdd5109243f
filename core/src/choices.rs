//! What an evaluator chose for edits of a plan by its data: codes of weights, say, that follow neither from the plan nor from the files of
//! the model. What is exported has to have them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::plan::Edit;

/// Bytes that an evaluator chose, by the edit that they are for: by its canonical line, since edits have real numbers and so no order of
/// their own. What they mean is said by the kind of the edit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choices(BTreeMap<String, Vec<Arc<[u8]>>>);

impl Choices {
    /// Says what was chosen for an edit, part by part in the order that its kind says.
    pub fn insert(&mut self, edit: &Edit, parts: Vec<Arc<[u8]>>) {
        self.0.insert(edit.to_string(), parts);
    }

    /// What was chosen for an edit; `None` where nothing was.
    pub fn of(&self, edit: &Edit) -> Option<&[Arc<[u8]>]> {
        self.0.get(&edit.to_string()).map(Vec::as_slice)
    }

    /// Whether nothing was chosen.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_last_for_an_edit_is_what_it_has() {
        let (one, other) = (Edit::new("one").int("layer", 0), Edit::new("one").int("layer", 1));
        let mut choices = Choices::default();
        assert!(choices.is_empty());
        choices.insert(&one, vec![Arc::from([1])]);
        choices.insert(&one, vec![Arc::from([2]), Arc::from([3])]);
        assert_eq!(choices.of(&one), Some(&[Arc::from([2]), Arc::from([3])][..]));
        assert_eq!(choices.of(&other), None);
    }
}
