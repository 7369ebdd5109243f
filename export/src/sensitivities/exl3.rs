//! measurement.json of ExLlamaV3: what the divergence of a model in few bits gains where a group of modules has more.

use std::collections::BTreeMap;

use attune_core::sensitivity::{GivenTable, MeasuredTable};
use serde::Deserialize;
use serde_json::json;

use super::bit_damages::{BitDamages, INSTEAD};
use super::error::{Fault, json_fault, no_metric, unnamed};
use super::number::listed;
use super::places::{EXACT, Places};
use super::spread::{Entry, Rule, note, spread};
use super::{ReadTable, Tabled, Unsaid, WrittenTable, first_metric};

/// How far the bits of a model in whole bits may be from them: signs and scales are beside the codes.
const BESIDE: f64 = 0.25;
/// Bits of EXL3.
const LEVELS: std::ops::RangeInclusive<u32> = 1..=8;

#[derive(Deserialize)]
struct Measurement {
    base: Model,
    alts: Vec<Model>,
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Model {
    bpw: f64,
}

#[derive(Deserialize)]
struct Group {
    layers: Vec<String>,
    candidates: Vec<Candidate>,
}

#[derive(Deserialize)]
struct Candidate {
    dkld: f64,
}

pub(super) fn read(text: &str, of: &Tabled<'_>) -> Result<ReadTable, Fault> {
    const EXPECTED: &str = "a measurement.json of ExLlamaV3's util/measure.py: `base` and `alts` with `bpw`, `groups` with `layers` and `candidates` with `dkld`";
    let found: Measurement = serde_json::from_str(text).map_err(|error| json_fault(&error, EXPECTED))?;
    let places = Places::of(of).map_err(|reason| unnamed(&reason))?;
    let objective = first_metric(of).ok_or_else(no_metric)?;
    let base = whole_bits(&found.base, "base.bpw")?;
    let mut alternatives = Vec::new();
    for (number, model) in found.alts.iter().enumerate() {
        let place = format!("alts[{number}].bpw");
        let bits = whole_bits(model, &place)?;
        if bits == base || alternatives.contains(&bits) {
            return Err(Fault::new(place, format!("{bits} bits again"), "models of different bits"));
        }
        alternatives.push(bits);
    }
    let mut entries = Vec::new();
    for (number, group) in found.groups.iter().enumerate() {
        let place = format!("groups[{number}]");
        let mut members = Vec::new();
        for (layer, name) in group.layers.iter().enumerate() {
            let matrices = places.matrices.of_tensor(name);
            if matrices.is_empty() && !places.matrices.is_beside(name) {
                let expected = format!("names of the model's modules, as `{}`", places.example());
                let found = format!("the model has no module `{name}`");
                return Err(Fault::new(format!("{place}.layers[{layer}]"), found, expected));
            }
            members.extend_from_slice(matrices);
        }
        if group.candidates.len() != alternatives.len() {
            let found = format!("{} candidates", group.candidates.len());
            let expected = format!("one for each of the {} models of `alts`", alternatives.len());
            return Err(Fault::new(format!("{place}.candidates"), found, expected));
        }
        let told = alternatives.iter().copied().zip(group.candidates.iter().map(|candidate| candidate.dkld));
        let damages: BTreeMap<u32, f64> = told.chain([(base, 0.0)]).collect();
        if !members.is_empty() {
            entries.push(Entry { members, damages, place });
        }
    }
    let mut table = GivenTable::new();
    let divided = spread(&places, &entries, &Rule { objective, strict: true }, &mut table)?;
    Ok(ReadTable { tool: "a measurement of ExLlamaV3", table, notes: note(divided).into_iter().collect() })
}

/// The whole bits of a model that has the same everywhere.
fn whole_bits(model: &Model, place: &str) -> Result<u32, Fault> {
    let near = model.bpw.round();
    let is = (near - model.bpw).abs() <= BESIDE && LEVELS.contains(&(near as u32));
    is.then_some(near as u32).ok_or_else(|| {
        let expected = "the same whole bits everywhere, from 1 to 8: a model of mixed bits says nothing of a module's own";
        Fault::new(place, format!("{} bits per weight", model.bpw), expected)
    })
}

pub(super) fn write(
    table: &MeasuredTable,
    of: &Tabled<'_>,
    bits: Option<&[u32]>,
) -> Result<WrittenTable, Unsaid> {
    let told = BitDamages::new(table, of)?;
    let places = &told.places;
    let levels = chosen(places, bits)?;
    let (base, alternatives) = levels.split_first().map_or((&0, &[][..]), |(base, rest)| (base, rest));
    let mut at_base = 0.0;
    let mut groups = Vec::new();
    for (index, (slot, cell)) in places.cells.iter().enumerate() {
        let layers = places.tensors(&cell.members);
        let weights: Option<f64> = cell.members.iter().map(|&member| places.weights(member)).sum();
        let weights = weights.ok_or_else(|| {
            let name = layers.first().copied().unwrap_or_default();
            (format!("`{name}`"), format!("how large it is is not known of this model; {INSTEAD}"))
        })?;
        let least = told.damage(*slot, *base)?;
        at_base += least;
        let candidates = alternatives.iter().map(|bits| {
            let more = f64::from(bits - base) * weights;
            Ok(json!({"dkld": told.damage(*slot, *bits)? - least, "dbits": more as u64}))
        });
        let candidates = candidates.collect::<Result<Vec<_>, Unsaid>>()?;
        groups.push(json!({"idx": index, "layers": layers, "candidates": candidates}));
    }
    let model = |bits: &u32| json!({"dir": format!("./exl3-{bits}"), "bpw": f64::from(*bits)});
    let alts: Vec<_> = alternatives.iter().map(model).collect();
    let document = json!({
        "base": model(base),
        "alts": alts,
        "groups": groups,
        // Nobody has evaluated all modules at the lowest bits: the sum stands for it, and optimize.py does not look at it.
        "base_kld": at_base,
        "arch_string": places.matrices.family().architecture,
    });
    let folders: Vec<String> = levels.iter().map(|bits| format!("exl3-{bits}")).collect();
    let given = format!(
        "given to: python util/optimize.py -m FILE -o OUT -b BITS -i {}, after quantising the model to {} bits into these folders",
        folders.join(" "),
        listed(&levels)
    );
    Ok(WrittenTable { text: format!("{document:#}\n"), notes: vec![given] })
}

/// The bits that are told of: the lowest is what others are told against.
fn chosen(places: &Places, bits: Option<&[u32]>) -> Result<Vec<u32>, Unsaid> {
    let mut levels: Vec<u32> = match bits {
        Some(bits) => bits.to_vec(),
        None => places.cells.values().flat_map(|cell| cell.levels()).filter(|bits| *bits < EXACT).collect(),
    };
    levels.sort_unstable();
    levels.dedup();
    if let Some(bits) = levels.iter().find(|bits| !LEVELS.contains(bits)) {
        return Err((
            format!("{bits} bits"),
            "EXL3 has 1 to 8; name those of the search with `--bits`".to_owned(),
        ));
    }
    if levels.len() < 2 {
        let reason =
            "it compares models of different bits; search with two levels below 16, or use `--format csv`";
        return Err((format!("{} bits alone", listed(&levels)), reason.to_owned()));
    }
    Ok(levels)
}
