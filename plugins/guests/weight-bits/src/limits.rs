//! What the target of the search takes: bits, group sizes, and which modules share a level. Without a target, anything.

use attune_guest::{LinearModule, Model, Options, Target};

use crate::allocation::EXACT;
use crate::modules::Module;

const EDIT: &str = "weight-bits";

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

    /// Refuses options that the target has nothing for.
    pub(crate) fn check(&self, options: &Options) -> Result<(), String> {
        let Some(target) = self.0 else { return Ok(()) };
        let (name, asked) = (target.name(), options.int("group-size") as u32);
        if let Some(groups) = target.groups(EDIT).filter(|groups| !groups.contains(&asked)) {
            return Err(format!(
                "`group-size` is {asked}, and target `{name}` has groups of {} channels; set `group-size` to one of these",
                listed(&groups)
            ));
        }
        if options.text("experts") == "apart" && target.together(EDIT).contains(&"experts") {
            return Err(format!(
                "`experts` is \"apart\", and target `{name}` stores the experts of a layer with the same bits; set `experts` to \
                 \"together\""
            ));
        }
        Ok(())
    }

    /// The cells of a layer, those that share a level as one.
    pub(crate) fn shared(&self, cells: Vec<Module>, modules: &[LinearModule]) -> Result<Vec<Module>, String> {
        let Some(target) = self.0 else { return Ok(cells) };
        let sets = target.together(EDIT);
        let tensor =
            |name: &str| modules.iter().find(|module| module.name == name).map(|module| &module.tensor);
        let together = |one: &str, other: &str| {
            let stored = sets.contains(&"stored") && tensor(one) == tensor(other);
            let has = |set: &str, name: &str| set.split('+').any(|member| member == name);
            stored || sets.iter().any(|set| has(set, one) && has(set, other))
        };
        let mut shared: Vec<Module> = Vec::with_capacity(cells.len());
        for cell in cells {
            let of_cell = |other: &&mut Module| {
                other.expert == cell.expert && other.names.iter().any(|name| together(name, &cell.names[0]))
            };
            let Some(other) = shared.iter_mut().find(of_cell) else {
                shared.push(cell);
                continue;
            };
            if other.group_size != cell.group_size {
                return Err(format!(
                    "target `{}` gives `{}` and `{}` the same bits in the same groups, and their rows differ in length; set \
                     `group-size` to what divides both",
                    target.name(),
                    other.name(),
                    cell.name()
                ));
            }
            other.weights += cell.weights;
            other.names.extend(cell.names);
        }
        Ok(shared)
    }
}

fn listed(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<String>>().join(", ")
}
