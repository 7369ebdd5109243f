//! Options and model facts, checked together.

use attune_guest::{Model, Options, Value};

use crate::grid::{Grid, Rule};

/// More rules than this make a table that nobody measures.
const MOST_RULES: u32 = 1024;

/// What can be chosen.
pub(crate) struct Heads {
    /// Transformer blocks.
    pub(crate) layers: u32,
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
        let Model { name, layers, kv_heads, .. } = model;
        if *layers == 0 || *kv_heads == 0 {
            return Err(format!("model `{name}` has no attention heads; attention-spans needs them"));
        }
        let grid = grid(model, options)?;
        let sink = options.int("sink") as u32;
        let density = options.real("density");
        let (rules, lengths) = (grid.rules(), lengths(&grid));
        for &length in &lengths {
            let least = rules.iter().map(|rule| rule.density(sink, length)).fold(f64::INFINITY, f64::min);
            if least > density {
                return Err(format!(
                    "`density` is {density}, but with {sink} sink positions the shortest rule keeps {least} of \
                     {length} tokens; raise `density` or lower `sink` or `alpha-step`"
                ));
            }
        }
        let per_head = options.text("unit") == "kv-head";
        let elements = f64::from(*layers) * model.cache_elements();
        Ok(Self {
            layers: *layers,
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

/// Whatever is 0 follows from the longest length in MoA's proportions: 2,048, 8,192 and 1,024 for 16,384.
fn grid(model: &Model, options: &Options) -> Result<Grid, String> {
    let or = |name: &str, otherwise: u32| match options.int(name) {
        0 => otherwise.max(1),
        given => given as u32,
    };
    let longest = or("longest", model.context);
    let grid = Grid {
        shortest: or("shortest", longest / 8),
        profiled: or("profiled", longest / 2),
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
