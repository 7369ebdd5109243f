//! Every family is described wholly and without contradiction, and names the tensors that transformers writes.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::path::Path;

use attune_families::schema::{
    Accepted, Arrangement, ExpertTensors, Flag, KvCount, MixtureLayers, Number, Pairs, PartRule, PartTensors,
    Projections, SPARSEMIXER_EPS, Scores, SharedInner, TemperatureRule, WindowRule,
};
use attune_families::{DecoderConfig, all, tensors};
use attune_vocabulary::Module;
use serde_json::Value;

fn goldens() -> Vec<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/families.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn read(case: &Value) -> DecoderConfig {
    DecoderConfig::of(Path::new("config.json"), &case["config"])
        .unwrap_or_else(|error| panic!("{}: {error}", case["name"]))
}

fn stored(config: &DecoderConfig) -> BTreeMap<String, Vec<usize>> {
    let mut stored = BTreeMap::new();
    let Ok(()) = tensors::each::<Infallible>(config, |(name, shape)| {
        let name = format!("{}{name}", config.wrapper.map_or("", |wrapper| wrapper.prefix));
        assert!(stored.insert(name.clone(), shape).is_none(), "{name} twice");
        Ok(())
    });
    stored
}

#[test]
fn families_have_names_of_their_own_and_are_listed_in_order() {
    let names: Vec<&str> = all().iter().map(|family| family.name).collect();
    assert!(names.is_sorted(), "{names:?}");
    let of: [fn(&attune_families::Family) -> &'static str; 2] =
        [|family| family.name, |family| family.architecture];
    for of in of {
        let distinct: BTreeSet<&str> = all().iter().map(|family| of(family)).collect();
        assert_eq!(distinct.len(), all().len());
        assert!(!distinct.contains(""));
    }
}

/// A config.json of every family.
fn configs() -> Vec<Value> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/models");
    let elsewhere = std::fs::read_dir(models).unwrap().map(|folder| {
        let file = folder.unwrap().path().join("config.json");
        serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
    });
    goldens().iter().map(|case| case["config"].clone()).chain(elsewhere).collect()
}

/// Whatever a key holds that is passed over, and whether the key of a part that a family has not is there, the model is the
/// same; another value of the latter is refused by name.
#[test]
fn a_key_has_one_meaning() {
    let mut seen = BTreeSet::new();
    for config in configs() {
        let Some(family) = all().iter().find(|family| config["model_type"] == family.name) else { continue };
        seen.insert(family.name);
        let only = family.only.iter().map(|(key, _)| *key);
        let fixed: Vec<&str> = only.chain(family.ignored.iter().copied()).collect();
        let distinct: BTreeSet<&str> = fixed.iter().copied().collect();
        assert_eq!(distinct.len(), fixed.len(), "{}: a key stands twice", family.name);
        let with = |key: &str, value: Option<Value>| {
            let mut config = config.as_object().unwrap().clone();
            config.remove(key);
            config.extend(value.map(|value| (key.to_owned(), value)));
            DecoderConfig::of(Path::new("config.json"), &config.into())
        };
        let strange = || Some(serde_json::json!({ "strange": [1, "2"] }));
        for key in family.ignored {
            let [without, strange] =
                [None, strange()].map(|value| with(key, value).map_err(|e| e.to_string()));
            assert_eq!(strange, without, "{}: `{key}` is passed over and read", family.name);
        }
        for (key, accepted) in family.only {
            let value = match accepted {
                Accepted::Flag(flag) => (*flag).into(),
                Accepted::Number(number) => (*number).into(),
                Accepted::Word(word) => (*word).into(),
                Accepted::ListOf(words) => (*words).into(),
                Accepted::Null => Value::Null,
            };
            let [without, with_it] =
                [None, Some(value)].map(|value| with(key, value).map_err(|e| e.to_string()));
            assert_eq!(with_it, without, "{}: `{key}` changes something", family.name);
            let refused = with(key, strange()).unwrap_err().to_string();
            assert!(refused.contains(&format!("`{key}`")), "{}: {refused}", family.name);
        }
    }
    let missing = all().iter().find(|family| !seen.contains(family.name));
    assert!(missing.is_none(), "no config.json of a {}", missing.map_or("", |family| family.name));
}

/// What a description says of an absent key, beside what transformers' config class has there.
#[test]
fn defaults_are_those_of_the_config_classes() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/family-defaults.json");
    let classes: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for family in all() {
        let class = &classes[family.name];
        assert!(class.is_object(), "{} is not in family-defaults.json", family.name);
        let mut compare = |key: &str, ours: Value| {
            // A class without the field takes the key as it comes, and its absence as the code says.
            let Some(theirs) = class.get(key) else { return };
            let same = match (ours.as_f64(), theirs.as_f64()) {
                (Some(ours), Some(theirs)) => ours == theirs,
                _ => ours == *theirs,
            };
            if !same {
                wrong.push(format!("{} {key}: {ours} here, {theirs} there", family.name));
            }
        };
        let (attention, rotation) = (&family.attention, &family.rotation);
        match attention.kv_count {
            KvCount::Key(key) => compare(key, attention.kv_heads.default.into()),
            KvCount::Queries => {}
            KvCount::NewDecoder => {
                compare("num_kv_heads", attention.kv_heads.default.into());
                compare("multi_query", true.into());
                compare("new_decoder_architecture", false.into());
                compare("parallel_attn", true.into());
            }
        }
        if let Arrangement::Switched(Flag::Key(key, default), _) = family.norms.arrangement {
            compare(key, default.into());
        }
        if let Some(context) = family.context {
            compare("max_position_embeddings", context.into());
        }
        match attention.latent {
            None => compare("head_dim", attention.head_dim.default.into()),
            Some(latent) => {
                for (key, size) in [
                    ("q_lora_rank", latent.query_rank),
                    ("kv_lora_rank", latent.rank),
                    ("qk_nope_head_dim", latent.unrotated),
                    ("qk_rope_head_dim", latent.rotated),
                    ("v_head_dim", latent.value),
                ] {
                    compare(key, size.into());
                }
            }
        }
        if let Some(key) = rotation.neighbours_key {
            compare(key, (rotation.pairs == Pairs::Neighbours).into());
        }
        compare(family.norms.eps_key, family.norms.eps.into());
        compare("rope_theta", rotation.base.into());
        compare("tie_word_embeddings", family.tied.into());
        if let PartRule::Share(share) = rotation.part {
            compare("partial_rotary_factor", share.into());
        }
        if let Some(base) = rotation.local_base {
            compare("rope_local_base_freq", base.into());
        }
        let qk = attention.qk_norm.map(|norm| norm.present);
        let router = family.mixture.map(|rule| rule.router.renormalised);
        for flag in [attention.qkv_bias, attention.output_bias, family.feed_forward.bias, family.logit_bias]
            .into_iter()
            .chain(qk)
            .chain(router)
        {
            if let Flag::Key(key, default) = flag {
                compare(key, default.into());
            }
        }
        let scales = family.scales;
        let scale = family.mixture.map(|rule| rule.router.scale);
        let numbers = [
            attention.scale,
            attention.cap,
            attention.clip,
            scales.embedding,
            scales.residual,
            scales.logits,
            scales.cap,
        ];
        let tempered = match rotation.temperature {
            TemperatureRule::Unrotated { used, strength, every_key, every } => {
                compare(every_key, every.into());
                if let Flag::Key(key, default) = used {
                    compare(key, default.into());
                }
                strength
            }
            TemperatureRule::None | TemperatureRule::WithRotation(_) => Number::None,
        };
        if let Some(Scores::SparseMixer { key }) = family.mixture.map(|rule| rule.router.scores) {
            compare(key, SPARSEMIXER_EPS.into());
        }
        for number in numbers.into_iter().chain(scale).chain([tempered]) {
            match number {
                Number::Key(key, default)
                | Number::Inverse(key, default)
                | Number::InverseRoot(key, default) => {
                    compare(key, default.into());
                }
                Number::Optional(key, default) => compare(key, default.into()),
                Number::None | Number::RootOfHidden => {}
            }
        }
        match attention.windows {
            WindowRule::None => {}
            WindowRule::Every { tokens, .. } => compare("sliding_window", tokens.into()),
            WindowRule::Switched { tokens, first } => {
                compare("sliding_window", tokens.into());
                compare("use_sliding_window", false.into());
                if let Some(first) = first {
                    compare("max_window_layers", first.into());
                }
            }
            WindowRule::Listed { tokens, .. } => compare("sliding_window", tokens.into()),
            WindowRule::Chunked { tokens } => compare("attention_chunk_size", tokens.into()),
        }
        if let Some(rule) = family.mixture {
            let groups = rule.router.groups.map(|groups| [groups.count, groups.kept]);
            let counts = [rule.experts, rule.per_token, rule.inner];
            if let MixtureLayers::From { key, default } = rule.layers {
                compare(key, default.into());
            }
            if let Some(SharedInner::Key { key, default } | SharedInner::Times { key, default }) =
                rule.shared.map(|shared| shared.inner)
            {
                // None and null are one thing.
                if default > 0 || !class[key].is_null() {
                    compare(key, default.into());
                }
            }
            if let Some(switch) = rule.router.groups.and_then(|groups| groups.switch) {
                compare(switch.key, switch.off.into());
            }
            for count in counts.into_iter().chain(groups.into_iter().flatten()) {
                // Sizes that a model has to say are not left to a default.
                if count.default.is_some() {
                    count.keys.iter().for_each(|key| compare(key, count.default.into()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn tensors_are_those_that_transformers_writes() {
    for case in goldens() {
        let stored = stored(&read(&case));
        let listed: String = stored.iter().map(|(name, shape)| format!("{name}{shape:?}\n")).collect();
        let hash = listed.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |seed, byte| {
            (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        assert_eq!(format!("{hash:016x}"), case["tensors"], "{}: {listed}", case["name"]);
    }
}

/// Every element of every matrix that holds modules belongs to exactly one of them.
#[test]
fn modules_cover_their_tensors_once() {
    for case in goldens() {
        let config = read(&case);
        let stored = stored(&config);
        let mut taken: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for layer in 0..config.layers {
            let shape = config.layer(layer);
            let experts = shape.mixture().map_or(0, |mixture| mixture.experts);
            for module in tensors::modules(&config, layer) {
                let expected =
                    module.module.is_feed_forward().then_some(experts).filter(|&experts| experts > 0);
                assert_eq!(module.expert.is_some(), expected.is_some());
                let part = &module.part.weight;
                assert_eq!(part.inputs, shape.inputs(module.module), "{} {module:?}", case["name"]);
                assert_eq!(part.outputs, shape.outputs(module.module), "{} {module:?}", case["name"]);
                let elements = part.shape.iter().product();
                let prefix = config.wrapper.map_or("", |wrapper| wrapper.prefix);
                let counts =
                    taken.entry(format!("{prefix}{}", part.tensor)).or_insert_with(|| vec![0; elements]);
                for output in 0..part.outputs {
                    for input in 0..part.inputs {
                        counts[part.place(output, input)] += 1;
                    }
                }
            }
        }
        for (tensor, counts) in taken {
            assert_eq!(counts.len(), stored[&tensor].iter().product::<usize>());
            assert!(counts.iter().all(|&count| count == 1), "{} {tensor}", case["name"]);
        }
    }
}

#[test]
fn fused_and_stacked_matrices_are_the_right_parts_of_their_tensors() {
    let of = |name: &str| read(goldens().iter().find(|case| case["name"] == name).unwrap());
    let phi = of("phi3");
    assert!(matches!(phi.family.attention.projections, Projections::Fused(_)));
    assert!(matches!(phi.family.feed_forward.tensors, PartTensors::Fused(_)));
    let modules = tensors::modules(&phi, 1);
    let part = |module| &modules.iter().find(|found| found.module == module).unwrap().part.weight;
    // 4 heads and 2 KV heads of 8 channels over 32 inputs.
    assert_eq!(part(Module::Key).contiguous(), Some(32 * 32..48 * 32));
    assert_eq!(part(Module::Up).contiguous(), Some(24 * 32..48 * 32));
    let oss = of("gpt_oss");
    assert!(matches!(oss.family.mixture.unwrap().tensors, ExpertTensors::Stacked { .. }));
    let modules = tensors::modules(&oss, 0);
    let up = modules.iter().find(|found| found.module == Module::Up && found.expert == Some(2)).unwrap();
    let (weight, bias) = (&up.part.weight, up.part.bias.as_ref().unwrap());
    // Expert 2 of 5, `[32 inputs, 48 outputs]`, of whose outputs every other one is up's.
    assert_eq!((weight.offset, weight.strides), (2 * 32 * 48 + 1, [2, 48]));
    assert_eq!((bias.offset, bias.strides[0], bias.outputs), (2 * 48 + 1, 2, 24));
}

/// What techniques are told of modules and halves is what the tensors hold, layer by layer.
#[test]
fn facts_of_modules_count_every_weight_of_a_layer_once() {
    for case in goldens() {
        let (config, name) = (read(&case), &case["name"]);
        let (linear, blocks) = (tensors::linear_modules(&config), tensors::block_parameters(&config));
        assert_eq!((linear.layers.len(), blocks.len()), (config.layers, config.layers), "{name}");
        let stored = stored(&config);
        for (layer, halves) in blocks.iter().enumerate() {
            let place = format!("{}{layer}.", config.family.names.layers);
            let prefix = config.wrapper.map_or("", |wrapper| wrapper.prefix);
            let weights = stored.iter().filter(|(tensor, shape)| {
                let beside = ["bias", "norm", "correction"].iter().any(|word| tensor.contains(word));
                tensor.starts_with(&format!("{prefix}{place}")) && shape.len() > 1 && !beside
            });
            let held: usize = weights.map(|(_, shape)| shape.iter().product::<usize>()).sum();
            assert_eq!(halves.iter().sum::<u64>(), held as u64, "{name} layer {layer}");
            let modules = tensors::modules(&config, layer);
            for (module, matrices) in linear.modules.iter().zip(&linear.layers[layer]) {
                let found: Vec<_> =
                    modules.iter().filter(|found| found.module.name() == module.name).collect();
                assert_eq!(matrices.map_or(0, |matrices| matrices.count as usize), found.len(), "{name}");
                for found in found {
                    let shape =
                        matrices.map(|matrices| (matrices.outputs as usize, matrices.inputs as usize));
                    assert_eq!(shape, Some((found.part.weight.outputs, found.part.weight.inputs)), "{name}");
                }
            }
        }
        // Rows of the router, with whatever else there is for each expert.
        let Some(mixture) = &config.mixture else { continue };
        let layer = format!("model.layers.{}.", mixture.layers().next().unwrap());
        let of_router = |tensor: &str| {
            let names = [".gate.weight", ".gate.bias", ".gate.wg.", ".router.", "correction"];
            tensor.contains(&layer) && names.iter().any(|part| tensor.contains(part))
        };
        let held: usize = stored
            .iter()
            .filter(|(tensor, _)| of_router(tensor))
            .map(|(_, shape)| shape.iter().product::<usize>())
            .sum();
        assert_eq!(tensors::router_parameters(&config) * mixture.experts as u64, held as u64, "{name}");
    }
}

#[test]
fn modules_say_what_they_read_and_what_they_are_stored_with() {
    let cases = goldens();
    let of = |name: &str| {
        let linear = tensors::linear_modules(&read(cases.iter().find(|case| case["name"] == name).unwrap()));
        let words = linear.modules.iter().map(|module| {
            let name = |number: usize| &linear.modules[number].name;
            format!("{} reads as {} in {}", module.name, name(module.input), name(module.tensor))
        });
        words.collect::<Vec<String>>().join(", ")
    };
    let apart = "q reads as q in q, k reads as q in k, v reads as q in v, o reads as o in o";
    assert_eq!(of("starcoder2"), format!("{apart}, up reads as up in up, down reads as down in down"));
    assert_eq!(
        of("glm4_moe"),
        format!("{apart}, gate reads as gate in gate, up reads as gate in up, down reads as down in down")
    );
    assert_eq!(
        of("phi3"),
        "q reads as q in q, k reads as q in q, v reads as q in q, o reads as o in o, gate reads as gate in gate, up reads as \
         gate in gate, down reads as down in down"
    );
    // One layer is dense; in the other, two of six experts have a row of their own.
    let glm = read(cases.iter().find(|case| case["name"] == "glm4_moe").unwrap());
    let down = |layer| tensors::linear_modules(&glm).matrices(layer, "down").unwrap();
    assert_eq!((down(0).inputs, down(0).count, down(0).rows), (24, 1, 1));
    assert_eq!((down(1).inputs, down(1).count, down(1).rows), (12, 6, 2));
}

/// The names that exporters go by are those of the modules' tensors.
#[test]
fn modules_are_called_alike_with_and_without_sizes() {
    for case in goldens() {
        let config = read(&case);
        let latent = config.family.attention.latent.is_some();
        let stacked =
            config.family.mixture.is_some_and(|rule| matches!(rule.tensors, ExpertTensors::Stacked { .. }));
        for module in (0..config.layers).flat_map(|layer| tensors::modules(&config, layer)) {
            let expert = module.expert.map(|expert| expert as u32);
            let name = tensors::module_tensor(config.family, module.layer as u32, module.module, expert);
            let nameless = (latent && !module.module.is_feed_forward()) || (stacked && expert.is_some());
            let expected =
                (!nameless).then(|| module.part.weight.tensor.trim_end_matches(".weight").to_owned());
            assert_eq!(name, expected, "{}", case["name"]);
        }
    }
}

#[test]
fn what_is_arranged_in_no_known_way_is_refused_by_name() {
    let goldens = goldens();
    let with = |name: &str, changes: &[(&str, Value)]| {
        let case = goldens.iter().find(|case| case["name"] == name).unwrap();
        let mut config = case["config"].clone();
        for (key, value) in changes {
            config[*key] = value.clone();
        }
        DecoderConfig::of(Path::new("config.json"), &config)
    };
    let (new, parallel, norms) = ("new_decoder_architecture", "parallel_attn", "num_ln_in_parallel_attn");
    for (name, changes, key) in [
        ("falcon", vec![("alibi", true.into())], "alibi"),
        ("falcon", vec![(new, true.into()), (parallel, false.into())], parallel),
        ("falcon", vec![(norms, 2.into())], norms),
        ("falcon-two-norms", vec![(norms, 3.into())], norms),
        ("falcon-sequential", vec![("num_kv_heads", 2.into())], "num_kv_heads"),
        ("falcon-two-norms", vec![("num_kv_heads", 3.into())], "num_kv_heads"),
        ("falcon", vec![("head_dim", 16.into())], "head_dim"),
        ("gpt_neox", vec![("rope_theta", 500.into())], "rope_theta"),
        ("gpt_neox", vec![("rotary_pct", 0.5.into())], "rotary_pct"),
        ("cohere", vec![("rope_parameters", Value::Null)], "rope_theta"),
        ("cohere2", vec![("use_parallel_block", false.into())], "use_parallel_block"),
    ] {
        let refused = with(name, &changes).unwrap_err().to_string();
        assert!(refused.contains(&format!("`{key}`")), "{name} {changes:?}: {refused}");
    }
    // The number of key/value heads says nothing where all queries share one.
    let shared = with("falcon", &[("num_kv_heads", 2.into())]).unwrap();
    assert_eq!((shared.kv_heads, shared.feed_forward), (1, 4 * shared.hidden));
}

#[test]
fn heads_that_lie_by_turns_are_found_in_their_runs() {
    let goldens = goldens();
    let falcon = read(goldens.iter().find(|case| case["name"] == "falcon-two-norms").unwrap());
    // 2 key/value heads with 2 query heads each, of 8 channels over 32 inputs: 32 rows to a turn.
    let modules = tensors::modules(&falcon, 0);
    let part = |module| &modules.iter().find(|found| found.module == module).unwrap().part;
    let key = part(Module::Key);
    assert_eq!((key.weight.place(0, 0), key.weight.place(8, 3)), (16 * 32, (32 + 16) * 32 + 3));
    assert_eq!(key.bias.as_ref().unwrap().place(9, 0), 32 + 16 + 1);
    assert_eq!((key.weight.contiguous(), key.weight.is_whole()), (None, false));
    let some = part(Module::Query).weight.rows(15..18);
    assert_eq!([0, 1, 2].map(|row| some.place(row, 0)), [15 * 32, 32 * 32, 33 * 32]);
}
