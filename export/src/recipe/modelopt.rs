//! ModelOpt: `quantized_layers` of `hf_quant_config.json`, or one algorithm for all modules but `exclude_modules`.

use attune_vocabulary::NumberGrid;

use super::allotment::Allotment;
use super::error::Fault;
use super::json::{Entries, at};
use super::level::{Group, Level};
use super::pattern::of_modelopt;
use super::{Recipe, finish};
use crate::matrices::Matrices;

const TOOL: &str =
    "the formats of ModelOpt, rounded to nearest: weights alone, without its scaling of channels";
const MIXED: &str = "MIXED_PRECISION";

pub(super) fn recipe(text: &str, config: &Entries<'_>, matrices: &Matrices) -> Result<Recipe, Fault> {
    let mut allotment = Allotment::new(matrices);
    let algorithm = config.value::<String>(text, "quant_algo", "a text")?;
    match (algorithm.as_deref(), config.get("quantized_layers")) {
        (Some(MIXED) | None, Some(layers)) => {
            for (name, raw) in Entries::of(text, layers, "`quantized_layers`")?.0 {
                let place = at(text, raw);
                let entry = Entries::of(text, raw, &format!("`{name}`"))?;
                let algorithm = entry.value::<String>(text, "quant_algo", "a text")?.ok_or_else(|| {
                    Fault::new(
                        Some(place),
                        format!("`{name}` has no `quant_algo`"),
                        "the name of an algorithm",
                    )
                })?;
                let level = level(text, &entry, &algorithm, Some(place))?;
                note_inputs(&algorithm, &mut allotment);
                allotment.set_tensor(&name, level, Some(place))?;
            }
        }
        (Some(algorithm), _) if algorithm != MIXED => {
            let level = level(text, config, algorithm, config.get("quant_algo").map(|raw| at(text, raw)))?;
            exclude(text, config, &mut allotment)?;
            note_inputs(algorithm, &mut allotment);
            allotment.rest(level);
        }
        _ => return Err(Fault::new(None, "no `quantized_layers`", "the algorithm of each module")),
    }
    allotment.rest(Level::Exact);
    finish(TOOL, allotment)
}

/// Algorithms that round what enters a module as well.
const ROUND_INPUTS: &[&str] = &[
    "FP8",
    "FP8_PER_CHANNEL_PER_TOKEN",
    "NVFP4",
    "NVFP4_AWQ",
    "W4A8_NVFP4_FP8",
    "MXFP4",
    "W4A8_MXFP4_FP8",
    "W4A8_AWQ",
    "W8A8_SQ_PER_CHANNEL",
];

/// Notes inputs in few bits among what stays exact.
fn note_inputs(algorithm: &str, allotment: &mut Allotment<'_>) {
    if ROUND_INPUTS.contains(&algorithm) {
        let name = format!("what enters modules in {algorithm}");
        allotment.note_beside(&name, Level::of_grid(NumberGrid::Q8_0));
    }
}

/// The modules that are left out stay exact.
fn exclude(text: &str, config: &Entries<'_>, allotment: &mut Allotment<'_>) -> Result<(), Fault> {
    let Some(raw) = config.get("exclude_modules") else { return Ok(()) };
    let place = at(text, raw);
    let names = config.value::<Vec<String>>(text, "exclude_modules", "a list of names")?.unwrap_or_default();
    let matrices = allotment.matrices;
    for name in names {
        let regex = of_modelopt(&name, place)?;
        let within = format!("{name}.");
        let matches = |tensor: &str| regex.is_match(tensor) || tensor.starts_with(&within);
        let mut found = matrices.beside().iter().any(|name| matches(name));
        for (number, matrix) in matrices.list().iter().enumerate() {
            if matches(&matrix.tensor) {
                allotment.set(number, Level::Exact, Some(place));
                found = true;
            }
        }
        if !found {
            let found = format!("`{name}` of `exclude_modules` matches no module of the model");
            return Err(Fault::new(Some(place), found, "the name of a module, with asterisks for any text"));
        }
    }
    Ok(())
}

fn level(text: &str, entry: &Entries<'_>, algorithm: &str, at: Option<usize>) -> Result<Level, Fault> {
    let group = entry.value::<u32>(text, "group_size", "a number of channels")?.filter(|size| *size > 0);
    let symmetric = |bits, group| Ok(Level::Bits { bits, group, grid: NumberGrid::Symmetric });
    match algorithm {
        "FP8" => Ok(Level::of_grid(NumberGrid::Fp8Tensor)),
        "FP8_PER_CHANNEL_PER_TOKEN" => Ok(Level::of_grid(NumberGrid::Fp8Channel)),
        "FP8_PB_WO" | "FP8_PB_REAL" => Ok(Level::of_grid(NumberGrid::Fp8Block)),
        "NVFP4" | "W4A16_NVFP4" | "NVFP4_AWQ" | "W4A8_NVFP4_FP8" => Ok(Level::of_grid(NumberGrid::Nvfp4)),
        "MXFP4" | "W4A8_MXFP4_FP8" => Ok(Level::of_grid(NumberGrid::Mxfp4)),
        "W4A16_AWQ" | "W4A8_AWQ" => symmetric(4, Group::Of(group.unwrap_or(128))),
        "W8A16" | "W8A8_SQ_PER_CHANNEL" => symmetric(8, Group::Row),
        _ => Err(Fault::new(
            at,
            format!("`quant_algo` is \"{algorithm}\""),
            "FP8, FP8_PER_CHANNEL_PER_TOKEN, FP8_PB_WO, NVFP4, W4A16_NVFP4, NVFP4_AWQ, MXFP4, W4A16_AWQ, W8A16 or \
             W8A8_SQ_PER_CHANNEL: no grid is known of others",
        )),
    }
}
