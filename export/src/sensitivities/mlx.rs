//! `[[path, score], …]`, as `mlx_lm.dynamic_quant` writes and reads it: for each module what is lost by the lower of two numbers of
//! bits against the higher one, for a million weights.

use std::collections::BTreeMap;

use attune_core::sensitivity::{GivenTable, MeasuredTable};
use serde_json::{Value, json};

use super::bit_damages::{BitDamages, INSTEAD, everything};
use super::error::{Fault, json_fault, no_metric, unnamed};
use super::number::listed;
use super::places::{EXACT, Places};
use super::spread::{Entry, Rule, note, spread};
use super::{ReadTable, Tabled, Unsaid, WrittenTable, first_metric};
use crate::targets::mlx_path;

/// Weights that a score is for.
const MILLION: f64 = 1e6;
/// Bits that mlx-lm stores weights in.
const LEVELS: [u32; 6] = [2, 3, 4, 5, 6, 8];

pub(super) fn read(text: &str, of: &Tabled<'_>) -> Result<ReadTable, Fault> {
    const EXPECTED: &str = "`[[path, score], …]`, as `mlx_lm.dynamic_quant` writes it";
    let rows: Vec<Value> = serde_json::from_str(text).map_err(|error| json_fault(&error, EXPECTED))?;
    let places = Places::of(of).map_err(|reason| unnamed(&reason))?;
    let objective = first_metric(of).ok_or_else(no_metric)?;
    let paths = paths(&places).map_err(|reason| unnamed(&reason))?;
    let mut entries = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let place = format!("[{number}]");
        let (name, score) = match row.as_array().map(Vec::as_slice) {
            Some([Value::String(name), Value::Number(score)]) => (name, score.as_f64()),
            _ => {
                return Err(Fault::new(
                    place,
                    row.to_string(),
                    "a path and its score, as [\"lm_head\", 0.5]",
                ));
            }
        };
        let Some(score) = score.filter(|score| score.is_finite()) else {
            return Err(Fault::new(place, row.to_string(), "a finite score"));
        };
        let Some(members) = paths.get(name.as_str()) else {
            if places.matrices.is_beside(name) {
                continue;
            }
            let expected = format!("names of the model's modules, as `{}`", places.example());
            return Err(Fault::new(place, format!("the model has no module `{name}`"), expected));
        };
        let weights: Option<f64> = members.iter().map(|&matrix| places.weights(matrix)).sum();
        let weights = weights.ok_or_else(|| {
            let expected = "a model that says how large its modules are";
            Fault::new(&*place, format!("`{name}`, whose size is not known of this model"), expected)
        })?;
        let (low, high) =
            two_levels(&places, members).map_err(|(found, expected)| Fault::new(&*place, found, expected))?;
        let damages = BTreeMap::from([(low, score * weights / MILLION), (high, 0.0)]);
        entries.push(Entry { members: members.clone(), damages, place });
    }
    let mut table = GivenTable::new();
    let divided = spread(&places, &entries, &Rule { objective, strict: true }, &mut table)?;
    Ok(ReadTable { tool: "sensitivities of mlx-lm", table, notes: note(divided).into_iter().collect() })
}

/// The two numbers of bits that the search gives to all of these matrices. Of those that it leaves alone any two will do.
fn two_levels(places: &Places, members: &[usize]) -> Result<(u32, u32), (String, String)> {
    let mut levels: Option<Vec<u32>> = None;
    let cells =
        places.cells.values().filter(|cell| cell.members.iter().any(|member| members.contains(member)));
    for cell in cells {
        let here = cell.levels();
        if here.len() != 2 || levels.as_ref().is_some_and(|levels| *levels != here) {
            let found = format!(
                "a score, which tells two numbers of bits apart, and the search has {}",
                listed(&here)
            );
            let expected =
                "two numbers of bits in the search: those that the scores were made for, as `levels` [4, 5]";
            return Err((found, expected.to_owned()));
        }
        levels = Some(here);
    }
    Ok(levels.map_or((4, 5), |levels| (levels[0], levels[1])))
}

/// The matrices of each module of mlx-lm.
fn paths(places: &Places) -> Result<BTreeMap<String, Vec<usize>>, String> {
    let family = places.matrices.family().name;
    let mut paths: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, matrix) in places.matrices.list().iter().enumerate() {
        let path = mlx_path(matrix, family)
            .ok_or_else(|| format!("what mlx-lm calls the experts of a {family} is not known"))?;
        paths.entry(path).or_default().push(number);
    }
    Ok(paths)
}

pub(super) fn write(
    table: &MeasuredTable,
    of: &Tabled<'_>,
    bits: Option<&[u32]>,
) -> Result<WrittenTable, Unsaid> {
    let told = BitDamages::new(table, of)?;
    let places = &told.places;
    if places.matrices.has_shared() {
        let reason = format!("what mlx-lm calls experts that answer for every token is not known; {INSTEAD}");
        return Err(("shared experts".to_owned(), reason));
    }
    let (low, high) = chosen(places, bits)?;
    let paths = paths(places).map_err(|reason| (everything(), format!("{reason}; {INSTEAD}")))?;
    // What the cells of a matrix lose together, each its share by weights.
    let mut lost: BTreeMap<usize, f64> = BTreeMap::new();
    for (slot, cell) in &places.cells {
        let damage = told.damage(*slot, low)? - told.damage(*slot, high)?;
        let weights: f64 = cell.members.iter().filter_map(|&member| places.weights(member)).sum();
        for &member in &cell.members {
            let own = places.weights(member).unwrap_or_default();
            lost.insert(member, damage * own / weights);
        }
    }
    let mut scores: Vec<(String, f64)> = Vec::new();
    let mut beside = places.matrices.beside();
    for (path, members) in paths {
        let known: Vec<f64> = members.iter().filter_map(|member| lost.get(member).copied()).collect();
        if known.is_empty() {
            beside.push(path);
            continue;
        }
        if known.len() < members.len() {
            let reason =
                format!("mlx-lm has them in one module, and the search leaves some alone; {INSTEAD}");
            return Err((format!("the experts of `{path}`"), reason));
        }
        let weights: Option<f64> = members.iter().map(|&member| places.weights(member)).sum();
        let Some(weights) = weights.filter(|weights| *weights > 0.0) else {
            return Err((
                format!("`{path}`"),
                format!("how large it is is not known of this model; {INSTEAD}"),
            ));
        };
        scores.push((path, known.iter().sum::<f64>() / (weights / MILLION)));
    }
    let most = scores.iter().map(|(_, score)| *score).fold(f64::NEG_INFINITY, f64::max);
    if !most.is_finite() {
        return Err((everything(), format!("it gives no bits to modules; {INSTEAD}")));
    }
    let note = (!beside.is_empty()).then(|| {
        let named = listed(beside.iter().take(3));
        let more = beside.len().saturating_sub(3);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!(
            "{named}{more} are not searched and have the highest score of all, so that mlx-lm gives them its lower bits last"
        )
    });
    scores.extend(beside.into_iter().map(|path| (path, most)));
    let given = format!(
        "given to: mlx_lm.dynamic_quant --sensitivities FILE --low-bits {low} --high-bits {high} --low-group-size N --high-group-size N, N as the \
         search had it"
    );
    let lines: Vec<String> =
        scores.iter().map(|(path, score)| format!("  {}", json!([path, score]))).collect();
    let text = format!("[\n{}\n]\n", lines.join(",\n"));
    Ok(WrittenTable { text, notes: note.into_iter().chain([given]).collect() })
}

/// The two numbers of bits that scores tell apart.
fn chosen(places: &Places, bits: Option<&[u32]>) -> Result<(u32, u32), Unsaid> {
    let mut levels: Vec<u32> =
        places.cells.values().flat_map(|cell| cell.levels()).filter(|bits| *bits < EXACT).collect();
    levels.sort_unstable();
    levels.dedup();
    let example = || match levels.as_slice() {
        [] => "4,8".to_owned(),
        [one] => one.to_string(),
        [.., low, high] => format!("{low},{high}"),
    };
    let wanted = bits.unwrap_or(&levels);
    let (low, high) = match wanted {
        [low, high] if low < high => (*low, *high),
        _ => {
            let reason = format!(
                "a score tells a lower number of bits from a higher one; name these two, as `--bits {}`, or use `--format csv`",
                example()
            );
            return Err((format!("{} bits", listed(wanted)), reason));
        }
    };
    match [low, high].into_iter().find(|bits| !LEVELS.contains(bits)) {
        Some(bits) => {
            let reason =
                format!("mlx-lm stores weights in {}; name two of them with `--bits`", listed(LEVELS));
            Err((format!("{bits} bits"), reason))
        }
        None => Ok((low, high)),
    }
}
