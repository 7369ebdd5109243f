//! The operators of EEP's prune phase (arXiv 2407.00945, §3.2; released `search_utils.py`).

use attune_guest::{Config, Random, Value};

use crate::pruning::Pruning;

/// A group of layers is open to change with this probability, redrawn until one is.
pub(crate) const GROUP: f64 = 0.25;
/// A kept expert of an open group is replaced with this probability.
pub(crate) const ROW: f64 = 0.15;

/// EEP's mutation: kept experts of the open groups are replaced by experts not in use.
///
/// Where the released code may draw nothing at all, or draw the old expert again (56 to 72 % of its
/// four-group mutants equal their parent, and each is evaluated anew), one replacement is made for
/// certain, and the child always differs: the first replacement of a group brings in an expert that
/// its parent lacks and that nothing removes again. Numbers of active experts, which the source sets by hand, step
/// in open groups, too.
pub(crate) fn mutate(pruning: &Pruning, parent: &Config, random: &mut Random) -> Config {
    let mut child = parent.clone();
    let mut cells: Vec<Vec<u32>> = parent[0].iter().map(|value| value.elements().to_vec()).collect();
    let open = open_cells(cells.len(), random);
    let mut rows = chosen_rows(&open, pruning.keep as usize, random);
    if rows.is_empty() {
        rows.push((random.below(cells.len()), random.below(pruning.keep as usize)));
    }
    for (group, row) in rows {
        let kept = &mut cells[group];
        let unused: Vec<u32> = (0..pruning.experts).filter(|expert| !kept.contains(expert)).collect();
        kept[row] = unused[random.below(unused.len())];
    }
    child[0] = cells.into_iter().map(sorted).collect();
    step_active(pruning, &mut child, random);
    child
}

/// A child of a config whose layers keep different numbers: kept experts of open groups are replaced, as above, and one more goes
/// to a group of as many layers that gave one up, or an expert that nobody has comes to a group within the budget.
pub(crate) fn mutate_uneven(pruning: &Pruning, parent: &Config, random: &mut Random) -> Config {
    let mut child = parent.clone();
    let mut cells: Vec<Vec<u32>> = parent[0].iter().map(|value| value.elements().to_vec()).collect();
    let sizes = pruning.sizes();
    let spent = |cells: &[Vec<u32>]| -> u64 {
        cells.iter().zip(&sizes).map(|(kept, size)| kept.len() as u64 * u64::from(*size)).sum()
    };
    let limit = u64::from(pruning.keep) * pruning.layers.len() as u64;
    let mut new: Vec<Option<u32>> = vec![None; cells.len()];
    for group in open_cells(cells.len(), random) {
        let unused = pruning.others(&cells[group]);
        if unused.is_empty() {
            continue;
        }
        let expert = unused[random.below(unused.len())];
        new[group] = Some(expert);
        if random.chance(0.5) {
            let row = random.below(cells[group].len());
            cells[group][row] = expert;
        } else {
            cells[group].push(expert);
        }
    }
    // Whatever is too much is given up where there is more than one, anywhere.
    while spent(&cells) > limit || cells == parent_cells(parent) {
        let rich: Vec<usize> = (0..cells.len()).filter(|&group| cells[group].len() > 1).collect();
        let Some(&group) = rich.get(random.below(rich.len().max(1))) else { break };
        // Never the one that has just come, or the child might be its parent again.
        let old: Vec<usize> =
            (0..cells[group].len()).filter(|&row| new[group] != Some(cells[group][row])).collect();
        cells[group].remove(old[random.below(old.len())]);
    }
    child[0] = cells.into_iter().map(sorted).collect();
    step_active(pruning, &mut child, random);
    child
}

fn parent_cells(parent: &Config) -> Vec<Vec<u32>> {
    parent[0].iter().map(|value| value.elements().to_vec()).collect()
}

fn sorted(mut kept: Vec<u32>) -> Value {
    kept.sort_unstable();
    Value::Indices(kept)
}

/// Which of some cells are open to change; at least one.
pub(crate) fn open_cells(cells: usize, random: &mut Random) -> Vec<usize> {
    loop {
        let open: Vec<usize> = (0..cells).filter(|_| random.chance(GROUP)).collect();
        if !open.is_empty() {
            return open;
        }
    }
}

/// Where groups choose their number of active experts: another number, in about every fourth group of every
/// fourth child.
pub(crate) fn step_active(pruning: &Pruning, child: &mut Config, random: &mut Random) {
    let Some(levels) = child.last_mut().filter(|_| pruning.chooses_active() && random.chance(GROUP)) else {
        return;
    };
    for group in open_cells(levels.len(), random) {
        let others = random.below(pruning.active.len() - 1);
        let old = levels[group].option();
        levels[group] = Value::Index((others + usize::from(others >= old)) as u32);
    }
}

/// `(group, row)` of every kept expert that is replaced; often none.
fn chosen_rows(open: &[usize], keep: usize, random: &mut Random) -> Vec<(usize, usize)> {
    let mut rows = Vec::new();
    for &group in open {
        rows.extend((0..keep).filter(|_| random.chance(ROW)).map(|row| (group, row)));
    }
    rows
}
