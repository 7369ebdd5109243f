//! What the target of the search takes: grids, bits, and what shares one format. Without a target, anything.

use attune_guest::grids::CacheGrid;
use attune_guest::{Model, Options, Target};

use crate::format::EXACT;

const EDIT: &str = "kv-bits";
/// What a target calls the grid of edits that name none.
const DEFAULT_GRID: &str = "default";
/// The words of the option `grid`, the default first.
pub(crate) const GRIDS: [&str; 4] = ["auto", "affine", "fp8-e4m3", "gguf"];
/// First and last positions that are exact unless a study says otherwise.
pub(crate) const SINK: i64 = 4;
pub(crate) const RECENT: i64 = 32;

/// What the target takes, if there is one.
#[derive(Clone, Copy)]
pub(crate) struct Limits<'a>(Option<Target<'a>>);

impl<'a> Limits<'a> {
    pub(crate) fn of(model: &'a Model) -> Self {
        Self(model.target())
    }

    /// The grids of engines that formats are chosen from; `None` for the grid of the edit.
    pub(crate) fn grids(self, options: &Options) -> Result<Option<Vec<CacheGrid>>, String> {
        let asked = options.text("grid");
        let told = self.0.and_then(|target| Some((target.name(), target.grids(EDIT)?)));
        let family: Vec<CacheGrid> = match asked {
            "fp8-e4m3" => vec![CacheGrid::Fp8E4m3],
            "gguf" => CacheGrid::ALL.into_iter().filter(|grid| grid.blocks().is_some()).collect(),
            _ => CacheGrid::ALL.to_vec(),
        };
        let Some((target, words)) = told else {
            return Ok((asked != "auto" && asked != "affine").then_some(family));
        };
        if words.contains(&DEFAULT_GRID) && (asked == "auto" || asked == "affine") {
            return Ok(None);
        }
        let known: Vec<CacheGrid> = words.iter().filter_map(|word| CacheGrid::from_name(word)).collect();
        let both: Vec<CacheGrid> = known.into_iter().filter(|grid| family.contains(grid)).collect();
        if both.is_empty() || asked == "affine" {
            return Err(format!(
                "`grid` is \"{asked}\", and target `{target}` has caches on the grids {}; set `grid` to \"auto\"",
                words.join(", ")
            ));
        }
        Ok(Some(both))
    }

    /// Leaves out the bits that the target has no codes of; exact ones need none.
    pub(crate) fn levels(self, levels: Vec<u32>) -> Vec<u32> {
        match self.0.and_then(|target| target.levels(EDIT)) {
            Some(known) => {
                levels.into_iter().filter(|level| *level == EXACT || known.contains(level)).collect()
            }
            None => levels,
        }
    }

    /// What a message says of who limits the search.
    pub(crate) fn who(self) -> String {
        self.0.map_or_else(String::new, |target| format!(" for target `{}`", target.name()))
    }

    /// The order that blocks of keys are cut in, where it is not the model's own.
    pub(crate) fn key_order(self) -> Option<&'a str> {
        self.0.and_then(|target| target.key_order())
    }

    /// Whether layers have one format or stay exact, all the same one.
    pub(crate) fn two_level(self) -> bool {
        self.0.is_some_and(|target| target.layers(EDIT) == "two-level")
    }

    /// Whether the whole model has one format of keys and one of values.
    pub(crate) fn whole_model(self) -> bool {
        self.0.is_some_and(|target| target.layers(EDIT) == "same")
    }

    /// Whether keys and values of a layer have the same format.
    pub(crate) fn joins_parts(self) -> bool {
        self.0.is_some_and(|target| target.together(EDIT).contains(&"keys+values"))
    }

    /// First and last positions that stay exact: those of the options, and none where the target rounds every position. `group_size` is
    /// that of the edit's grid; engines' grids have their own.
    ///
    /// # Errors
    /// Options that the target has nothing for, with what to set.
    pub(crate) fn check(self, options: &Options, group_size: Option<u32>) -> Result<(i64, i64), String> {
        let asked = (options.int("sink"), options.int("recent"));
        let Some(target) = self.0 else { return Ok(asked) };
        let name = target.name();
        if options.text("heads") == "kv-head" && target.together(EDIT).contains(&"heads") {
            return Err(format!(
                "`heads` is \"kv-head\", and target `{name}` stores the heads of a layer alike; set `heads` to \"layer\""
            ));
        }
        if let (Some(groups), Some(group_size)) = (target.groups(EDIT), group_size)
            && !groups.contains(&group_size)
        {
            let groups: Vec<String> = groups.iter().map(u32::to_string).collect();
            return Err(format!(
                "`group-size` is {group_size}, and target `{name}` has groups of {} channels; set `group-size` to one of these",
                groups.join(", ")
            ));
        }
        if target.only(EDIT) != Some("every-position") {
            return Ok(asked);
        }
        // What nobody set is no wish.
        for (option, found, usual) in [("sink", asked.0, SINK), ("recent", asked.1, RECENT)] {
            if found != usual && found != 0 {
                return Err(format!(
                    "`{option}` is {found}, and target `{name}` rounds every position; set `{option}` to 0"
                ));
            }
        }
        if options.ints("smoothing") != [0] {
            return Err(format!(
                "`smoothing` is {:?}, and target `{name}` does not scale keys; set `smoothing` to [0]",
                options.ints("smoothing")
            ));
        }
        if options.int("shrink-from") != 0 {
            return Err(format!(
                "`shrink-from` is {}, and target `{name}` rounds once; set `shrink-from` to 0",
                options.int("shrink-from")
            ));
        }
        Ok((0, 0))
    }
}
