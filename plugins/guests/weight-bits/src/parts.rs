//! The dimensions of the space: cells of some layers with the same levels to choose from.

use attune_guest::{LinearModule, Model, Options};

use crate::embeddings;
use crate::formats::Formats;
use crate::limits::Limits;
use crate::modules::{Cell, cells};

/// The dimension of matrices outside of the layers.
const EMBEDDINGS: &str = "embedding-bits";

/// Layers with the same cells: a dimension of the space.
pub(crate) struct Part {
    /// The name of the dimension.
    pub(crate) name: String,
    /// The name of its axis of layers.
    pub(crate) axis: &'static str,
    /// Bits to choose from, ascending; at least one.
    pub(crate) levels: Vec<u32>,
    /// The layers, ascending, with the cells of each.
    pub(crate) layers: Vec<(u32, Vec<Cell>)>,
    /// Whether experts have cells of their own.
    apart: bool,
    /// Whether these are matrices outside of the layers.
    pub(crate) of_embeddings: bool,
}

impl Part {
    /// Cells of one layer.
    pub(crate) fn width(&self) -> usize {
        self.layers.first().map_or(0, |(_, cells)| cells.len())
    }

    /// The cells of all layers, with their layers.
    pub(crate) fn cells(&self) -> impl Iterator<Item = (u32, &Cell)> {
        self.layers.iter().flat_map(|(layer, cells)| cells.iter().map(|cell| (*layer, cell)))
    }

    /// The position of the level that stands for `bits` where all cells have the same: the next one where there are no such codes.
    pub(crate) fn standing_for(&self, bits: u32) -> usize {
        let found = self.levels.iter().position(|&level| level >= bits);
        found.unwrap_or(self.levels.len().saturating_sub(1))
    }

    fn is_of(&self, apart: bool, levels: &[u32], cells: &[Cell]) -> bool {
        let own = self.layers.first().map_or(&[][..], |(_, cells)| cells);
        self.apart == apart && self.levels == levels && names(own) == names(cells)
    }
}

/// The cells of all layers: one part where all have the same levels, more where only some layers have experts with bits of their own,
/// or where rows of some modules are no whole blocks of some grids.
pub(crate) fn parts(
    model: &Model,
    options: &Options,
    formats: &Formats,
    levels: &[u32],
) -> Result<Vec<Part>, String> {
    let target = Limits::of(model);
    target.check_experts(options)?;
    let apart = options.text("experts") == "apart";
    let mut parts: Vec<Part> = Vec::new();
    let mut firsts: [Option<(u32, Vec<Vec<String>>)>; 2] = [None, None];
    for (layer, modules) in (0..).zip(model.linear_modules()?) {
        // Input and output of an image generator are layers without modules.
        if modules.is_empty() {
            continue;
        }
        let splits = apart && modules.iter().any(LinearModule::is_of_experts);
        let cells = cells(model, options, formats, &modules, splits)?;
        let cells = target.shared(cells, &modules, formats)?;
        let (first, others) = firsts[usize::from(splits)].get_or_insert_with(|| (layer, names(&cells)));
        if *others != names(&cells) {
            return Err(format!(
                "layer {layer} of model `{}` has other linear modules than layer {first}; weight-bits needs the same in both",
                model.name
            ));
        }
        for (levels, cells) in by_levels(cells, formats, levels)? {
            match parts.iter_mut().find(|part| part.is_of(splits, &levels, &cells)) {
                Some(part) => part.layers.push((layer, cells)),
                None => parts.push(Part {
                    name: String::new(),
                    axis: "layer",
                    levels,
                    layers: vec![(layer, cells)],
                    apart: splits,
                    of_embeddings: false,
                }),
            }
        }
    }
    if parts.is_empty() {
        return Err(format!("model `{}` has no transformer blocks; weight-bits needs them", model.name));
    }
    parts.sort_by_key(|part| part.apart);
    name(&mut parts);
    let outside = embeddings::cells(model, options, formats)?;
    for (number, (levels, cells)) in (1..).zip(by_levels(outside, formats, levels)?) {
        parts.push(Part {
            name: if number == 1 { EMBEDDINGS.to_owned() } else { format!("{EMBEDDINGS}-{number}") },
            axis: "end",
            levels,
            layers: vec![(0, cells)],
            apart: false,
            of_embeddings: true,
        });
    }
    Ok(parts)
}

/// Cells by the levels that they can have, in the order of the first of each.
fn by_levels(
    cells: Vec<Cell>,
    formats: &Formats,
    levels: &[u32],
) -> Result<Vec<(Vec<u32>, Vec<Cell>)>, String> {
    let mut sets: Vec<(Vec<u32>, Vec<Cell>)> = Vec::new();
    for cell in cells {
        let levels = formats.levels(levels, &cell)?;
        match sets.iter_mut().find(|(other, _)| *other == levels) {
            Some((_, cells)) => cells.push(cell),
            None => sets.push((levels, vec![cell])),
        }
    }
    Ok(sets)
}

/// Gives parts their names: `bits`, or beside it `expert-bits`; further ones are numbered.
fn name(parts: &mut [Part]) {
    let mixed = parts.iter().any(|part| part.apart) && parts.iter().any(|part| !part.apart);
    let layers = |part: &Part| part.layers.iter().map(|(layer, _)| *layer).collect::<Vec<u32>>();
    let alike = parts.iter().all(|part| layers(part) == layers(&parts[0]));
    let mut counts = [0, 0];
    for part in parts {
        let of_experts = mixed && part.apart;
        let count = &mut counts[usize::from(of_experts)];
        *count += 1;
        let stem = if of_experts { "expert-bits" } else { "bits" };
        part.name = if *count > 1 { format!("{stem}-{count}") } else { stem.to_owned() };
        part.axis = match (mixed, of_experts) {
            (true, true) => "expert-layer",
            (true, false) => "dense-layer",
            (false, _) if alike => "layer",
            (false, _) => "nth-layer",
        };
    }
}

fn names(cells: &[Cell]) -> Vec<Vec<String>> {
    cells.iter().map(|cell| cell.names().map(str::to_owned).collect()).collect()
}
