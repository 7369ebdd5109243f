//! The offsets of a plan that a study found:
//! `cargo run --release -p attune-memory-plan --example memory_plan_offsets -- plan.json TRACE.csv [NUMBER] > offsets.csv`.
//!
//! `plan.json` is what `attune export STUDY --to plan` writes, `NUMBER` which of its traces this one is, 0 by default. Written is a row
//! for each row of the trace: `lower,upper,size,offset`. That no two buffers share memory is checked by another algorithm.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints its results")]

use std::error::Error;
use std::fs;

use attune_memory_plan::decode::{self, Fit};
use attune_memory_plan::restarts::{Key, Policy, Restarts};
use attune_memory_plan::rules::Rule;
use attune_memory_plan::{Instance, Offsets, check, csv};
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (plan, trace, number) = match &arguments[..] {
        [plan, trace] => (plan, trace, 0),
        [plan, trace, number] => (plan, trace, number.parse()?),
        _ => return Err("usage: memory_plan_offsets plan.json TRACE.csv [NUMBER]".into()),
    };
    let instance = csv::read(&fs::read_to_string(trace)?)?;
    let exported: Value = serde_json::from_str(&fs::read_to_string(plan)?)?;
    let edits = exported["plan"]["edits"].as_array().ok_or("an exported plan has `edits` in its `plan`")?;
    let edit = edits.iter().find(|edit| edit["trace"].as_u64() == Some(number));
    let offsets =
        offsets(edit.ok_or_else(|| format!("no edit of the plan is of trace {number}"))?, &instance)?;
    let peak = check::peak(&instance, &offsets)?;
    println!("lower,upper,size,offset");
    for (buffer, offset) in instance.buffers().iter().zip(&offsets) {
        println!("{},{},{},{offset}", buffer.start, buffer.end, buffer.size);
    }
    eprintln!("peak {peak}, most live bytes {}", instance.bound());
    Ok(())
}

fn offsets(edit: &Value, instance: &Instance) -> Result<Offsets, Box<dyn Error>> {
    let kind = text(edit, "edit")?;
    if kind == "allocation-order" {
        let order = edit["order"].as_array().ok_or("`order` is a list of buffers")?;
        let order: Option<Vec<u32>> =
            order.iter().map(|buffer| u32::try_from(buffer.as_u64()?).ok()).collect();
        let order = order.ok_or("`order` has something else than buffers")?;
        let mut sorted = order.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..instance.len() as u32) {
            return Err(
                format!("`order` has not each of the {} buffers of the trace once", instance.len()).into()
            );
        }
        return Ok(decode::decode(instance, &order, Fit::Lowest));
    }
    if kind != "allocation-search" {
        return Err(format!(
            "`{kind}` is no plan of one trace: expected allocation-search or allocation-order"
        )
        .into());
    }
    let (start, rank) = (text(edit, "start")?, text(edit, "rank")?);
    let rule = Rule::ALL.into_iter().find(|rule| rule.name() == start);
    let start = rule.ok_or_else(|| format!("`{start}` is no rule"))?.plan(instance);
    let policy = Policy {
        key: match rank {
            "turns" => None,
            "weight" => Some(Key::Weight),
            "weighted-area" => Some(Key::WeightedArea),
            other => return Err(format!("`{other}` is no rank").into()),
        },
        noise: real(edit, "noise")?,
        memory: real(edit, "memory")?,
        nodes: whole(edit, "nodes")?,
    };
    let mut search = Restarts::after(instance, start, policy, whole(edit, "seed")?);
    search.run(whole(edit, "steps")? * 1000);
    Ok(search.best().clone())
}

fn text<'a>(edit: &'a Value, name: &str) -> Result<&'a str, String> {
    edit[name].as_str().ok_or_else(|| format!("`{name}` of an edit is a text"))
}

fn whole(edit: &Value, name: &str) -> Result<u64, String> {
    edit[name].as_u64().ok_or_else(|| format!("`{name}` of an edit is a whole number"))
}

fn real(edit: &Value, name: &str) -> Result<f64, String> {
    edit[name].as_f64().ok_or_else(|| format!("`{name}` of an edit is a number"))
}
