//! What policies make of the saves of a run.

use attune_checkpoint_codec::codec::{FullCodec, MomentCodec, WeightCodec};
use attune_checkpoint_codec::{Bench, Policy, Run, RunOptions, StagePolicy, safetensors, stage_of};

fn bench() -> Bench {
    Bench::of_run(Run::train(RunOptions { steps: 36, gap: 2, horizon: 2, ..RunOptions::default() }))
}

#[test]
fn saves_as_they_are_lose_nothing() {
    let bench = bench();
    assert_eq!(bench.saves().len(), 18);
    let measure = bench.measure(&Policy::default(), 7);
    assert_eq!((measure.size, measure.weights, measure.moments), (1.0, 1.0, 1.0));
    assert_eq!((measure.errors, measure.strays), (0, Some(0.0)));
}

#[test]
fn weights_are_exact_under_every_lossless_policy() {
    let bench = bench();
    for (interval, chained, full, codec) in [
        (5, false, FullCodec::Raw, WeightCodec::Mask),
        (5, true, FullCodec::Packed, WeightCodec::Delta),
        (20, false, FullCodec::Packed, WeightCodec::Delta),
    ] {
        let stage = StagePolicy { interval, chained, full, weights: [codec; 4], ..StagePolicy::default() };
        for save in 0..18 {
            let measure = bench.measure(&Policy::fixed(stage.clone()), save);
            assert_eq!((measure.errors, measure.strays), (0, Some(0.0)), "save {save}");
        }
    }
}

#[test]
fn full_saves_come_at_the_interval_and_where_a_stage_begins() {
    let bench = bench();
    let stage = StagePolicy {
        interval: 4,
        chained: true,
        weights: [WeightCodec::Delta; 4],
        ..StagePolicy::default()
    };
    let policy = Policy::fixed(stage);
    let full: Vec<usize> = (0..18).filter(|&save| bench.measure(&policy, save).weights == 1.0).collect();
    assert_eq!(full, [0, 4, 6, 10, 12, 16]);
    // A chain is read from its full save on, so each save of it takes more.
    let reads: Vec<f64> = (6..10).map(|save| bench.measure(&policy, save).decode).collect();
    assert!(reads.windows(2).all(|pair| pair[0] < pair[1]), "{reads:?}");
}

#[test]
fn few_bits_for_moments_take_fewer_bytes_and_stray() {
    let bench = bench();
    let codec = MomentCodec::Block { bits: 4, size: 64 };
    let stage = StagePolicy { moments: [[codec; 4]; 2], ..StagePolicy::default() };
    let measure = bench.measure(&Policy::fixed(stage), 9);
    assert!(measure.moments > 0.125 && measure.moments < 0.2, "{measure:?}");
    assert!(measure.strays.expect("a run resumes") > 0.0);
    let halved = StagePolicy { master: false, ..StagePolicy::default() };
    let measure = bench.measure(&Policy::fixed(halved), 9);
    assert!((measure.size - 10.0 / 12.0).abs() < 1e-12);
    assert!(measure.strays.expect("a run resumes") > 0.0);
}

#[test]
fn no_mask_goes_below_its_bound() {
    let bench = bench();
    for save in 0..18 {
        let bound = bench.mask_bound(save);
        for (interval, chained) in [(1, false), (2, false), (5, true), (20, false), (20, true)] {
            let stage =
                StagePolicy { interval, chained, weights: [WeightCodec::Mask; 4], ..StagePolicy::default() };
            assert!(bench.measure(&Policy::fixed(stage), save).weights >= bound - 1e-12, "save {save}");
        }
    }
    assert_eq!(bench.mask_bound(0), 1.0);
}

#[test]
fn stages_are_thirds() {
    let stages: Vec<(usize, usize)> = (0..7).map(|save| stage_of(save, 7)).collect();
    assert_eq!(stages, [(0, 0), (0, 0), (1, 2), (1, 2), (2, 4), (2, 4), (2, 4)]);
}

fn file(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(data);
    bytes
}

#[test]
fn files_are_read_by_type_and_name() {
    let header = r#"{"__metadata__":{"format":"pt"},"model.embed_tokens.weight":{"dtype":"BF16","shape":[2,1],"data_offsets":[0,4]},
        "h.0.attn.q":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"h.0.attn.q.exp_avg":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#;
    let save = safetensors::read(&file(header, &[1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 128, 63])).expect("a save");
    let names: Vec<(&str, &str, &[u16])> = save
        .tensors
        .iter()
        .map(|tensor| (tensor.name.as_str(), tensor.class.name(), tensor.weights.as_slice()))
        .collect();
    assert_eq!(
        names,
        [
            ("h.0.attn.q.upper", "attention", &[0x0807][..]),
            ("h.0.attn.q.lower", "attention", &[0x0605]),
            ("model.embed_tokens.weight", "embedding", &[0x0201, 0x0403]),
        ]
    );
    assert_eq!(save.tensors[0].moments, [vec![1.0], vec![]]);
    assert_eq!((save.weight_bytes(), save.moment_bytes()), (8, 4));
}

/// What is no moment would be weights without a word, or stop the codecs.
#[test]
fn moments_that_no_codec_can_write_say_why() {
    let save = |name: &str, kind: &str, values: &[u8]| {
        let end = 4 + values.len();
        let header = format!(
            r#"{{"w":{{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}},"{name}":{{"dtype":"{kind}","shape":[2],"data_offsets":[4,{end}]}}}}"#
        );
        safetensors::read(&file(&header, &[&[1, 2, 3, 4], values].concat()))
    };
    let says =
        |name: &str, kind: &str, values: &[u8]| save(name, kind, values).expect_err("none").to_string();
    for (name, kind) in [("w.exp_avg", "BF16"), ("w.exp_avg_sq", "F16")] {
        let why = says(name, kind, &[0; 4]);
        assert!(why.contains(&format!("`{name}`")) && why.contains(kind) && why.contains("F32"), "{why}");
    }
    let floats = |values: [f32; 2]| values.map(f32::to_le_bytes).concat();
    for (name, second) in [
        ("w.exp_avg", f32::NAN),
        ("w.exp_avg", f32::NEG_INFINITY),
        ("w.exp_avg_sq", f32::INFINITY),
        ("w.exp_avg_sq", -1.0),
    ] {
        let why = says(name, "F32", &floats([0.5, second]));
        assert!(why.contains(&format!("`{name}`")) && why.contains("value 1"), "{why}");
    }
    assert!(says("v.exp_avg", "F32", &floats([0.5, 1.0])).contains("no weights `v`"));
    let read = save("w.exp_avg", "F32", &floats([0.5, -1.0])).expect("a save");
    assert_eq!(read.tensors[0].moments[0], [0.5, -1.0]);
}

#[test]
fn files_that_are_none_say_why() {
    let says = |bytes: &[u8]| safetensors::read(bytes).expect_err("no save").to_string();
    assert!(says(b"abc").contains("less than 8 bytes"));
    assert!(says(&[255; 16]).contains("beyond the file"));
    assert!(says(&file("[]", &[])).contains("`{` is expected at its byte 0"));
    assert!(says(&file("{}", &[])).contains("no tensors"));
    assert!(
        says(&file(r#"{"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}"#, &[1])).contains("type I8")
    );
    let beyond = r#"{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}"#;
    assert!(says(&file(beyond, &[1, 2])).contains("`a`"));
    let huge = r#"{"a":{"dtype":"BF16","shape":[9999999999,9999999999],"data_offsets":[0,4]}}"#;
    assert!(says(&file(huge, &[0; 4])).contains("shape"));
    assert!(says(&file(r#"{"a":{"dtype":"BF16","shape":["#, &[])).contains("whole number"));
}
