//! Typed views of open edits.

use attune_core::options::OptionValue;
use attune_core::plan::{Edit, EditError};

use crate::embeddings::Embedding;
use crate::module::Module;

/// The typed view of one kind of edit.
///
/// ```
/// use attune_core::plan::Edit;
/// use attune_vocabulary::ModelEdit as _;
/// use attune_vocabulary::edits::DropBlock;
///
/// let open = Edit::new("drop-block").int("layer", 3);
/// assert_eq!(DropBlock::of(&open), Some(DropBlock { layer: 3, part: None }));
/// assert_eq!(DropBlock { layer: 3, part: None }.write(), open);
/// assert_eq!(DropBlock::of(&Edit::new("kv-bits")), None, "another kind");
/// ```
pub trait ModelEdit: Sized {
    /// Name in the vocabulary.
    const KIND: &'static str;

    /// The arguments of `edit`, which is of this kind. Types are checked here; ranges by
    /// [`Vocabulary::accept`](attune_core::plan::Vocabulary::accept).
    ///
    /// # Errors
    /// A missing or ill-typed argument.
    fn read(edit: &Edit) -> Result<Self, EditError>;

    /// The open form; arguments that are absent stay so.
    fn write(&self) -> Edit;

    /// The view of `edit` if it is of this kind and has the arguments of it.
    fn of(edit: &Edit) -> Option<Self> {
        (edit.kind == Self::KIND).then(|| Self::read(edit).ok()).flatten()
    }
}

/// A type that an argument is read as.
pub(crate) trait Field: Sized {
    /// What is expected, as messages say it.
    const EXPECTED: &'static str;

    /// The argument; `None` where it has another type.
    fn get(value: &OptionValue) -> Option<Self>;

    /// The value, unless it is absent.
    fn put(&self) -> Option<OptionValue>;

    /// What its absence means, if it may be absent.
    fn absent() -> Option<Self> {
        None
    }
}

impl Field for u32 {
    const EXPECTED: &'static str = "a whole number from 0 to 4294967295";

    fn get(value: &OptionValue) -> Option<Self> {
        match value {
            OptionValue::Int(number) => u32::try_from(*number).ok(),
            _ => None,
        }
    }

    fn put(&self) -> Option<OptionValue> {
        Some(OptionValue::Int(i64::from(*self)))
    }
}

impl Field for f64 {
    const EXPECTED: &'static str = "a real number";

    fn get(value: &OptionValue) -> Option<Self> {
        match value {
            OptionValue::Real(number) => Some(*number),
            OptionValue::Int(number) => Some(*number as f64),
            _ => None,
        }
    }

    fn put(&self) -> Option<OptionValue> {
        Some(OptionValue::Real(*self))
    }
}

impl Field for Vec<u32> {
    const EXPECTED: &'static str = "a list of whole numbers from 0 to 4294967295";

    fn get(value: &OptionValue) -> Option<Self> {
        match value {
            OptionValue::Ints(numbers) => numbers.iter().map(|&number| u32::try_from(number).ok()).collect(),
            _ => None,
        }
    }

    fn put(&self) -> Option<OptionValue> {
        Some(OptionValue::Ints(self.iter().map(|&number| i64::from(number)).collect()))
    }
}

impl Field for Vec<f64> {
    const EXPECTED: &'static str = "a list of real numbers";

    fn get(value: &OptionValue) -> Option<Self> {
        match value {
            OptionValue::Reals(numbers) => Some(numbers.clone()),
            OptionValue::Ints(numbers) => Some(numbers.iter().map(|&number| number as f64).collect()),
            _ => None,
        }
    }

    fn put(&self) -> Option<OptionValue> {
        Some(OptionValue::Reals(self.clone()))
    }
}

impl Field for Module {
    const EXPECTED: &'static str = "one of q-a, q-b, q, kv-a, kv-b, k, v, o, gate, up, down";

    fn get(value: &OptionValue) -> Option<Self> {
        match value {
            OptionValue::Text(name) => Module::from_name(name),
            _ => None,
        }
    }

    fn put(&self) -> Option<OptionValue> {
        Some(OptionValue::Text(self.name().to_owned()))
    }
}

impl Field for Embedding {
    const EXPECTED: &'static str = "one of input, output";

    fn get(value: &OptionValue) -> Option<Self> {
        match value {
            OptionValue::Text(name) => Embedding::from_name(name),
            _ => None,
        }
    }

    fn put(&self) -> Option<OptionValue> {
        Some(OptionValue::Text(self.name().to_owned()))
    }
}

impl<T: Field> Field for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn get(value: &OptionValue) -> Option<Self> {
        T::get(value).map(Some)
    }

    fn put(&self) -> Option<OptionValue> {
        self.as_ref().and_then(T::put)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// The argument `name` of `edit`.
pub(crate) fn read<T: Field>(edit: &Edit, name: &str) -> Result<T, EditError> {
    let (kind, argument) = (edit.kind.clone(), name.to_owned());
    match edit.args.get(name) {
        Some(value) => T::get(value).ok_or_else(|| EditError::BadArgument {
            kind,
            argument,
            found: value.to_string(),
            expected: T::EXPECTED.to_owned(),
        }),
        None => T::absent().ok_or(EditError::MissingArgument { kind, argument }),
    }
}

/// `edit` with the argument `name`, unless it is absent.
pub(crate) fn write(edit: Edit, name: &str, value: &impl Field) -> Edit {
    match value.put() {
        Some(value) => edit.with(name, value),
        None => edit,
    }
}

/// The typed view of an edit: which field is which argument.
macro_rules! view {
    ($edit:ty, $kind:literal, $($field:ident: $argument:literal),+ $(,)?) => {
        impl $crate::ModelEdit for $edit {
            const KIND: &'static str = $kind;

            fn read(edit: &attune_core::plan::Edit) -> Result<Self, attune_core::plan::EditError> {
                Ok(Self { $($field: $crate::view::read(edit, $argument)?),+ })
            }

            fn write(&self) -> attune_core::plan::Edit {
                let edit = attune_core::plan::Edit::new($kind);
                $(let edit = $crate::view::write(edit, $argument, &self.$field);)+
                edit
            }
        }

        impl From<$edit> for attune_core::plan::Edit {
            fn from(edit: $edit) -> Self {
                $crate::ModelEdit::write(&edit)
            }
        }
    };
}
pub(crate) use view;
