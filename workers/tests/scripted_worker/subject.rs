//! What the scripted worker evaluates: six layers, each more or less sensitive to having few bits.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const LAYERS: u64 = 6;
pub(crate) const SELECTION: u64 = 16;
const REPORT: u64 = 12;
const OTHER: u64 = 8;

/// What it says of itself.
pub(crate) fn hello(concurrency: u64, idle: Option<f64>, protocol: &str) -> Value {
    let mut hello = json!({
        "protocol": protocol, "name": "scripted", "version": "1", "summary": "Scores plans by a formula.",
        "options": [{"name": "scale", "help": "factor of every damage", "kind": {"type": "real", "min": 0.0, "max": 10.0},
            "default": 1}],
        "tasks": [{"name": "formula", "summary": "Damage by a formula.", "data": "txt", "metrics": metrics(),
            "options": [{"name": "phase", "help": "what items differ in", "kind": {"type": "int", "min": 0, "max": 9},
                "default": 0, "basic": true}]}],
        "edits": [
            {"kind": "drop-block"},
            {"kind": "bits", "summary": "Bits of one layer.", "source": "scripted", "arguments": [
                {"name": "layer", "kind": {"type": "int", "min": 0, "max": 5}, "help": "the layer"},
                {"name": "bits", "kind": {"type": "level", "levels": [2, 4, 8]}, "help": "its bits"}],
                "place": {"group": "layer"}, "contradicts": [{"kind": "bits", "meet": ["layer"]}],
                "sentence": "layer {layer} in {bits} bits"},
            {"kind": "kv-bits", "summary": "Bits of one layer, as the scripted technique says it.", "arguments": [
                {"name": "layer", "kind": {"type": "int", "min": 0, "max": 5}, "help": "the layer"},
                {"name": "keys", "kind": {"type": "level", "levels": [2, 4, 8]}, "help": "its bits"}],
                "place": {"group": "layer"}, "contradicts": [{"kind": "kv-bits", "meet": ["layer"]}]}],
        "unedited": "the whole subject",
        "signals": [{"name": "sensitivity", "summary": "What a layer suffers from few bits."},
            {"name": "block-influence", "summary": "What a layer suffers from being dropped."}],
        "outputs": true, "choices": true, "bounds": true, "concurrency": concurrency,
    });
    if let Some(idle) = idle {
        hello["idle-seconds"] = json!(idle);
    }
    hello
}

pub(crate) fn metrics() -> Value {
    json!([{"name": "kl", "direction": "minimise", "unit": "nats"}, {"name": "likeness", "direction": "maximise"}])
}

/// The same with a share of items, of which none is ever wrong.
pub(crate) fn with_share(mut metrics: Value) -> Value {
    let share = json!({"name": "wrong", "direction": "minimise", "unit": "share"});
    metrics.as_array_mut().unwrap().push(share);
    metrics
}

pub(crate) fn opened(numerics: &str) -> Value {
    let split = |items: u64, digit: &str| json!({"items": items, "fingerprint": digit.repeat(64)});
    json!({
        "device": "paper", "numerics": numerics,
        "facts": {"name": "six layers", "values": {"layers": LAYERS, "heads": 4, "scale": 1.5, "sizes": [1, 2, 3]}},
        "task": {"name": "formula", "metrics": metrics(),
            "splits": {"selection": split(SELECTION, "a"), "report": split(REPORT, "b"), "elsewhere:other": split(OTHER, "c")}},
    })
}

/// How many items a split has.
pub(crate) fn items(split: &str) -> Option<u64> {
    match split {
        "selection" => Some(SELECTION),
        "report" => Some(REPORT),
        "elsewhere:other" => Some(OTHER),
        _ => None,
    }
}

/// Why a plan cannot be honoured.
pub(crate) fn refused(plan: &Value) -> Option<Value> {
    let edits = plan.as_array().unwrap();
    let unknown = edits.iter().find(|edit| {
        let known = edit["edit"] == "bits"
            || edit["edit"] == "kv-bits"
            || edit["edit"] == "drop-block" && edit["layer"].as_u64().unwrap() < LAYERS;
        !known
    })?;
    let (kind, layer) = (unknown["edit"].as_str().unwrap(), &unknown["layer"]);
    Some(
        json!({"kind": "unsupported", "edit": format!("{kind}(layer:{layer})"), "message": "there are six layers"}),
    )
}

/// What a plan is calibrated on: those with four bits are.
pub(crate) fn calibration(plan: &Value) -> Option<String> {
    let four = plan.as_array().unwrap().iter().any(|edit| edit["bits"] == 4);
    four.then(|| "d".repeat(64))
}

/// `Σ sensitivity · 4^(−bits) · (1 ± 0.2)`; a block that is dropped has no bits.
fn damage(plan: &Value, split: &str, item: u64) -> f64 {
    let edits = plan.as_array().unwrap().iter();
    let each = edits.map(|edit| {
        let layer = edit["layer"].as_u64().unwrap();
        let bits = edit["bits"].as_f64().or(edit["keys"].as_f64()).unwrap_or(0.0);
        let ripple = ((layer * 7 + item * 3 + split.len() as u64) % 5) as f64 / 10.0 - 0.2;
        sensitivity(layer) * 0.25_f64.powf(bits) * (1.0 + ripple)
    });
    each.fold(0.0, |sum, damage| sum + damage)
}

fn sensitivity(layer: u64) -> f64 {
    if layer == 4 { 9.0 } else { 8.0 - layer as f64 }
}

pub(crate) fn scores(plan: &Value, split: &str, items: &[u64]) -> Value {
    let damages: Vec<f64> = items.iter().map(|item| damage(plan, split, *item)).collect();
    let likeness: Vec<f64> = damages.iter().map(|damage| (-damage).exp()).collect();
    let weights: Vec<f64> = items.iter().map(|item| 1.0 + (item % 3) as f64).collect();
    json!({"kl": {"items": damages}, "likeness": {"aggregate": "mean", "items": likeness, "weights": weights}})
}

/// A vocabulary of two, the first of which a plan makes less likely by the damage that it does.
pub(crate) fn outputs(plan: &Value, split: &str, item: u64, positions: u64) -> Value {
    let inputs: Vec<u64> = (0..LAYERS).map(|input| (input + item) % 2).collect();
    let positions: Vec<u64> = (LAYERS - positions.min(LAYERS)..LAYERS).collect();
    let rows =
        positions.iter().flat_map(|position| [*position as f32 - damage(plan, split, item) as f32, 0.0]);
    let values = STANDARD.encode(rows.flat_map(f32::to_le_bytes).collect::<Vec<u8>>());
    json!({"item": item, "inputs": inputs, "positions": positions, "width": 2, "values": values})
}

pub(crate) fn signal(name: &str) -> Option<Value> {
    let layers = || (0..LAYERS).map(sensitivity);
    let (axes, values): (Value, Vec<f64>) = match name {
        "sensitivity" => (json!([{"name": "layer", "len": LAYERS}]), layers().collect()),
        // What techniques ask for that drop blocks: of each half, and of the whole.
        "block-influence" => (
            json!([{"name": "layer", "len": LAYERS}, {"name": "part", "len": 3}]),
            layers().flat_map(|value| [value / 4.0, value / 2.0, value]).collect(),
        ),
        _ => return None,
    };
    Some(json!({"axes": axes, "values": values, "work": {"computed": 6, "naive": 6}}))
}
