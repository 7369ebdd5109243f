//! Options and model facts, checked together.

use attune_guest::{Model, Options, Value};

use crate::grid::{Grid, Rule};
use crate::limits::Limits;

/// More rules than this make a table that nobody measures.
const MOST_RULES: u32 = 1024;

/// What can be chosen.
pub(crate) struct Heads {
    /// The layers that have a cache, ascending.
    pub(crate) layers: Vec<u32>,
    /// Transformer blocks.
    pub(crate) blocks: u32,
    /// Whether there is no choice but full attention and one window.
    pub(crate) one_window: bool,
    /// Whether some layer has to see everything.
    pub(crate) wants_a_full_layer: bool,
    /// KV heads per block.
    pub(crate) kv_heads: u32,
    /// Cells per block: its KV heads, or one for all of them.
    pub(crate) cells: u32,
    /// The options of every cell.
    pub(crate) rules: Vec<Rule>,
    /// Lengths whose density is limited, ascending.
    pub(crate) lengths: Vec<u32>,
    /// The longest of them that is profiled.
    pub(crate) profiled: u32,
    /// Largest mean density at every length.
    pub(crate) density: f64,
    /// First positions that every head keeps.
    pub(crate) sink: u32,
    /// Bytes of keys and values of one token, all heads, in 16 bits.
    pub(crate) token_bytes: f64,
}

impl Heads {
    pub(crate) fn new(model: &Model, options: &Options) -> Result<Self, String> {
        let Model { name, kv_heads, .. } = model;
        let layers = model.cache_layers();
        if layers.is_empty() || *kv_heads == 0 {
            return Err(format!("model `{name}` has no attention heads; attention-spans needs them"));
        }
        let limits = Limits::of(model);
        let one_window = limits.one_window(options);
        let grid = grid(model, options, one_window)?;
        let sink = limits.sink(options)?;
        let density = options.real("density");
        let rules = if one_window { window(&grid, options)? } else { grid.rules() };
        let lengths = lengths(&grid);
        for &length in &lengths {
            let least = rules.iter().map(|rule| rule.density(sink, length)).fold(f64::INFINITY, f64::min);
            if least > density {
                return Err(format!(
                    "`density` is {density}, but with {sink} sink positions the shortest rule keeps {least} of \
                     {length} tokens; raise `density` or lower {}",
                    if one_window { "`window`" } else { "`sink` or `alpha-step`" }
                ));
            }
        }
        let per_head = options.text("unit") == "kv-head" && !limits.joins_heads();
        let elements = layers.len() as f64 * model.cache_elements();
        Ok(Self {
            layers,
            blocks: model.layers,
            one_window,
            wants_a_full_layer: limits.wants_a_full_layer(),
            kv_heads: *kv_heads,
            cells: if per_head { *kv_heads } else { 1 },
            rules,
            lengths,
            profiled: grid.profiled,
            density,
            sink,
            token_bytes: 2.0 * elements,
        })
    }

    /// Cells of the whole model.
    pub(crate) fn count(&self) -> u32 {
        self.layers.len() as u32 * self.cells
    }

    /// The name of the axis of layers.
    pub(crate) fn axis(&self) -> &'static str {
        // Counted among those with a cache, where others have none.
        if self.layers.len() < self.blocks as usize { "cache-layer" } else { "layer" }
    }

    /// The rule of a cell.
    pub(crate) fn rule(&self, value: &Value) -> &Rule {
        &self.rules[value.option()]
    }

    /// The mean density of `cells` at `length`.
    pub(crate) fn mean_density(&self, cells: &[Value], length: u32) -> f64 {
        let sum: f64 = cells.iter().map(|cell| self.rule(cell).density(self.sink, length)).sum();
        sum / cells.len() as f64
    }
}

/// Full attention and the one window.
fn window(grid: &Grid, options: &Options) -> Result<Vec<Rule>, String> {
    let window = match options.int("window") {
        0 => (grid.longest / 8).max(1),
        given => given as u32,
    };
    if window >= grid.longest {
        return Err(format!(
            "`window` is {window}, and the longest budgeted length {}; set `window` to less",
            grid.longest
        ));
    }
    Ok(vec![Rule { alpha: f64::from(window), beta: 0.0 }, Rule { alpha: 0.0, beta: 1.0 }])
}

/// Whatever is 0 follows from the longest length in MoA's proportions: 2,048, 8,192 and 1,024 for 16,384. One window for whoever has one
/// does not shrink with the sequence, so that no length is budgeted below the longest that is profiled.
fn grid(model: &Model, options: &Options, one_window: bool) -> Result<Grid, String> {
    let or = |name: &str, otherwise: u32| match options.int(name) {
        0 => otherwise.max(1),
        given => given as u32,
    };
    let longest = or("longest", model.context);
    let profiled = or("profiled", longest / 2);
    let grid = Grid {
        shortest: or("shortest", if one_window { profiled } else { longest / 8 }),
        profiled,
        longest,
        alpha_step: or("alpha-step", longest / 16),
        betas: options.int("betas") as u32,
        elastic: options.boolean("elastic"),
    };
    let Grid { shortest, profiled, alpha_step, betas, .. } = grid;
    if shortest > profiled || profiled > longest {
        return Err(format!(
            "`shortest` is {shortest}, `profiled` {profiled} and `longest` {longest}; they have to ascend"
        ));
    }
    let rules = ((shortest + profiled) / alpha_step).saturating_add(1).saturating_mul(betas);
    if rules > MOST_RULES {
        return Err(format!(
            "`alpha-step` {alpha_step} and `betas` {betas} make up to {rules} rules; raise `alpha-step` or lower \
             `betas` until there are at most {MOST_RULES}"
        ));
    }
    Ok(grid)
}

/// The shortest length doubled as long as it is profiled, the longest profiled one, and the longest: MoA's 2k, 4k, 8k
/// and 16k.
fn lengths(grid: &Grid) -> Vec<u32> {
    let doubled = std::iter::successors(Some(grid.shortest), |length| length.checked_mul(2));
    let mut lengths: Vec<u32> = doubled.take_while(|&length| length < grid.profiled).collect();
    lengths.extend([grid.profiled, grid.longest]);
    lengths.dedup();
    lengths
}
