//! What the target of the search takes: bits, group sizes, and which modules share a level. Without a target, anything.

use attune_guest::{LinearModule, Model, Options, Target};

use crate::embeddings;
use crate::formats::{EXACT, Formats};
use crate::modules::Cell;

pub(crate) const EDIT: &str = "weight-bits";

/// What the target takes, if there is one.
pub(crate) struct Limits<'a>(Option<Target<'a>>);

impl<'a> Limits<'a> {
    pub(crate) fn of(model: &'a Model) -> Self {
        Self(model.target())
    }

    /// Leaves out the levels that the target has no codes of; exact weights need none.
    pub(crate) fn keep(&self, levels: &mut Vec<u32>) -> Result<(), String> {
        let Some((target, known)) = self.0.and_then(|target| Some((target, target.levels(EDIT)?))) else {
            return Ok(());
        };
        levels.retain(|level| *level == EXACT || known.contains(level));
        match levels.is_empty() {
            true => Err(format!(
                "target `{}` has {} bits, and none of them is among `levels`; give at least one",
                target.name(),
                listed(&known)
            )),
            false => Ok(()),
        }
    }

    /// Refuses a size of groups that the target has nothing for.
    pub(crate) fn check_group(&self, asked: u32) -> Result<(), String> {
        let Some(target) = self.0 else { return Ok(()) };
        match target.groups(EDIT).filter(|groups| !groups.contains(&asked)) {
            Some(groups) => Err(format!(
                "`group-size` is {asked}, and target `{}` has groups of {} channels; set `group-size` to one of these",
                target.name(),
                listed(&groups)
            )),
            None => Ok(()),
        }
    }

    /// Refuses experts on their own where the target has nothing for that.
    pub(crate) fn check_experts(&self, options: &Options) -> Result<(), String> {
        match self.0 {
            Some(target)
                if options.text("experts") == "apart" && target.together(EDIT).contains(&"experts") =>
            {
                Err(format!(
                    "`experts` is \"apart\", and target `{}` stores the experts of a layer with the same bits; set `experts` to \
                     \"together\"",
                    target.name()
                ))
            }
            _ => Ok(()),
        }
    }

    /// Those of a model's matrices outside of its layers that the target has few bits for.
    pub(crate) fn embeddings<'n>(&self, names: &[&'n str]) -> Result<Vec<&'n str>, String> {
        let Some(target) = self.0 else { return Ok(names.to_vec()) };
        if !target.takes(embeddings::EDIT) {
            return Err(format!(
                "`embeddings` is \"{}\", and target `{}` stores embeddings as they are; set it to \"{}\"",
                embeddings::WORDS[1],
                target.name(),
                embeddings::WORDS[0]
            ));
        }
        let only = target.only(embeddings::EDIT);
        let taken: Vec<&str> =
            names.iter().copied().filter(|name| only.is_none_or(|only| only == *name)).collect();
        match taken.is_empty() {
            true => Err(format!(
                "`embeddings` is \"{}\", and target `{}` has few bits for the {} embedding alone, which is no matrix of its own in \
                 this model; set it to \"{}\"",
                embeddings::WORDS[1],
                target.name(),
                only.unwrap_or_default(),
                embeddings::WORDS[0]
            )),
            false => Ok(taken),
        }
    }

    /// The cells of a layer, those that share a level as one.
    pub(crate) fn shared(
        &self,
        cells: Vec<Cell>,
        modules: &[LinearModule],
        formats: &Formats,
    ) -> Result<Vec<Cell>, String> {
        let Some(target) = self.0 else { return Ok(cells) };
        let sets = target.together(EDIT);
        let tensor =
            |name: &str| modules.iter().find(|module| module.name == name).map(|module| &module.tensor);
        let of_experts = |name: &str| modules.iter().any(|module| module.name == name && module.matrices > 1);
        let together = |one: &str, other: &str| {
            let stored = sets.contains(&"stored") && tensor(one) == tensor(other);
            let has = |set: &str, name: &str| set.split('+').any(|member| member == name);
            let experts = sets.contains(&"expert-modules") && of_experts(one) && of_experts(other);
            stored || experts || sets.iter().any(|set| has(set, one) && has(set, other))
        };
        let mut shared: Vec<Cell> = Vec::with_capacity(cells.len());
        for cell in cells {
            let of_cell = |other: &&mut Cell| {
                let shares = |name: &str| together(name, &cell.members[0].name);
                other.expert == cell.expert && other.members.iter().any(|member| shares(&member.name))
            };
            let Some(other) = shared.iter_mut().find(of_cell) else {
                shared.push(cell);
                continue;
            };
            let group = |cell: &Cell| formats.group(None, cell.members[0].inputs);
            if formats.leaves_groups_open() && group(other) != group(&cell) {
                return Err(format!(
                    "target `{}` gives `{}` and `{}` the same bits in the same groups, and their rows differ in length; set \
                     `group-size` to what divides both",
                    target.name(),
                    other.name(),
                    cell.name()
                ));
            }
            other.members.extend(cell.members);
        }
        Ok(shared)
    }
}

/// Numbers with commas between them.
pub(crate) fn listed(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<String>>().join(", ")
}
