//! An evaluator as native code, without an attune around it: for measuring what a component costs.

use super::{Edit, Evaluator, Opening, Setting};

/// Scores a plan on items of the selection data: all values of all metrics, in the order of the task.
pub type Scores = Box<dyn Fn(&[Edit], &[u32]) -> Vec<f64>>;

/// Opens a task with its defaults and no data.
///
/// # Panics
/// Where it has no such task, does not open, or refuses a plan.
pub fn open<E: Evaluator>(task: &str) -> Scores {
    let opened = E::open(&Opening::new::<E>(task)).unwrap_or_else(|failure| panic!("{failure:?}"));
    let tasks = E::describe().tasks;
    let metrics = tasks.into_iter().find(|known| known.name == task).map(|task| task.metrics);
    let place = move |name: &str| metrics.iter().flatten().position(|metric| metric.name == name);
    Box::new(move |plan, items| {
        let evaluation = opened.evaluate(plan, "selection", items);
        let mut evaluation = evaluation.unwrap_or_else(|failure| panic!("{failure:?}"));
        evaluation.metrics.sort_by_key(|metric| place(&metric.metric));
        evaluation.metrics.into_iter().flat_map(|metric| metric.items).collect()
    })
}

/// An edit from its line: the kind, and `name=value` for each argument, with tabs between them. A value is a letter for its type
/// (`b`, `i`, `r`, `t`, `I`, `R`), a colon, and the value; numbers of a list have commas between them.
///
/// # Panics
/// Where the line is none.
pub fn edit(line: &str) -> Edit {
    let mut words = line.split('\t');
    let mut edit = Edit::new(words.next().unwrap_or_default());
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or_else(|| panic!("`{word}` has no `=`"));
        edit = edit.with(name, setting(value).unwrap_or_else(|| panic!("`{value}` is no value")));
    }
    edit
}

fn setting(text: &str) -> Option<Setting> {
    let (kind, value) = text.split_once(':')?;
    let list = || value.split(',').filter(|number| !number.is_empty());
    Some(match kind {
        "b" => Setting::Boolean(value.parse().ok()?),
        "i" => Setting::Int(value.parse().ok()?),
        "r" => Setting::Real(value.parse().ok()?),
        "t" => Setting::Text(value.to_owned()),
        "I" => Setting::Ints(list().map(|number| number.parse().ok()).collect::<Option<_>>()?),
        "R" => Setting::Reals(list().map(|number| number.parse().ok()).collect::<Option<_>>()?),
        _ => return None,
    })
}
