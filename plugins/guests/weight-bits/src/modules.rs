//! What has bits of its own, and what it costs.

use attune_guest::{Model, Options};

/// This many bits mean that nothing is quantised.
pub(crate) const EXACT: u32 = 16;
/// Bits that the edit `weight-bits` takes.
const LEVELS: [u32; 7] = [2, 3, 4, 5, 6, 8, EXACT];

/// One cell of a layer: a module, of all experts together or of one.
#[derive(Clone, Copy)]
pub(crate) struct Module {
    /// The name in plans.
    pub(crate) name: &'static str,
    pub(crate) expert: Option<u32>,
    /// Weights, of all experts where they go together.
    pub(crate) weights: f64,
    /// Input channels that share a scale and a zero point.
    pub(crate) group_size: u32,
}

/// Family of image generators: layers are the input, blocks of two matrices, and the output.
const GENERATOR: &str = "attune_denoiser";

/// What can be allotted.
pub(crate) struct Allocation {
    /// Blocks, of which the first is the layer `first`.
    pub(crate) layers: u32,
    /// 0 where all layers are blocks.
    pub(crate) first: u32,
    /// The cells of one layer.
    pub(crate) modules: Vec<Module>,
    /// Bits to choose from, ascending.
    pub(crate) levels: Vec<u32>,
    /// Most stored bits per weight on average.
    pub(crate) average: f64,
    /// Bits of the scale and the zero point of one group.
    overhead: f64,
}

impl Allocation {
    pub(crate) fn new(model: &Model, options: &Options) -> Result<Self, String> {
        let mut levels: Vec<u32> = options.ints("levels").iter().map(|&level| level as u32).collect();
        levels.sort_unstable();
        levels.dedup();
        if let Some(level) = levels.iter().find(|level| !LEVELS.contains(level)) {
            return Err(format!("`levels` contains {level}; bits are 2, 3, 4, 5, 6 or 8, and 16 is exact"));
        }
        let (first, layers, modules) = blocks(model, options)?;
        let allocation = Self {
            layers,
            first,
            modules,
            levels,
            average: options.real("average"),
            overhead: options.int("overhead-bits") as f64,
        };
        let cheapest = (0..allocation.levels.len())
            .map(|level| (allocation.uniform(level), allocation.levels[level]))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let (least, level) = cheapest.ok_or("`levels` is empty; give at least one")?;
        let average = allocation.average;
        if least > average {
            return Err(format!(
                "`average` is {average} bits, but the cheapest level, {level}, takes {least} with scales and \
                 zero points; raise `average` to {least} or more"
            ));
        }
        Ok(allocation)
    }

    /// Weights of all cells of all layers.
    pub(crate) fn weights(&self) -> f64 {
        f64::from(self.layers) * self.modules.iter().map(|module| module.weights).sum::<f64>()
    }

    /// What `module` at the level with that number adds to the average: stored bits, scales and zero points
    /// included, times its share of all weights.
    pub(crate) fn share(&self, module: &Module, level: usize) -> f64 {
        let bits = match self.levels[level] {
            EXACT => f64::from(EXACT),
            bits => f64::from(bits) + self.overhead / f64::from(module.group_size),
        };
        bits * module.weights / self.weights()
    }

    /// The average when every module has the same level.
    pub(crate) fn uniform(&self, level: usize) -> f64 {
        let layer: f64 = self.modules.iter().map(|module| self.share(module, level)).sum();
        layer * f64::from(self.layers)
    }
}

/// The first block, how many there are, and the cells of one.
fn blocks(model: &Model, options: &Options) -> Result<(u32, u32, Vec<Module>), String> {
    let Model { name, layers, hidden, heads, kv_heads, head_dim, experts, .. } = model;
    let generator = model.family == GENERATOR && *layers > 2;
    if !generator && (*layers == 0 || *heads == 0) {
        return Err(format!("model `{name}` has no transformer blocks; weight-bits needs them"));
    }
    let inner = model.feed_forward()?;
    let (queries, kv) = (heads * head_dim, kv_heads * head_dim);
    let attention =
        [("q", hidden, &queries), ("k", hidden, &kv), ("v", hidden, &kv), ("o", &queries, hidden)];
    let feed_forward = [("gate", hidden, &inner), ("up", hidden, &inner), ("down", &inner, hidden)];
    let asked = options.int("group-size") as u32;
    let module = |(name, &inputs, &outputs): (&'static str, &u32, &u32), expert, copies: u32| {
        let group_size = if asked == 0 { inputs } else { asked };
        if inputs % group_size != 0 {
            return Err(format!(
                "`group-size` is {group_size}, which does not divide the {inputs} inputs of `{name}` in model `{}`",
                model.name
            ));
        }
        let weights = f64::from(inputs) * f64::from(outputs) * f64::from(copies);
        Ok(Module { name, expert, weights, group_size })
    };
    let mut cells = Vec::new();
    if generator {
        for (name, inputs, outputs) in [("up", hidden, &inner), ("down", &inner, hidden)] {
            cells.push(module((name, inputs, outputs), None, 1)?);
        }
        return Ok((1, layers - 2, cells));
    }
    for part in attention {
        cells.push(module(part, None, 1)?);
    }
    if *experts > 0 && options.text("experts") == "apart" {
        for expert in 0..*experts {
            for part in feed_forward {
                cells.push(module(part, Some(expert), 1)?);
            }
        }
    } else {
        for part in feed_forward {
            cells.push(module(part, None, (*experts).max(1))?);
        }
    }
    Ok((0, *layers, cells))
}
