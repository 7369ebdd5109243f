//! AutoRound: `layer_config`, which a person gives it, and `quantization_config`, which it writes.
//!
//! As of auto-round 0.16.1: a name of a module counts for that module; any other name is a part of names or a regular expression,
//! and a later one counts more. Matrices whose sides are no multiples of 32 stay exact in integers.

use attune_vocabulary::NumberGrid;

use super::allotment::Allotment;
use super::error::Fault;
use super::json::{Entries, at};
use super::level::{Group, Level};
use super::pattern::of_autoround;
use super::{Recipe, finish};
use crate::matrices::Matrices;

const TOOL: &str =
    "the bits of AutoRound, rounded to nearest on the grid of integers; its sign descent is not repeated";
/// Channels in a group where an entry names none, and whether it is symmetric: the tool's own defaults.
const DEFAULT_GROUP: i64 = 128;
const DEFAULT_SYMMETRIC: bool = true;
/// What both sides of a matrix of integers are a multiple of.
const SIDE: u32 = 32;

/// What stands where an entry says nothing.
#[derive(Clone, Copy)]
struct Defaults {
    bits: Option<i64>,
    group: i64,
    symmetric: bool,
}

pub(super) fn recipe(text: &str, config: &Entries<'_>, matrices: &Matrices) -> Result<Recipe, Fault> {
    let whole = ["extra_config", "layer_config"].into_iter().find_map(|key| Some((key, config.get(key)?)));
    let has_scheme = whole.is_some() || config.get("bits").is_some();
    let defaults = if has_scheme {
        Defaults {
            bits: config.value(text, "bits", "a number of bits")?,
            group: config.value(text, "group_size", "a number of channels")?.unwrap_or(DEFAULT_GROUP),
            symmetric: config.value(text, "sym", "true or false")?.unwrap_or(DEFAULT_SYMMETRIC),
        }
    } else {
        Defaults { bits: None, group: DEFAULT_GROUP, symmetric: DEFAULT_SYMMETRIC }
    };
    let entries = match whole {
        Some((key, raw)) => &Entries::of(text, raw, &format!("`{key}`"))?,
        None if has_scheme => &Entries::default(),
        None => config,
    };
    let mut allotment = Allotment::new(matrices);
    // First the modules by their names, then the patterns, in their order.
    let (names, patterns): (Vec<_>, Vec<_>) = entries
        .0
        .iter()
        .partition(|(name, _)| !matrices.of_tensor(name).is_empty() || matrices.is_beside(name));
    for (name, raw) in names {
        allotment.set_tensor(name, level(text, name, raw, defaults)?, Some(at(text, raw)))?;
    }
    for (pattern, raw) in patterns {
        let (place, level) = (at(text, raw), level(text, pattern, raw, defaults)?);
        let regex = of_autoround(pattern, place)?;
        let mut found = false;
        for (number, matrix) in matrices.list().iter().enumerate() {
            if regex.is_match(&matrix.tensor) {
                allotment.set(number, level, Some(place));
                found = true;
            }
        }
        for name in matrices.beside().iter().filter(|name| regex.is_match(name)) {
            allotment.set_beside(name, level, Some(place));
            found = true;
        }
        if !found {
            return Err(Fault::new(
                Some(place),
                format!("`{pattern}` matches no module of the model"),
                "the name of a module, or a pattern that matches one",
            ));
        }
    }
    match (defaults.bits, allotment.first_without()) {
        (Some(bits), Some(_)) => {
            allotment.rest(of_bits(None, bits, defaults.group, defaults.symmetric, "int")?)
        }
        (None, Some(matrix)) => {
            return Err(Fault::new(
                None,
                format!(
                    "nothing is said of `{}`, which AutoRound would give the bits of its `scheme`",
                    matrix.tensor
                ),
                "`{\"bits\": 4, \"group_size\": 128, \"sym\": true, \"extra_config\": {…}}` with the bits of the scheme, and the \
                 entries in the place of the dots",
            ));
        }
        (_, None) => {}
    }
    // Names and schemes alike.
    allotment.except(|sides, level| {
        let odd = |side: Option<u32>| side.is_some_and(|side| !side.is_multiple_of(SIDE));
        let whole = matches!(level, Level::Bits { grid: NumberGrid::Symmetric | NumberGrid::AffineInt, .. });
        whole && sides.into_iter().any(odd)
    });
    finish(TOOL, allotment)
}

/// What an entry says.
fn level(
    text: &str,
    name: &str,
    raw: &serde_json::value::RawValue,
    defaults: Defaults,
) -> Result<Level, Fault> {
    let place = Some(at(text, raw));
    if let Ok(scheme) = serde_json::from_str::<String>(raw.get()) {
        let bits = scheme.to_uppercase();
        let bits = bits.strip_prefix('W').and_then(|rest| rest.strip_suffix("A16")?.parse().ok());
        let bits = bits.ok_or_else(|| {
            Fault::new(
                place,
                format!("`{name}` has the scheme \"{scheme}\""),
                "W2A16 to W8A16, or bits, group_size and sym",
            )
        })?;
        return of_bits(place, bits, DEFAULT_GROUP, DEFAULT_SYMMETRIC, "int");
    }
    let entry = Entries::of(text, raw, &format!("`{name}`"))?;
    if let Some(bits) = entry.value::<i64>(text, "act_bits", "a number of bits")?.filter(|bits| *bits < 16) {
        let found = format!("`{name}` has activations of {bits} bits");
        return Err(Fault::new(place, found, "a recipe of weights alone, with `act_bits` 16"));
    }
    let data = entry.value::<String>(text, "data_type", "a text")?.unwrap_or_else(|| "int".to_owned());
    let bits = entry
        .value(text, "bits", "a number of bits")?
        .or(defaults.bits)
        .ok_or_else(|| Fault::new(place, format!("`{name}` has no `bits`"), "a number of bits"))?;
    let group = entry.value(text, "group_size", "a number of channels")?.unwrap_or(defaults.group);
    let symmetric = entry.value(text, "sym", "true or false")?.unwrap_or(defaults.symmetric);
    of_bits(place, bits, group, symmetric, &data)
}

fn of_bits(at: Option<usize>, bits: i64, group: i64, symmetric: bool, data: &str) -> Result<Level, Fault> {
    let refuse = |found: String, expected: &str| Err(Fault::new(at, found, expected));
    if bits >= 16 {
        return Ok(Level::Exact);
    }
    match (data, bits) {
        ("int", _) => {}
        ("mx_fp" | "mx_fp4", 4) => return Ok(Level::of_grid(NumberGrid::Mxfp4)),
        ("nv_fp" | "nv_fp4", 4) => return Ok(Level::of_grid(NumberGrid::Nvfp4)),
        _ => {
            return refuse(
                format!("{bits} bits of `{data}`"),
                "`int`, `mx_fp` or `nv_fp`: no grid is known of others",
            );
        }
    }
    let grid = if symmetric { NumberGrid::Symmetric } else { NumberGrid::AffineInt };
    let group = match u32::try_from(group) {
        Ok(size) if size > 0 => Group::Of(size),
        _ if group == -1 => Group::Row,
        _ => {
            return refuse(
                format!("groups of {group} channels"),
                "a number of channels, or -1 for whole rows",
            );
        }
    };
    match u32::try_from(bits).ok().filter(|bits| grid.bits().contains(bits)) {
        Some(bits) => Ok(Level::Bits { bits, group, grid }),
        None => {
            refuse(format!("integers of {bits} bits"), "2, 3, 4, 5, 6, 8 or 16: no grid is known of others")
        }
    }
}
