//! The operators of EEP's prune phase (arXiv 2407.00945, §3.2; released `search_utils.py`).

use attune_guest::{Config, Random, Value};

use crate::pruning::Pruning;

/// A group of layers is open to change with this probability, redrawn until one is.
const GROUP: f64 = 0.25;
/// A kept expert of an open group is replaced with this probability.
const ROW: f64 = 0.15;

/// EEP's mutation: kept experts of the open groups are replaced by experts not in use.
///
/// Where the released code may draw nothing at all, or draw the old expert again (56 to 72 % of its
/// four-group mutants equal their parent, and each is evaluated anew), one replacement is made for
/// certain, and the child always differs: the first replacement of a group brings in an expert that
/// its parent lacks and that nothing removes again.
pub(crate) fn mutate(pruning: &Pruning, parent: &Config, random: &mut Random) -> Config {
    let mut cells: Vec<Vec<u32>> = parent[0].iter().map(|value| value.elements().to_vec()).collect();
    let mut rows = chosen_rows(cells.len(), pruning.keep as usize, random);
    if rows.is_empty() {
        rows.push((random.below(cells.len()), random.below(pruning.keep as usize)));
    }
    for (group, row) in rows {
        let kept = &mut cells[group];
        let unused: Vec<u32> = (0..pruning.experts).filter(|expert| !kept.contains(expert)).collect();
        kept[row] = unused[random.below(unused.len())];
    }
    let sorted = |mut kept: Vec<u32>| {
        kept.sort_unstable();
        Value::Indices(kept)
    };
    vec![cells.into_iter().map(sorted).collect()]
}

/// `(group, row)` of every kept expert that is replaced; often none.
fn chosen_rows(groups: usize, keep: usize, random: &mut Random) -> Vec<(usize, usize)> {
    let open = loop {
        let open: Vec<usize> = (0..groups).filter(|_| random.chance(GROUP)).collect();
        if !open.is_empty() {
            break open;
        }
    };
    let mut rows = Vec::new();
    for group in open {
        rows.extend((0..keep).filter(|_| random.chance(ROW)).map(|row| (group, row)));
    }
    rows
}
