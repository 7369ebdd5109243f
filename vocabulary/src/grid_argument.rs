//! Arguments that name a number grid, and what they ask of bits and groups.

use attune_core::options::OptionValue;
use attune_core::plan::{Argument, Condition, EditSchema};

/// An argument that names the number grid of an engine.
pub(crate) struct GridArgument<'a> {
    pub(crate) name: &'a str,
    pub(crate) help: &'a str,
    pub(crate) absent: &'a str,
    /// The argument with the bits of a code. At 16 nothing is in few bits, and the grid says nothing.
    pub(crate) bits: &'a str,
    /// The argument with the channels of a group.
    pub(crate) group: &'a str,
}

/// A grid as an argument names it: its bits, and the one size of groups that it has, if it has one.
pub(crate) type Named = (&'static str, &'static [u32], Option<u32>);

impl GridArgument<'_> {
    /// `schema` with it; the numbers that a grid fixes are asked for.
    pub(crate) fn of(&self, schema: EditSchema, grids: &[Named]) -> EditSchema {
        let words = grids.iter().map(|(word, ..)| *word);
        let argument = Argument::word(self.name, words, self.help).optional(self.absent);
        let schema = schema.with(argument).idle(self.name, Condition::is(self.bits, OptionValue::Int(16)));
        grids.iter().fold(schema, |schema, (word, bits, group)| {
            let is = || Condition::is(self.name, OptionValue::Text((*word).to_owned()));
            let schema = schema.requires(self.bits, bits.iter().copied(), is());
            match group {
                Some(size) => schema.requires(self.group, [*size], is()),
                None => schema,
            }
        })
    }
}
