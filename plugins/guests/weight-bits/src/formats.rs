//! What codes of a number of bits are stored as: families of number grids, one grid for each number of bits.

use attune_guest::grids::{Grouping, NumberGrid, matrix_bytes};
use attune_guest::{Model, Options};

use crate::embeddings;
use crate::limits::{EDIT, Limits, listed};
use crate::modules::{Cell, Member};

/// This many bits mean that nothing is quantised.
pub(crate) const EXACT: u32 = 16;
/// Bits that the edit `weight-bits` takes.
pub(crate) const LEVELS: [u32; 7] = [2, 3, 4, 5, 6, 8, EXACT];
/// The grid that the target has, or that of edits without one.
const AUTO: &str = "auto";
/// What targets call the grid of edits that name none.
const DEFAULT: &str = "default";

/// A number grid; `None` is that of edits which name none.
type Grid = Option<NumberGrid>;

/// The words of the option `grid` with the grids of each. Of grids with the same bits, the first whose blocks divide a row is taken.
const FAMILIES: [(&str, &[Grid]); 8] = {
    use NumberGrid::{
        AffineInt, Fp8Block, Fp8Channel, Fp8Tensor, Mxfp4, Nvfp4, Q2K, Q3K, Q4_0, Q4K, Q5_0, Q5K, Q6K, Q8_0,
        Symmetric,
    };
    [
        ("affine", &[None]),
        ("symmetric", &[Some(Symmetric)]),
        ("affine-int", &[Some(AffineInt)]),
        (
            "gguf",
            &[
                Some(Q2K),
                Some(Q3K),
                Some(Q4K),
                Some(Q5K),
                Some(Q6K),
                Some(Q8_0),
                // Where a row is no multiple of 256.
                Some(Q4_0),
                Some(Q5_0),
            ],
        ),
        ("gguf-legacy", &[Some(Q4_0), Some(Q5_0), Some(Q8_0)]),
        ("fp8", &[Some(Fp8Channel), Some(Fp8Block), Some(Fp8Tensor)]),
        ("mxfp4", &[Some(Mxfp4), Some(Fp8Channel)]),
        ("nvfp4", &[Some(Nvfp4), Some(Fp8Channel)]),
    ]
};

/// The words of the option, the default first.
pub(crate) fn words() -> Vec<&'static str> {
    [AUTO].into_iter().chain(FAMILIES.map(|(word, _)| word)).collect()
}

/// The grids that a study stores weights on.
pub(crate) struct Formats {
    word: &'static str,
    grids: Vec<Grid>,
    /// Channels of a group where the grid leaves that open; 0 takes whole rows.
    group_size: u32,
    /// Whether somebody named a grid: the option, or the target.
    named: bool,
    /// The names of the grids that experts can be on, where not all are.
    of_experts: Option<Vec<String>>,
    /// The same of matrices outside of the layers, and the bits that these can have.
    of_embeddings: Option<Vec<String>>,
    embedding_levels: Option<Vec<u32>>,
    /// Bytes that tensors begin at multiples of in files.
    alignment: u32,
}

impl Formats {
    /// Those that the option asks for, as far as the target has them.
    pub(crate) fn new(model: &Model, options: &Options) -> Result<Self, String> {
        let asked = options.text("grid");
        let known = model.target().and_then(|target| Some((target, target.grids(EDIT)?)));
        let family = |word: &str| FAMILIES.into_iter().find(|(known, _)| *known == word);
        let of =
            |name: &str| FAMILIES.into_iter().find(|(_, grids)| grids.iter().any(|&grid| is(grid, name)));
        let (word, mut grids) = match (asked, &known) {
            (AUTO, None) => family("affine").map(|(word, grids)| (word, grids.to_vec())),
            (AUTO, Some((_, known))) => {
                known.iter().find_map(|name| of(name)).map(|(word, grids)| (word, grids.to_vec()))
            }
            (asked, _) => family(asked).map(|(word, grids)| (word, grids.to_vec())),
        }
        .unwrap_or(("affine", Vec::new()));
        if let Some((target, known)) = &known {
            grids.retain(|&grid| known.iter().any(|name| is(grid, name)));
            if grids.is_empty() {
                let known = known.join(", ");
                return Err(format!(
                    "`grid` is \"{asked}\", and target `{}` stores weights on the grids {known}; set `grid` to \"{AUTO}\"",
                    target.name()
                ));
            }
        }
        let formats = Self {
            word,
            grids,
            group_size: options.int("group-size") as u32,
            named: asked != AUTO || known.is_some(),
            of_experts: names(model.target().and_then(|target| target.expert_grids(EDIT))),
            of_embeddings: names(model.target().and_then(|target| target.grids(embeddings::EDIT))),
            embedding_levels: model.target().and_then(|target| target.levels(embeddings::EDIT)),
            alignment: model.target().map_or(1, |target| target.alignment()),
        };
        if formats.leaves_groups_open() {
            Limits::of(model).check_group(formats.group_size)?;
        }
        Ok(formats)
    }

    /// Whether a grid was named, by the option or by the target: without one, bytes are those of the option `overhead-bits`.
    pub(crate) fn are_named(&self) -> bool {
        self.named
    }

    /// Whether all codes are of the grid of edits that name none.
    pub(crate) fn are_usual(&self) -> bool {
        self.grids == [None]
    }

    /// The word that stands for them.
    pub(crate) fn word(&self) -> &'static str {
        self.word
    }

    /// Those of some levels that all modules of a cell can have.
    pub(crate) fn levels(&self, levels: &[u32], cell: &Cell) -> Result<Vec<u32>, String> {
        let limit = self.embedding_levels.as_ref().filter(|_| cell.of_embeddings);
        let has = |level: &u32| {
            let taken = limit.is_none_or(|levels| levels.contains(level));
            *level == EXACT || (taken && self.grid(cell, *level).is_some())
        };
        let found: Vec<u32> = levels.iter().copied().filter(has).collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let rows = cell.members.iter().map(|member| member.inputs.to_string()).collect::<Vec<String>>();
        let which = if cell.of_embeddings { "embeddings" } else { "experts" };
        let experts = self.limit(cell).map_or(String::new(), |names| {
            format!(" (the target's {which} are on {} alone)", names.join(", "))
        });
        let known: Vec<u32> = LEVELS.into_iter().filter(|level| *level != EXACT).filter(has).collect();
        Err(format!(
            "`levels` has {}, and for the rows of {} channels of `{}` the grids of \"{}\" have {}{experts}; add one of these to `levels`, or \
             16 to leave such modules exact",
            listed(levels),
            rows[0],
            cell.name(),
            self.word,
            if known.is_empty() { "none".to_owned() } else { format!("{} bits", listed(&known)) }
        ))
    }

    /// The grid of codes of `bits` for all modules of a cell: the first whose blocks divide their rows, and that the target has for
    /// experts if these are of some.
    pub(crate) fn grid(&self, cell: &Cell, bits: u32) -> Option<Grid> {
        let fits = |grid: NumberGrid| {
            let divides = |member: &Member| match grid.grouping() {
                Grouping::Of(block) => member.inputs.is_multiple_of(block),
                Grouping::Any | Grouping::Row => true,
            };
            // Modules that are stored as one matrix would share what was scored as a scale of each.
            let shares = cell.is_fused() && has_scales_of_matrices(grid);
            grid.bits().contains(&bits) && !shares && cell.members.iter().all(divides)
        };
        let limit = self.limit(cell);
        let taken = |grid: Grid| limit.is_none_or(|names| names.iter().any(|name| is(grid, name)));
        self.grids.iter().copied().find(|&grid| grid.is_none_or(fits) && taken(grid))
    }

    /// The names of the grids that a cell can be on, where these are not all.
    fn limit(&self, cell: &Cell) -> Option<&Vec<String>> {
        match cell.of_embeddings {
            true => self.of_embeddings.as_ref(),
            false => self.of_experts.as_ref().filter(|_| cell.is_of_experts()),
        }
    }

    /// The channels that share a scale in rows of `inputs`.
    pub(crate) fn group(&self, grid: Grid, inputs: u32) -> u32 {
        match grid.map_or(Grouping::Any, NumberGrid::grouping) {
            Grouping::Any if self.group_size > 0 => self.group_size,
            Grouping::Any | Grouping::Row => inputs,
            Grouping::Of(block) => block,
        }
    }

    /// Bytes of the weights of a cell in `bits`, scales, zero points and padding included.
    pub(crate) fn bytes(&self, cell: &Cell, bits: u32) -> u64 {
        let grid = self.grid(cell, bits).flatten();
        let matrices = cell.matrices();
        let bytes = |matrix: &Member| {
            let group = self.group(grid, matrix.inputs);
            let one = matrix_bytes(grid, bits, group, matrix.outputs, matrix.inputs, matrix.element_bytes);
            (one * u64::from(matrix.copies)).next_multiple_of(self.alignment.into())
        };
        matrices.iter().map(bytes).sum()
    }

    /// Whether `group-size` means anything: some grid has groups of any size.
    pub(crate) fn leaves_groups_open(&self) -> bool {
        self.grids.iter().any(|grid| grid.is_none_or(|grid| grid.grouping() == Grouping::Any))
    }
}

fn names(words: Option<Vec<&str>>) -> Option<Vec<String>> {
    Some(words?.into_iter().map(str::to_owned).collect())
}

/// Whether a grid has scales of more than a row.
fn has_scales_of_matrices(grid: NumberGrid) -> bool {
    matches!(grid, NumberGrid::Fp8Tensor | NumberGrid::Fp8Block | NumberGrid::Nvfp4)
}

/// Whether a grid is what targets call by that name.
fn is(grid: Grid, name: &str) -> bool {
    grid.map_or(DEFAULT, NumberGrid::name) == name
}
