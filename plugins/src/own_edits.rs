//! Edits that attune does not have: a technique may emit them where an evaluator brings their schemas.

use attune_core::plan::{Edit, EditError, Vocabulary};
use attune_core::suggest::hint;
use attune_core::technique::FailureKind;

/// The edits that plans of a technique may hold.
#[derive(Clone, Debug, Default)]
pub(crate) enum KnownEdits {
    /// Those of attune.
    #[default]
    Ours,
    /// Those of attune, and others of an evaluator.
    With {
        /// The evaluator, by name.
        evaluator: String,
        /// All of them.
        all: Vocabulary,
    },
    /// Those of attune, and whatever else the technique declares: there is no evaluator to ask.
    Unchecked,
}

impl KnownEdits {
    /// Those of attune and of an evaluator; of two schemas for one kind attune's counts, by which results are kept.
    pub(crate) fn with(evaluator: &str, edits: &Vocabulary) -> Self {
        let ours = attune_vocabulary::model();
        let all = ours.schemas().iter().chain(edits.schemas()).cloned();
        let unedited = ours.describe(&attune_core::plan::Plan::empty());
        let all = Vocabulary::new(all).calling_unedited(&unedited.concat());
        Self::With { evaluator: evaluator.to_owned(), all }
    }

    /// The schemas that are known.
    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        match self {
            Self::Ours | Self::Unchecked => attune_vocabulary::model(),
            Self::With { all, .. } => all,
        }
    }

    /// An edit in normal form; `declared` are the kinds that the technique says its plans are made of.
    ///
    /// # Errors
    /// [`FailureKind::UnknownEdit`] for a kind that it declares and that nobody has a schema of, else
    /// [`FailureKind::BadOutput`].
    pub(crate) fn accept(&self, edit: Edit, declared: &[String]) -> Result<Edit, FailureKind> {
        let bad = |error: EditError| FailureKind::BadOutput(error.to_string());
        let is_declared = declared.contains(&edit.kind);
        match self.vocabulary().accept(&edit) {
            Ok(accepted) if is_declared => Ok(accepted),
            Ok(accepted) => Err(FailureKind::BadOutput(format!(
                "edit {accepted} is of a kind that it does not declare ({})",
                declared.join(", ")
            ))),
            Err(EditError::UnknownKind { .. }) if is_declared => match self {
                Self::Unchecked => Ok(edit),
                _ => Err(self.unknown(edit.kind)),
            },
            Err(error) => Err(bad(error)),
        }
    }

    fn unknown(&self, kind: String) -> FailureKind {
        let ours = attune_vocabulary::model();
        let (evaluator, own) = match self {
            Self::With { evaluator, all } => {
                let own: Vec<&str> = all.kinds().filter(|kind| ours.schema(kind).is_none()).collect();
                (format!("evaluator `{evaluator}`"), own.join(", "))
            }
            Self::Ours | Self::Unchecked => ("no evaluator here".to_owned(), String::new()),
        };
        let hint = match own.as_str() {
            "" => hint(&kind, ours.kinds()),
            own => format!(" (it brings {own})"),
        };
        FailureKind::UnknownEdit { kind, evaluator, hint }
    }
}

#[cfg(test)]
mod tests {
    use attune_core::plan::{Argument, EditSchema};

    use super::*;

    fn threads() -> Vocabulary {
        let schema = EditSchema::new("threads", "Sets how many threads a stage has.", "");
        Vocabulary::new([schema.with(Argument::count("stage", "")).with(Argument::set("cores", ""))])
    }

    fn declared() -> Vec<String> {
        ["threads", "drop-block"].map(str::to_owned).to_vec()
    }

    #[test]
    fn an_edit_of_an_evaluator_is_checked_by_the_schema_that_it_brings() {
        let known = KnownEdits::with("pipeline", &threads());
        let edit = Edit::new("threads").int("stage", 1).ints("cores", vec![3, 1, 3]);
        assert_eq!(known.accept(edit, &declared()).unwrap().to_string(), "threads(cores:[1, 3],stage:1)");
        let short = known.accept(Edit::new("threads").int("stage", 1), &declared()).unwrap_err();
        assert_eq!(
            short.to_string(),
            "it returned something invalid: edit `threads` lacks the argument `cores`"
        );
        let ours = Edit::new("drop-block").int("layer", 1);
        assert_eq!(known.accept(ours.clone(), &declared()).unwrap(), ours);
        let silent =
            known.accept(Edit::new("keep-experts").int("layer", 0).ints("experts", vec![0]), &declared());
        assert!(silent.unwrap_err().to_string().contains("does not declare (threads, drop-block)"));
    }

    #[test]
    fn one_that_nobody_brings_is_refused_with_who_does_not_and_what_to_do() {
        let said = |known: &KnownEdits, kind: &str| {
            known.accept(Edit::new(kind), &[kind.to_owned()]).unwrap_err().to_string()
        };
        let words = said(&KnownEdits::with("native", attune_vocabulary::model()), "threads");
        assert!(
            words.starts_with("its plans have the edit `threads`, which attune does not have and evaluator `native` does not bring;")
                && words.contains("evaluator: (command: ["),
            "{words}"
        );
        let words = said(&KnownEdits::with("pipeline", &threads()), "thread");
        assert!(words.contains("evaluator `pipeline` does not bring (it brings threads);"), "{words}");
        let words = said(&KnownEdits::default(), "drop-blok");
        assert!(words.contains("no evaluator here does not bring; did you mean `drop-block`?;"), "{words}");
    }

    #[test]
    fn without_an_evaluator_to_ask_only_what_is_declared_passes() {
        let edit = Edit::new("threads").text("anything", "goes");
        assert_eq!(KnownEdits::Unchecked.accept(edit.clone(), &declared()), Ok(edit));
        assert!(KnownEdits::Unchecked.accept(Edit::new("thread"), &declared()).is_err());
    }
}
