//! The policy that a plan means.

use attune_checkpoint_codec::codec::{FullCodec, MomentCodec, WeightCodec};
use attune_checkpoint_codec::{CLASSES, Policy, STAGES};
use attune_guest::evaluator::{Args, Edit, Failure};

/// The policy of a plan; with `mask_only`, weights are raw or a mask.
pub(crate) fn read(plan: &[Edit], mask_only: bool) -> Result<Policy, Failure> {
    let mut policy = Policy::default();
    for edit in Args::each(plan) {
        let entropy = |used: bool| {
            if used && mask_only {
                Err(edit.refuse(
                    "weights are entropy coded, but the task's option `codecs` is `mask`; set it to `all`",
                ))
            } else {
                Ok(used)
            }
        };
        let stage = &mut policy.0[position(&edit, "stage", &STAGES)?];
        match edit.kind() {
            "checkpoint-saves" => {
                stage.interval = edit.count("every")?.max(1);
                stage.chained = edit.word("beside")? == "previous";
                stage.full =
                    if entropy(edit.word("full")? == "packed")? { FullCodec::Packed } else { FullCodec::Raw };
                stage.master = edit.word("master")? == "kept";
            }
            "checkpoint-weights" => {
                let delta = entropy(edit.word("codec")? == "delta")?;
                stage.weights[class(&edit)?] = if delta { WeightCodec::Delta } else { WeightCodec::Mask };
            }
            "checkpoint-moments" => {
                let moment = position(&edit, "moment", &["first", "second"])?;
                stage.moments[moment][class(&edit)?] = moments(&edit)?;
            }
            other => return Err(edit.refuse(format!("`{other}` is no edit of checkpoints"))),
        }
    }
    Ok(policy)
}

fn moments(edit: &Args<'_>) -> Result<MomentCodec, Failure> {
    let given = |name: &str, absent: usize| if edit.has(name) { edit.count(name) } else { Ok(absent) };
    let bits = edit.count("bits")?;
    if !(2..=8).contains(&bits) {
        return Err(edit.refuse(format!("`bits` is {bits}, expected 2 to 8")));
    }
    let bits = bits as u32;
    if edit.word("as")? == "block" {
        return Ok(MomentCodec::Block { bits, size: given("size", 256)?.max(1) });
    }
    let clusters = given("clusters", 16)?;
    if !clusters.is_power_of_two() || clusters > 256 {
        return Err(edit.refuse(format!("`clusters` is {clusters}, expected a power of two up to 256")));
    }
    Ok(MomentCodec::Cluster { clusters, bits })
}

fn class(edit: &Args<'_>) -> Result<usize, Failure> {
    position(edit, "class", &CLASSES.map(|class| class.name()))
}

/// Which of the words an argument is.
fn position(edit: &Args<'_>, name: &str, words: &[&str]) -> Result<usize, Failure> {
    let word = edit.word(name)?;
    let found = words.iter().position(|known| *known == word);
    found.ok_or_else(|| edit.refuse(format!("`{name}` is `{word}`, expected one of {}", words.join(", "))))
}
