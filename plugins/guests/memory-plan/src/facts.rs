//! Traces, from the facts of the evaluator.

use attune_guest::{Model, Setting};
use attune_memory_plan::{Buffer, Instance};

/// The traces that are tuned on.
pub(crate) fn traces(model: &Model) -> Result<Vec<Instance>, String> {
    let [counts, sizes, starts, ends, phases] =
        ["counts", "sizes", "starts", "ends", "phases"].map(|name| format!("memory-{name}"));
    let (counts, sizes) = (ints(model, &counts)?, ints(model, &sizes)?);
    let (starts, ends, phases) = (ints(model, &starts)?, ints(model, &ends)?, ints(model, &phases)?);
    let mut next = 0;
    counts
        .iter()
        .enumerate()
        .map(|(trace, &count)| {
            let range = next..next + count as usize;
            next = range.end;
            let buffers = range.map(|place| {
                let at = |values: &[i64]| values.get(place).map(|&value| value as u64);
                Some(Buffer { start: at(starts)?, end: at(ends)?, size: at(sizes)? })
            });
            let buffers: Option<Vec<Buffer>> = buffers.collect();
            let buffers = buffers.ok_or("facts of memory traces are of different lengths")?;
            let own = phases.chunks_exact(2).filter(|pair| pair[0] == trace as i64);
            let instance = Instance::new(buffers).map_err(|error| error.to_string())?;
            Ok(instance.with_phases(own.map(|pair| pair[1] as u64).collect()))
        })
        .collect()
}

fn ints<'a>(model: &'a Model, name: &str) -> Result<&'a [i64], String> {
    match model.extra.iter().find(|(known, _)| known == name) {
        Some((_, Setting::Ints(values))) => Ok(values),
        _ => Err(format!(
            "`{}` has no fact `{name}`: this is a technique for the evaluator `memory-plan`",
            model.name
        )),
    }
}
