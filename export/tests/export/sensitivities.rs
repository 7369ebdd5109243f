//! Sensitivity tables: files that were made by hand, files that are wrong in one place, and files that are written.

use std::collections::BTreeMap;

use attune_core::facts::Facts;
use attune_core::plan::{Edit, Plan};
use attune_core::sensitivity::{
    GivenTable, MeasuredTable, Origin, SensitivityTable, Told, reference, table_from,
};
use attune_core::space::{Config, Dimension, Domain, Slot, Space, Value};
use attune_core::technique::TechniqueFailure;
use attune_export::{ReadTable, TableFormat, Tabled, read_table, write_table};
use attune_vocabulary::edits::WeightBits;
use attune_vocabulary::{Module, arrange};

use crate::recipes::model;

const MODULES: [Module; 7] =
    [Module::Query, Module::Key, Module::Value, Module::Output, Module::Gate, Module::Up, Module::Down];
/// Weights of one module of the model, in millions.
const MILLIONS: f64 = 0.065_536;

/// Bits for each module of two layers.
fn bits(levels: &[f64]) -> Space {
    let bits = Dimension::level("bits", levels.iter().copied()).along("layer", 2).along("module", 7);
    Space::of([bits]).unwrap()
}

fn slot(layer: usize, module: usize) -> Slot {
    Slot { dimension: 0, cell: 7 * layer + module }
}

fn lower(space: &Space, config: &Config) -> Result<Plan, TechniqueFailure> {
    let Domain::Level { levels } = &space.dimensions()[0].domain else { return Ok(Plan::default()) };
    let edits = space.slots().filter(|slot| slot.dimension == 0).filter_map(|slot| {
        let Value::Index(level) = config.get(slot) else { return None };
        let bits = levels[*level as usize] as u32;
        let (layer, module) = ((slot.cell / 7) as u32, MODULES[slot.cell % 7]);
        let edit =
            WeightBits { layer, module, expert: None, bits, group_size: 64, grid: None, rounding: None };
        (bits < 16).then(|| Edit::from(edit))
    });
    Ok(arrange(edits))
}

fn with<T>(space: &Space, family: &str, then: impl FnOnce(&Tabled<'_>) -> T) -> T {
    let facts: Facts = model(family);
    let objectives = [("kl".to_owned(), true), ("bytes".to_owned(), false)];
    let lower = |config: &Config| lower(space, config);
    then(&Tabled { space, objectives: &objectives, facts: &facts, lower: &lower })
}

fn read(text: &str, space: &Space) -> Result<ReadTable, String> {
    with(space, "llama", |of| read_table("table", text.as_bytes(), of).map_err(|error| error.to_string()))
}

fn at(read: &ReadTable, slot: Slot) -> Vec<Option<f64>> {
    (0..2).map(|option| read.table.damage(slot, option, 0)).collect()
}

#[test]
fn a_table_by_dimensions_says_what_its_rows_say() {
    let text = "\u{feff}layer,dimension,module,choice,damage,who\n1,bits,3,3,0.25,me\n\n\"1\",bits,3, 4.0 ,-1e-3,me\n0,bits,0.0,3,7,\n";
    let found = read(text, &bits(&[3.0, 4.0])).unwrap();
    assert_eq!(at(&found, slot(1, 3)), [Some(0.25), Some(-0.001)]);
    assert_eq!(at(&found, slot(0, 0)), [Some(7.0), None]);
    assert_eq!(at(&found, slot(0, 1)), [None, None]);
    assert_eq!((found.tool, found.notes.len(), found.table.reference()), ("a CSV", 0, None));
}

#[test]
fn losses_are_told_from_that_of_the_reference() {
    let text = "dimension,layer,module,choice,metric,loss\nbits,0,0,3,kl,0.75\nbits,0,0,4,kl,0.5\n";
    assert_eq!(at(&read(text, &bits(&[3.0, 4.0])).unwrap(), slot(0, 0)), [Some(0.25), Some(0.0)]);
    // Another one than the highest level.
    let text = "dimension,layer,module,choice,loss,reference\nbits,0,0,3,0.75,TRUE\nbits,0,0,4,0.5,False\n";
    assert_eq!(at(&read(text, &bits(&[3.0, 4.0])).unwrap(), slot(0, 0)), [Some(0.0), Some(-0.25)]);
}

#[test]
fn damages_against_another_choice_than_the_search_knows_are_refused() {
    // Of 4 bits nothing is said, and nothing would be measured: what is missing is told against them.
    let text =
        "module,bits,loss\nmodel.layers.0.self_attn.q_proj,3,0.75\nmodel.layers.0.self_attn.q_proj,16,0.5\n";
    let words = read(text, &bits(&[3.0, 4.0])).err().unwrap();
    assert!(words.contains("table:2: a `loss` alone") && words.contains("(4)"), "{words}");
    let text = "dimension,layer,module,choice,damage,reference\nbits,0,0,3,0,true\nbits,0,0,4,-0.1,false\n";
    let words = read(text, &bits(&[3.0, 4.0, 8.0])).err().unwrap();
    assert!(
        words.contains("table:2: damages against the choice 3") && words.contains("the choice 8"),
        "{words}"
    );
    assert!(read(&format!("{text}bits,0,0,8,-0.2,false\n"), &bits(&[3.0, 4.0, 8.0])).is_ok());
}

#[test]
fn subsets_and_options_have_rows_too() {
    let subset = Domain::Subset { of: 3, min: 1, max: 2 };
    let space = Space::of([
        Dimension::choice("side", ["left", "right, up"]),
        Dimension::new("kept", subset).along("layer", 1),
    ])
    .unwrap();
    let text = "dimension,layer,choice,damage,reference\nside,,left,0,true\nside,,\"right, up\",2,false\n\
                kept,0,0,-1,true\nkept,0,1,-3,false\nkept,0,2,-2,true\n";
    let found = read(text, &space).unwrap().table;
    let kept = Slot { dimension: 1, cell: 0 };
    assert_eq!([0, 1, 2].map(|element| found.damage(kept, element, 0)), [Some(-1.0), Some(-3.0), Some(-2.0)]);
    let config = Config::new(vec![vec![Value::Index(0)], vec![Value::Indices(vec![0, 2])]]);
    assert_eq!(found.reference(), Some(&config));
}

#[test]
fn modules_and_bits_are_found_in_the_search() {
    let text = "module,bits,loss\nmodel.layers.0.self_attn.q_proj,3,0.75\nmodel.layers.0.self_attn.q_proj,4,0.5\n\
                model.layers.1.mlp.gate_proj.weight;model.layers.1.mlp.up_proj,3,4\n\
                model.layers.1.mlp.gate_proj.weight;model.layers.1.mlp.up_proj,4,0\n\
                model.layers.1.mlp.gate_proj.weight;model.layers.1.mlp.up_proj,16,-1\nlm_head,4,1\n";
    let found = read(text, &bits(&[3.0, 4.0])).unwrap();
    assert_eq!(at(&found, slot(0, 0)), [Some(0.25), Some(0.0)]);
    // Measured together: each has its share, and 16 bits are not searched.
    assert_eq!(at(&found, slot(1, 4)), [Some(2.0), Some(0.0)]);
    assert_eq!(at(&found, slot(1, 5)), [Some(2.0), Some(0.0)]);
    assert_eq!(found.notes.len(), 1);
    assert!(found.notes[0].starts_with("1 entries"), "{:?}", found.notes);
}

#[test]
fn scores_of_mlx_are_for_a_million_weights() {
    let text = r#" [["model.layers.0.self_attn.q_proj", 2.0], ["model.layers.1.mlp.down_proj", -1], ["lm_head", 9.5], ["model.embed_tokens", 9]]"#;
    let found = read(text, &bits(&[4.0, 5.0])).unwrap();
    assert_eq!(at(&found, slot(0, 0)), [Some(2.0 * MILLIONS), Some(0.0)]);
    assert_eq!(at(&found, slot(1, 6)), [Some(-MILLIONS), Some(0.0)]);
    assert_eq!(at(&found, slot(0, 1)), [None, None]);
    let experts = r#"[["model.layers.0.block_sparse_moe.switch_mlp.gate_proj", 1.0]]"#;
    let found = with(&bits(&[4.0, 5.0]), "mixtral", |of| read_table("t", experts.as_bytes(), of).unwrap());
    assert_eq!(at(&found, slot(0, 4)), [Some(4.0 * MILLIONS), Some(0.0)], "four experts");
}

const MEASUREMENT: &str = r#"{
    "base": {"dir": "/models/3bpw", "bpw": 3.02}, "alts": [{"dir": "/models/4bpw", "bpw": 4.01}],
    "groups": [
        {"idx": 0, "layers": ["model.layers.0.self_attn.q_proj", "model.layers.0.self_attn.o_proj"],
         "candidates": [{"dkld": -0.5, "dbits": 131072}]},
        {"idx": 1, "layers": ["lm_head"], "candidates": [{"dkld": -0.25, "dbits": 1}]}
    ],
    "base_kld": 0.75, "arch_string": "LlamaForCausalLM"
}"#;

#[test]
fn a_measurement_of_exllama_is_told_from_its_most_bits() {
    let found = read(MEASUREMENT, &bits(&[3.0, 4.0])).unwrap();
    assert_eq!(at(&found, slot(0, 0)), [Some(0.25), Some(0.0)]);
    assert_eq!(at(&found, slot(0, 3)), [Some(0.25), Some(0.0)]);
    assert_eq!(at(&found, slot(0, 1)), [None, None]);
    assert_eq!((found.tool, found.notes.len()), ("a measurement of ExLlamaV3", 1));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let csv = "dimension,layer,module,choice,metric,damage,reference\nbits,0,0,3,kl,0.5,false\nbits,0,1,3,kl,0.25,true\n";
    let cases: [(&str, &str, &str, &str); 24] = [
        (",0.25,true", ",0.25", "table:3: 6 columns", "expected 7"),
        ("bits,0,1", "bit,0,1", "table:3: the dimension `bit`", "did you mean `bits`?"),
        ("bits,0,1", ",0,1", "table:3: nothing in the column `dimension`", "a dimension of the search: bits"),
        ("bits,0,1", "bits,two,1", "table:3: `layer` is `two`", "a whole number below 2"),
        ("bits,0,1", "bits,2,1", "table:3: `layer` is `2`", "a whole number below 2"),
        ("bits,0,1", "bits,,1", "table:3: nothing in the column `layer`", "a whole number below 2"),
        ("layer", "Layer", "table:1: no column `layer`", "which `bits` has as an axis"),
        ("0,1,3", "0,1,5", "table:3: the choice `5`", "`bits` (layer 0, module 1): 3 and 4"),
        ("0,1,3", "0,1,three", "table:3: the choice `three`", "3 and 4"),
        ("0,1,3,kl", "0,1,3,ppl", "table:3: `metric` is `ppl`", "`kl`, which the study measures"),
        ("0,1,3,kl", "0,1,3,bytes", "table:3: `metric` is `bytes`", "leave the column out"),
        ("0.25", "much", "table:3: `damage` is `much`", "a finite number"),
        ("0.25", "NaN", "table:3: `damage` is `NaN`", "a finite number"),
        ("0.25", "inf", "table:3: `damage` is `inf`", "a finite number"),
        ("0.25", "", "table:3: neither `damage` nor `loss`", "one of them"),
        ("bits,0,1", "bits,0,0", "table:3: the choice of line 2 again", "once"),
        ("true", "yes", "table:3: `reference` is `yes`", "true or false"),
        (
            "dimension,layer,module",
            "dim,layer,mod",
            "table:1: the columns dim",
            "no `dimension`, or `module`",
        ),
        (",choice,", ",option,", "table:1: the columns", "no `choice`"),
        (",damage,", ",harm,", "table:1: the columns", "no `damage`, or `loss`"),
        (",metric,", ",layer,", "table:1: column `layer` twice", "each column once"),
        (
            "damage",
            "loss",
            "table:2: a `loss` alone",
            "a row of the same cell with the `loss` of the choice 4",
        ),
        (csv, "dimension;layer;choice\n", "table:1: columns that are separated by ';'", "commas"),
        (csv, "\n\n", "table: nothing", "a sensitivity table"),
    ];
    let space = bits(&[3.0, 4.0]);
    for (from, to, found, expected) in cases {
        assert!(csv.contains(from), "{from}");
        let text = match csv.rfind(from) {
            // The last row, where it stands in more than one.
            Some(place) => format!("{}{to}{}", &csv[..place], &csv[place + from.len()..]),
            None => csv.to_owned(),
        };
        let error = read(&text, &space).unwrap_err();
        assert!(error.contains(found) && error.contains(expected), "{from} → {to}: {error}");
    }
    let two = format!("{csv}bits,0,1,4,kl,0,true\n");
    assert!(
        read(&two, &space).unwrap_err().contains("table:4: another choice of the reference, after line 3")
    );
    let head = csv.lines().next().unwrap();
    assert!(read(head, &space).unwrap_err().contains("table:1: names of columns and no row"));
    let other = Space::of([
        Dimension::level("bits", [3.0, 4.0]),
        Dimension::level("x", [1.0, 2.0]).along("layer", 2),
    ]);
    let error = read("dimension,layer,choice,damage\nbits,1,3,0\n", &other.unwrap()).unwrap_err();
    assert!(
        error.contains("table:2: `layer` is `1`; expected nothing there: `bits` has no such axis"),
        "{error}"
    );
    let bytes =
        with(&space, "llama", |of| read_table("table", b"a,b\n\xff,c\n", of).unwrap_err().to_string());
    assert!(bytes.contains("table:2: bytes that are no UTF-8"), "{bytes}");
}

#[test]
fn what_is_wrong_with_tables_of_modules_is_named_too() {
    let csv =
        "module,bits,damage\nmodel.layers.0.self_attn.q_proj,3,0.5\nmodel.layers.0.self_attn.k_proj,3,0.25\n";
    let mlx = r#"[["model.layers.0.self_attn.q_proj", 2.0]]"#;
    let q = "model.layers.0.self_attn.q_proj";
    let cases: [(&str, &str, &str, &str, &str); 18] = [
        (
            csv,
            "0.self_attn.k_proj",
            "7.self_attn.k_proj",
            "table:3: the model has no module `model.layers.7",
            "as `model.layers.0",
        ),
        (csv, "k_proj,3", "k_proj,x", "table:3: the choice `x`", "bits of a weight"),
        (csv, "k_proj,3", "q_proj,3", "table:3: the module and the bits of line 2 again", "once"),
        (
            csv,
            "model.layers.0.self_attn.k_proj,",
            ",",
            "table:3: nothing in the column `modules`",
            "linear modules",
        ),
        (csv, "0.25", "", "table:3: neither `damage` nor `loss`", "one of them"),
        (
            csv,
            "k_proj,3",
            "q_proj;model.layers.0.self_attn.k_proj,3",
            "table:3: `model.layers.0.self_attn.q_proj` again",
            "once",
        ),
        (
            mlx,
            q,
            "model.layers.9.x",
            "table: [0]: the model has no module `model.layers.9.x`",
            "as `model.layers.0",
        ),
        (mlx, "2.0", "\"much\"", "table: [0]: [\"model", "a path and its score"),
        (mlx, "2.0", "NaN", "table:1: expected value", "mlx_lm.dynamic_quant"),
        (mlx, "]]", ", 3]]", "table: [0]: [\"model", "a path and its score"),
        (mlx, "]]", "]", "table:1: EOF", "mlx_lm.dynamic_quant"),
        (
            MEASUREMENT,
            "q_proj",
            "x_proj",
            "table: groups[0].layers[0]: the model has no module",
            "names of the model's modules",
        ),
        (
            MEASUREMENT,
            "4.01",
            "3.5",
            "table: alts[0].bpw: 3.5 bits per weight",
            "the same whole bits everywhere",
        ),
        (MEASUREMENT, "4.01", "3.01", "table: alts[0].bpw: 3 bits again", "different bits"),
        (MEASUREMENT, "3.02", "12", "table: base.bpw: 12 bits per weight", "from 1 to 8"),
        (
            MEASUREMENT,
            "[{\"dkld\": -0.5, \"dbits\": 131072}]",
            "[]",
            "table: groups[0].candidates: 0 candidates",
            "one for each",
        ),
        (MEASUREMENT, "\"dkld\": -0.5", "\"dkl\": -0.5", "missing field `dkld`", "util/measure.py"),
        (
            MEASUREMENT,
            "4.01",
            "5.01",
            "table: groups[0]: 3 and 5 bits, and the search has 4 bits as well",
            "`levels` of 3 and 5",
        ),
    ];
    for (text, from, to, found, expected) in cases {
        assert!(text.contains(from), "{from}");
        let error = read(&text.replacen(from, to, 1), &bits(&[3.0, 4.0])).unwrap_err();
        assert!(error.contains(found) && error.contains(expected), "{from} → {to}: {error}");
    }
    let error = read(mlx, &bits(&[3.0, 4.0, 8.0])).unwrap_err();
    assert!(error.contains("the search has 3, 4 and 8"), "{error}");
    let huge = read(&MEASUREMENT.replace("-0.5", "1e308"), &bits(&[3.0, 4.0]));
    assert!(huge.is_ok(), "half of it is a number");
    let huge = read(&mlx.replace("2.0", "1e308"), &bits(&[3.0, 4.0]));
    assert!(huge.unwrap_err().contains("a damage that is too large for a number"));
    let nothing = read(r#"[["lm_head", 1.0]]"#, &bits(&[3.0, 4.0])).unwrap_err();
    assert!(nothing.contains("says nothing of the search"), "{nothing}");
}

/// Damages that are numbers of their cell, and halves at the next level.
fn measured(space: &Space) -> MeasuredTable {
    let at = reference(space, None).unwrap();
    let mut damages = BTreeMap::new();
    let options = space.dimensions()[0].domain.options().unwrap();
    let mut told = BTreeMap::new();
    for slot in space.slots() {
        let rows = (0..options).map(|option| {
            let last = option + 1 == options;
            let origin = if last { Origin::Reference } else { Origin::Measured };
            let interval = (!last).then_some((0.0, 2.0));
            told.insert((slot, option), Told { origin, intervals: vec![interval, None] });
            let damage = if last { 0.0 } else { (slot.cell + 1) as f64 / f64::from(1 << option) };
            vec![damage, 0.0]
        });
        damages.insert(slot, rows.collect());
    }
    MeasuredTable {
        table: SensitivityTable::new(damages),
        reference: at,
        at_reference: Some(vec![0.5, 9.0]),
        objectives: vec![("kl".to_owned(), true), ("bytes".to_owned(), false)],
        items: 8,
        told,
        best: None,
    }
}

fn write(format: TableFormat, space: &Space, bits: Option<&[u32]>) -> Result<(String, Vec<String>), String> {
    with(space, "llama", |of| {
        let written = write_table(format, &measured(space), of, bits).map_err(|error| error.to_string())?;
        Ok((written.text, written.notes))
    })
}

#[test]
fn a_csv_has_a_row_for_each_choice_and_reads_back_to_the_bit() {
    let space = bits(&[3.0, 4.0]);
    let (text, _) = write(TableFormat::Csv, &space, None).unwrap();
    let first = "dimension,layer,module,modules,choice,metric,damage,damage_low,damage_high,loss,items,reference,source\n\
                 bits,0,0,model.layers.0.self_attn.q_proj,3,kl,1,0,2,1.5,8,false,measured\n\
                 bits,0,0,model.layers.0.self_attn.q_proj,4,kl,0,,,0.5,8,true,reference\n\
                 bits,0,1,model.layers.0.self_attn.k_proj,3,kl,2,0,2,2.5,8,false,measured\n";
    assert!(text.starts_with(first), "{text}");
    assert_eq!(text.lines().count(), 1 + 2 * 14);
    let found = read(&text, &space).unwrap().table;
    let table = measured(&space);
    let mut wanted = GivenTable::new();
    for slot in space.slots() {
        for option in 0..2 {
            wanted.set(slot, option, 0, table.table.damage(slot, option as usize, 0));
        }
    }
    wanted.set_reference(table.reference);
    assert_eq!(found, wanted);
    let refused = write(TableFormat::Csv, &space, Some(&[3])).unwrap_err();
    assert!(refused.contains("leave `--bits` out"), "{refused}");
}

#[test]
fn scores_for_mlx_are_of_two_levels_and_of_everything_that_it_quantises() {
    let space = bits(&[3.0, 4.0]);
    let (text, notes) = write(TableFormat::Mlx, &space, None).unwrap();
    let scores: Vec<(String, f64)> = serde_json::from_str(&text).unwrap();
    let scores: BTreeMap<String, f64> = scores.into_iter().collect();
    assert_eq!(scores["model.layers.0.self_attn.q_proj"], 1.0 / MILLIONS);
    assert_eq!(scores["model.layers.1.mlp.down_proj"], 14.0 / MILLIONS);
    // What nobody searched goes last.
    assert_eq!((scores["lm_head"], scores["model.embed_tokens"]), (14.0 / MILLIONS, 14.0 / MILLIONS));
    assert!(notes[0].contains("lm_head") && notes[1].contains("--low-bits 3 --high-bits 4"), "{notes:?}");
    let found = read(&text, &space).unwrap();
    let near = |found: Option<f64>, wanted: f64| (found.unwrap() - wanted).abs() < 1e-12;
    assert!(
        near(found.table.damage(slot(1, 6), 0, 0), 14.0) && near(found.table.damage(slot(1, 6), 1, 0), 0.0)
    );

    let more = bits(&[3.0, 4.0, 8.0, 16.0]);
    let refused = write(TableFormat::Mlx, &more, None).unwrap_err();
    assert!(
        refused.contains("form `mlx` cannot say 3, 4 and 8 bits") && refused.contains("--bits 4,8"),
        "{refused}"
    );
    assert!(write(TableFormat::Mlx, &more, Some(&[4, 8])).is_ok());
    let unsearched = write(TableFormat::Mlx, &more, Some(&[4, 6])).unwrap_err();
    assert!(unsearched.contains("6 bits of `model.layers.0.self_attn.q_proj`"), "{unsearched}");
    let unstored = write(TableFormat::Mlx, &more, Some(&[4, 7])).unwrap_err();
    assert!(unstored.contains("mlx-lm stores weights in 2, 3, 4, 5, 6 and 8"), "{unstored}");
}

#[test]
fn a_measurement_for_exllama_has_a_group_for_each_cell() {
    let space = bits(&[3.0, 4.0, 16.0]);
    let (text, notes) = write(TableFormat::Exl3, &space, None).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (document["base"]["bpw"].as_f64(), document["alts"][0]["bpw"].as_f64()),
        (Some(3.0), Some(4.0))
    );
    let group = &document["groups"][1];
    assert_eq!(group["layers"], serde_json::json!(["model.layers.0.self_attn.k_proj"]));
    // A cell's number falls to its half.
    assert_eq!(group["candidates"], serde_json::json!([{"dkld": -1.0, "dbits": 65_536}]));
    assert_eq!(document["base_kld"], 105.0);
    assert_eq!(document["arch_string"], "LlamaForCausalLM");
    assert!(notes[0].contains("util/optimize.py -m FILE"), "{notes:?}");
    let found = read(&text, &bits(&[3.0, 4.0])).unwrap();
    assert_eq!(at(&found, slot(0, 1)), [Some(1.0), Some(0.0)]);
    let alone = write(TableFormat::Exl3, &bits(&[3.0, 16.0]), None).unwrap_err();
    assert!(alone.contains("3 bits alone") && alone.contains("--format csv"), "{alone}");
}

#[test]
fn what_other_forms_have_no_place_for_is_refused_by_name() {
    let space =
        Space::of([bits(&[3.0, 4.0]).dimensions()[0].clone(), Dimension::choice("side", ["left", "right"])])
            .unwrap();
    let at = reference(&space, None).unwrap();
    let table = MeasuredTable {
        table: table_from(&space, &at, &[0.0, 0.0], &[], &[]),
        reference: at,
        at_reference: None,
        told: BTreeMap::new(),
        ..measured(&bits(&[3.0, 4.0]))
    };
    for format in [TableFormat::Mlx, TableFormat::Exl3] {
        let refused =
            with(&space, "llama", |of| write_table(format, &table, of, None).unwrap_err().to_string());
        assert!(refused.contains("dimension `side`") && refused.contains("--format csv"), "{refused}");
    }
    assert!(with(&space, "llama", |of| write_table(TableFormat::Csv, &table, of, None)).is_ok());
}
