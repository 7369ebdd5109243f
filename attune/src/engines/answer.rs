//! What the package answers.

use serde_json::Value as Json;

use super::Engine;

/// Differences between an engine and the evaluator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// The largest difference of the logarithm of a probability, over the whole vocabulary at every position, nats.
    pub max_difference: f64,
    /// Its mean.
    pub mean_difference: f64,
    /// Mean divergence of the engine's distribution from the evaluator's, nats.
    pub kl: f64,
    /// Share of positions at which both have the same most likely token.
    pub agreement: f64,
    /// Positions that were compared.
    pub positions: u64,
}

/// Those of one sequence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ItemFigures {
    /// The item of the report data that it is of.
    pub item: u32,
    /// Its length.
    pub tokens: u64,
    /// The differences.
    pub figures: Figures,
    /// What the plan loses there; none without a control.
    pub losses: Option<Losses>,
}

/// Mean divergence from the engine's distribution without the plan, nats.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Losses {
    /// Of the evaluator's distribution with the plan.
    pub scored: f64,
    /// Of the engine's with it.
    pub engine: f64,
}

/// What an engine computes of a folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// The version that was asked.
    pub version: String,
    /// Of all sequences.
    pub figures: Figures,
    /// The same without the plan, or why it cannot be said.
    pub control: Result<Figures, String>,
    /// Sequence by sequence.
    pub items: Vec<ItemFigures>,
}

/// How far two checkpoints are from each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Apart {
    /// The largest difference of two numbers.
    pub max_difference: f64,
    /// The mean one.
    pub mean_difference: f64,
    /// Numbers that were compared.
    pub numbers: u64,
}

/// What an engine makes of a document, beside the checkpoint that was exported with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The version that was asked.
    pub version: String,
    /// How far it is from that checkpoint.
    pub apart: Apart,
    /// How far what it makes of the document without the plan is from it, or why that cannot be said.
    pub control: Result<Apart, String>,
    /// The largest number of that checkpoint, without its sign.
    pub largest: f64,
}

/// The engines of a list.
pub(super) fn engines(said: &Json) -> Option<Vec<Engine>> {
    let engine = |one: &Json| {
        let text = |key: &str| one.get(key)?.as_str().map(str::to_owned);
        let makes = one.get("makes")?.as_bool()?;
        Some(Engine { name: text("name")?, version: text("version"), install: text("install")?, makes })
    };
    said.get("engines")?.as_array()?.iter().map(engine).collect()
}

/// The figures of an answer.
pub(super) fn answered(said: &Json) -> Option<Answered> {
    let control = match said.get("control") {
        Some(control) => Ok(figures(control)?),
        None => Err(said.get("control_error")?.as_str()?.to_owned()),
    };
    let item = |one: &Json| {
        let item = u32::try_from(one.get("item")?.as_u64()?).ok()?;
        let losses = match one.get("loss") {
            Some(loss) => {
                let number = |key: &str| loss.get(key)?.as_f64();
                Some(Losses { scored: number("scored")?, engine: number("engine")? })
            }
            None => None,
        };
        Some(ItemFigures { item, tokens: one.get("tokens")?.as_u64()?, figures: figures(one)?, losses })
    };
    Some(Answered {
        version: said.get("version")?.as_str()?.to_owned(),
        figures: figures(said)?,
        control,
        items: said.get("items")?.as_array()?.iter().map(item).collect::<Option<_>>()?,
    })
}

/// The distances of an answer.
pub(super) fn made(said: &Json) -> Option<Made> {
    let control = match said.get("control") {
        Some(control) => Ok(apart(control)?),
        None => Err(said.get("control_error")?.as_str()?.to_owned()),
    };
    let version = said.get("version")?.as_str()?.to_owned();
    Some(Made { version, apart: apart(said)?, control, largest: said.get("largest")?.as_f64()? })
}

fn apart(of: &Json) -> Option<Apart> {
    let number = |key: &str| of.get(key)?.as_f64();
    Some(Apart {
        max_difference: number("max_difference")?,
        mean_difference: number("mean_difference")?,
        numbers: of.get("numbers")?.as_u64()?,
    })
}

fn figures(of: &Json) -> Option<Figures> {
    let number = |key: &str| of.get(key)?.as_f64();
    Some(Figures {
        max_difference: number("max_difference")?,
        mean_difference: number("mean_difference")?,
        kl: number("kl")?,
        agreement: number("argmax_agreement")?,
        positions: of.get("positions")?.as_u64()?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said() -> Json {
        let figures = |max: f64| {
            json!({
                "max_difference": max, "mean_difference": max / 2.0, "kl": 0.0, "argmax_agreement": 1.0, "positions": 6,
            })
        };
        let mut said = figures(0.5);
        let mut item = figures(0.25);
        item["item"] = json!(3);
        item["tokens"] = json!(9);
        item["loss"] = json!({"scored": 0.5, "engine": 0.75});
        said["version"] = json!("5.24.0");
        said["control"] = figures(4.0);
        said["items"] = json!([item]);
        said
    }

    #[test]
    fn figures_come_as_they_were_said() {
        let found = answered(&said()).unwrap();
        assert_eq!((found.figures.max_difference, found.figures.positions), (0.5, 6));
        assert_eq!(found.control.unwrap().max_difference, 4.0);
        assert_eq!((found.items[0].item, found.items[0].tokens), (3, 9));
        assert_eq!(found.items[0].losses, Some(Losses { scored: 0.5, engine: 0.75 }));
    }

    #[test]
    fn a_control_that_does_not_load_is_no_fault_of_the_answer() {
        let mut without = said();
        without.as_object_mut().unwrap().remove("control");
        assert_eq!(answered(&without), None, "neither is there");
        without["control_error"] = json!("no such folder");
        assert_eq!(answered(&without).unwrap().control, Err("no such folder".to_owned()));
    }

    #[test]
    fn distances_of_checkpoints_come_as_they_were_said() {
        let apart =
            |max: f64| json!({"max_difference": max, "mean_difference": 0.0, "numbers": 6, "tensors": 1});
        let mut said = apart(0.5);
        said["version"] = json!("0.1.5");
        said["largest"] = json!(2.0);
        assert_eq!(made(&said), None, "there is neither a control nor why there is none");
        said["control_error"] = json!("no such folder");
        assert_eq!(made(&said).unwrap().control, Err("no such folder".to_owned()));
        said["control"] = apart(4.0);
        let found = made(&said).unwrap();
        assert_eq!((found.apart.max_difference, found.apart.numbers, found.largest), (0.5, 6, 2.0));
        assert_eq!(found.control.unwrap().max_difference, 4.0);
    }

    #[test]
    fn an_answer_without_a_number_is_none() {
        let mut without = said();
        without["items"][0]["kl"] = json!(null);
        assert_eq!(answered(&without), None);
    }
}
