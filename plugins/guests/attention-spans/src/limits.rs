//! What the target of the search takes of spans. Without a target, anything.

use attune_guest::{Model, Options, Target};

const EDIT: &str = "attention-span";
/// First positions that every head keeps unless a study says otherwise.
pub(crate) const SINK: i64 = 4;

/// What the target takes, if there is one.
#[derive(Clone, Copy)]
pub(crate) struct Limits<'a>(Option<Target<'a>>);

impl<'a> Limits<'a> {
    pub(crate) fn of(model: &'a Model) -> Self {
        Self(model.target())
    }

    /// Whether heads choose between full attention and one window that all of them share.
    pub(crate) fn one_window(self, options: &Options) -> bool {
        self.only_one_window() || options.int("window") > 0
    }

    /// Whether the heads of a layer look back equally far.
    pub(crate) fn joins_heads(self) -> bool {
        self.0.is_some_and(|target| target.together(EDIT).contains(&"heads"))
    }

    /// First positions that every head keeps: none where the target has windows only.
    ///
    /// # Errors
    /// A number that the target has nothing for, with what to set.
    pub(crate) fn sink(self, options: &Options) -> Result<u32, String> {
        let asked = options.int("sink");
        match self.0 {
            // What nobody set is no wish.
            Some(target) if self.only_one_window() && asked != 0 && asked != SINK => Err(format!(
                "`sink` is {asked}, and target `{}` has windows without first positions; set `sink` to 0",
                target.name()
            )),
            _ if self.only_one_window() => Ok(0),
            _ => Ok(asked as u32),
        }
    }

    /// Whether a layer has to see everything.
    pub(crate) fn wants_a_full_layer(self) -> bool {
        self.only() == Some("one-window-beside-full")
    }

    fn only_one_window(self) -> bool {
        self.only() == Some("one-window") || self.wants_a_full_layer()
    }

    fn only(self) -> Option<&'a str> {
        self.0.and_then(|target| target.only(EDIT))
    }
}
