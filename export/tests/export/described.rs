//! What the description of a target says of edits is what its exporter does.

use attune_core::exporter::{Exactness, ExportError};
use attune_core::facts::Facts;
use attune_core::plan::Edit;
use attune_export::description::{Answer, DEFAULT_GRID, Edits, Fidelity, Takes};
use attune_export::{target, targets};
use attune_vocabulary::{CacheGrid, ModelFacts, NumberGrid, Rounding, arrange};

use crate::edits::{bits, everywhere, model, samples, wide};

#[test]
fn an_exporter_takes_and_refuses_the_kinds_that_its_description_says() {
    for target in targets() {
        for schema in attune_vocabulary::model().schemas() {
            let (name, kind) = (target.description.name, schema.kind.as_str());
            let family = match kind {
                "combine-checkpoints" => "attune_denoiser",
                _ if kind != "silence-experts"
                    && matches!(
                        name,
                        "mlx"
                            | "compressed-tensors"
                            | "windows"
                            | "granite-swa"
                            | "mlx-windows"
                            | "transformers"
                            | "moa"
                            | "vllm"
                    ) =>
                {
                    "llama"
                }
                _ => "mixtral",
            };
            let model = wide(&model(family, if family == "mixtral" { 4 } else { 0 }));
            let answer = target.exporter.check(&arrange(samples(name, kind)), &model);
            match target.description.answer(kind) {
                Answer::Exact => assert_eq!(answer.unwrap(), Exactness::Exact, "{name}, {kind}"),
                Answer::Takes(Takes { fidelity: Fidelity::Approximate(why), .. }) => {
                    let reason = (*why).to_owned();
                    assert_eq!(answer.unwrap(), Exactness::Approximate { reason }, "{name}, {kind}");
                }
                // What is stored in float32 is exact wherever it is taken.
                Answer::Takes(_) => assert_eq!(answer.unwrap(), Exactness::Exact, "{name}, {kind}"),
                Answer::Not(why) => {
                    let Err(ExportError::Inexpressible { reason, .. }) = answer else {
                        panic!("{name} takes {kind}, and its description does not");
                    };
                    let of_generator =
                        reason == "an image generator takes combine-checkpoints only; use `--to plan`";
                    assert!(reason == why || of_generator, "{name}, {kind}: {reason}");
                }
            }
        }
    }
}

#[test]
fn what_is_rounded_in_16_bits_is_approximate_in_what_the_description_says() {
    let llama = Facts::from(ModelFacts { bytes_per_parameter: 2.0, ..ModelFacts::of(&model("llama", 0)) });
    let mlx = target("mlx").unwrap();
    let Answer::Takes(takes) = mlx.description.answer("weight-bits") else { panic!("mlx takes weight-bits") };
    let Fidelity::ExactInFloat32(why) = takes.fidelity else { panic!("{takes:?}") };
    let answer = mlx.exporter.check(&arrange([bits("q", 4, 64)]), &llama).unwrap();
    assert_eq!(answer, Exactness::Approximate { reason: why.to_owned() });
    let gguf = target("gguf").unwrap();
    let Answer::Takes(Takes { fidelity: Fidelity::ExactInFloat32(why), .. }) =
        gguf.description.answer("keep-experts")
    else {
        panic!("gguf takes keep-experts")
    };
    let mixtral =
        Facts::from(ModelFacts { bytes_per_parameter: 2.0, ..ModelFacts::of(&model("mixtral", 4)) });
    let answer = gguf.exporter.check(&arrange(samples("gguf", "keep-experts")), &mixtral).unwrap();
    assert_eq!(answer, Exactness::Approximate { reason: (*why).to_owned() });
    for &group in takes.groups {
        for &level in takes.levels {
            let plan = arrange([bits("q", level.into(), group.into())]);
            assert!(mlx.exporter.check(&plan, &llama).is_ok(), "{level} bits in groups of {group}");
        }
    }
}

#[test]
fn codes_that_error_feedback_chose_are_read_of_the_evaluator_or_the_plan_is_not_exact() {
    let mut asked = 0;
    for target in targets() {
        let (name, Answer::Takes(takes)) =
            (target.description.name, target.description.answer("weight-bits"))
        else {
            continue;
        };
        for &grid in takes.grids {
            let grid = NumberGrid::from_name(grid);
            if Rounding::Gptq.check(grid).is_err() {
                continue;
            }
            let with = |edit: Edit| match grid {
                None => edit,
                Some(grid) => edit.text("grid", grid.name()),
            };
            let group = takes.groups.first().map_or(64, |&group| i64::from(group));
            let plain = with(bits("q", i64::from(takes.levels[0]), group));
            let answer = |edit: Edit| target.exporter.check(&arrange([edit]), &model("llama", 0));
            if answer(plain.clone()).is_ok() {
                let rounded = plain.clone().text("rounding", "gptq");
                let reads = |edit: Edit| target.exporter.reads_choices(&arrange([edit]));
                match (answer(rounded.clone()), reads(rounded)) {
                    (Ok(exactness), true) => assert_eq!(Ok(exactness), answer(plain.clone()).map_err(|_| ())),
                    (Ok(exactness), false) => assert_ne!(exactness, Exactness::Exact, "{name}, {grid:?}"),
                    (Err(error), _) => {
                        assert!(error.to_string().contains("rounding"), "{name}, {grid:?}: {error}");
                    }
                }
                assert!(!reads(plain), "{name} reads what nobody chose");
                asked += 1;
            }
        }
    }
    assert!(asked > 0);
}

#[test]
fn recipes_of_tools_with_error_feedback_alone_take_codes_that_it_chose() {
    let plan = arrange(everywhere(4).into_iter().map(|edit| edit.text("rounding", "gptq")));
    let mut taken = Vec::new();
    for name in ["autoround", "llm-compressor", "gptqmodel", "modelopt", "exllama", "mlx-recipe"] {
        match target(name).unwrap().exporter.check(&plan, &model("llama", 0)) {
            Ok(Exactness::Approximate { reason }) => {
                assert!(reason.contains("error feedback"), "{name}: {reason}");
                taken.push(name);
            }
            other => {
                let message = other.unwrap_err().to_string();
                assert!(message.contains("search without `rounding`"), "{name}: {message}");
            }
        }
    }
    assert_eq!(taken, ["llm-compressor", "gptqmodel"]);
}

#[test]
fn a_search_on_the_first_grid_of_a_target_finds_all_of_its_levels_taken() {
    for target in targets() {
        let Answer::Takes(takes) = target.description.answer("weight-bits") else { continue };
        let Some(&first) = takes.grids.first() else { continue };
        let grid = NumberGrid::from_name(first);
        let model = wide(&model("llama", 0));
        for &level in takes.levels.iter().filter(|level| grid.is_none_or(|grid| grid.bits().contains(level)))
        {
            let group = match grid.map(NumberGrid::grouping) {
                Some(attune_vocabulary::Grouping::Of(own)) => own,
                _ => 64,
            };
            let of = |edit: Edit| {
                let edit = edit.int("group-size", group.into());
                if let Some(grid) = grid { edit.text("grid", grid.name()) } else { edit }
            };
            let plan = arrange(everywhere(level.into()).into_iter().map(of));
            let answer = target.exporter.check(&plan, &model);
            assert!(answer.is_ok(), "{}, {level} bits: {answer:?}", target.description.name);
        }
    }
}

#[test]
fn grids_of_a_target_are_words_of_plans() {
    for target in targets() {
        let Edits::These { takes, .. } = target.description.edits else { continue };
        for takes in takes {
            for &grid in takes.grids.iter().filter(|grid| **grid != DEFAULT_GRID) {
                let known = match takes.edit {
                    "weight-bits" | "embedding-bits" => NumberGrid::from_name(grid).is_some(),
                    "kv-bits" => CacheGrid::from_name(grid).is_some(),
                    _ => false,
                };
                assert!(known, "{}: `{grid}` is no grid of {}", target.description.name, takes.edit);
            }
        }
    }
    assert!(NumberGrid::from_name(DEFAULT_GRID).is_none() && CacheGrid::from_name(DEFAULT_GRID).is_none());
}
