//! The evaluator through its trait.

use attune_guest::evaluator::{Edit, Evaluation, Evaluator, Failure, Opening, Setting};

use super::checkpoints::{Checkpoints, RUN};

fn opening() -> Opening {
    let small = [("steps", 24), ("gap", 2), ("horizon", 2)];
    small.iter().fold(Opening::new::<Checkpoints>(RUN), |opening, &(name, value)| {
        opening.task_option(name, Setting::Int(value))
    })
}

fn values(evaluation: &Evaluation, metric: &str) -> Vec<f64> {
    evaluation.metrics.iter().find(|measured| measured.metric == metric).unwrap().items.clone()
}

fn late(full: &str) -> Edit {
    Edit::new("checkpoint-saves")
        .text("stage", "late")
        .int("every", 20)
        .text("beside", "previous")
        .text("full", full)
        .text("master", "kept")
}

fn weights(codec: &str) -> Vec<Edit> {
    let of = |class: &&str| {
        Edit::new("checkpoint-weights").text("stage", "late").text("class", class).text("codec", codec)
    };
    ["embedding", "attention", "mlp", "norm"].iter().map(of).collect()
}

#[test]
fn a_plan_changes_the_saves_of_its_stage_and_no_others() {
    let checkpoints = Checkpoints::open(&opening()).unwrap();
    assert_eq!(checkpoints.subject().items, [("selection".to_owned(), 12), ("report".to_owned(), 12)]);
    let items: Vec<u32> = (0..12).collect();
    let plan = [vec![late("raw")], weights("delta")].concat();
    for split in ["selection", "report"] {
        let evaluation = checkpoints.evaluate(&plan, split, &items).unwrap();
        // Items go from stage to stage.
        let (late, others): (Vec<_>, Vec<_>) =
            values(&evaluation, "size").into_iter().enumerate().partition(|(item, _)| item % 3 == 2);
        assert!(others.iter().all(|&(_, size)| size == 1.0));
        assert_eq!(late.iter().filter(|&&(_, size)| size < 1.0).count(), 3, "one of four is full: {late:?}");
        assert_eq!(values(&evaluation, "bit-errors"), [0.0; 12]);
        assert_eq!(values(&evaluation, "strays"), [0.0; 12]);
        assert_eq!(values(&evaluation, "charged"), values(&evaluation, "size"));
        let alone = checkpoints.evaluate(&plan, split, &[5]).unwrap();
        assert_eq!(values(&alone, "size"), [values(&evaluation, "size")[5]]);
    }
}

#[test]
fn saves_that_stray_are_charged_for_it() {
    let strict = opening().task_option("tolerance", Setting::Real(1e-6));
    let checkpoints = Checkpoints::open(&strict).unwrap();
    let moments =
        Edit::new("checkpoint-moments").text("stage", "early").text("class", "mlp").text("moment", "second");
    let plan = [moments.text("as", "block").int("bits", 4).int("size", 64)];
    let evaluation = checkpoints.evaluate(&plan, "selection", &[0]).unwrap();
    let (strays, size) = (values(&evaluation, "strays")[0], values(&evaluation, "size")[0]);
    assert!(strays > 1e-6 && size < 1.0);
    assert!((values(&evaluation, "charged")[0] - size * strays / 1e-6).abs() < 1e-6);
}

#[test]
fn the_bound_of_the_mask_holds_where_nothing_else_is_allowed() {
    let masks =
        Checkpoints::open(&opening().task_option("codecs", Setting::Text("mask".to_owned()))).unwrap();
    let items: Vec<u32> = (0..12).collect();
    let plan = [vec![late("raw")], weights("mask")].concat();
    let found = values(&masks.evaluate(&plan, "selection", &items).unwrap(), "weights-size");
    let bounds = masks.known_bounds("selection", &items);
    assert!(bounds[0].items.iter().zip(found).all(|(bound, found)| bound.unwrap() <= found));
    let refused = |edit: Edit| matches!(masks.check(&[edit]), Err(Failure::Unsupported { edit: 0, reason }) if reason.contains("`codecs`"));
    assert!(refused(weights("delta").remove(0)) && refused(late("packed")));
    assert!(Checkpoints::open(&opening()).unwrap().known_bounds("selection", &items).is_empty());
}

fn file(weights: [u16; 2]) -> Vec<u8> {
    let header = r#"{"mlp.up":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend(weights.iter().flat_map(|weight| weight.to_le_bytes()));
    bytes
}

#[test]
fn files_are_saves_in_the_order_of_their_names() {
    let given = |count: u16| {
        (0..count).fold(Opening::new::<Checkpoints>("files"), |opening, save| {
            opening.file("selection", &format!("{save}.safetensors"), &file([7, save]))
        })
    };
    let checkpoints = Checkpoints::open(&given(6)).unwrap();
    assert_eq!(checkpoints.subject().items, [("selection".to_owned(), 3), ("report".to_owned(), 3)]);
    assert_eq!(checkpoints.evaluate(&[], "report", &[0]).unwrap().metrics.len(), 6);
    let says = |opening: Opening| Checkpoints::open(&opening).err().unwrap().message;
    assert!(says(given(5)).contains("too few saves"));
    assert!(says(given(6).file("report", "x.safetensors", &file([7, 0]))).contains("same save"));
    assert!(says(given(1).file("selection", "y.safetensors", b"abc")).contains("8 bytes"));
    assert!(says(opening().file("selection", "0.safetensors", &file([1, 2]))).contains("`files`"));
    assert!(says(opening().task_option("gap", Setting::Int(12))).contains("make 2 saves"));
}

/// Stages are those of the training, whichever half of their saves is asked for; a save is written beside the one before it though that
/// is of the other half.
#[test]
fn halves_of_the_saves_have_the_stages_of_the_whole_run() {
    // Weights change until the last third begins, and stay from there on.
    let run = (0..12u16).fold(Opening::new::<Checkpoints>("files"), |opening, save| {
        opening.file("selection", &format!("{save:02}.safetensors"), &file([7, save.min(8)]))
    });
    let checkpoints = Checkpoints::open(&run).unwrap();
    let plan = [vec![late("raw")], weights("mask")].concat();
    let sizes = |split: &str| {
        let evaluation = checkpoints.evaluate(&plan, split, &[0, 1, 2, 3, 4, 5]).unwrap();
        values(&evaluation, "size").iter().map(|&size| size < 1.0).collect::<Vec<bool>>()
    };
    // The third stage is saves 8 to 11, of which 8 is full.
    assert_eq!(sizes("selection").iter().filter(|&&less| less).count(), 1);
    assert_eq!(sizes("report"), [false, false, true, false, false, true]);
}
