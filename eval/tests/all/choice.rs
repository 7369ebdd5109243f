//! Multiple choice: the numbers of a loop over transformers, alone and in company.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_core::evaluator::{EvalFailure, Evaluator, Fidelity, Request, Split};
use attune_core::options::OptionValue;
use attune_core::plan::{Edit, Plan};
use attune_core::scores::{Aggregate, MetricScore};
use attune_core::signal::SignalRequest;
use attune_eval::choice::{ChoiceSpec, task};
use attune_eval::compute::Precision;
use attune_eval::native::{NativeEvaluator, NativeSpec, REFERENCE_MEMORY};
use attune_testkit::evaluator;
use attune_vocabulary::arrange;
use attune_vocabulary::edits::{KeepExperts, KvBits};
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::contract::{all, on};
use crate::{made, population};

const METRICS: [&str; 5] = ["kl", "perplexity", "accuracy", "normalised-accuracy", "margin"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn golden() -> Value {
    serde_json::from_slice(&std::fs::read(root().join("tests/golden/choice.json")).unwrap()).unwrap()
}

/// The questions of the golden, for the model in `models/tiny-moe`.
fn recorded(form: &Value) -> ChoiceSpec {
    let questions = |split: &str| root().join(format!("tests/golden/choice.{split}.jsonl"));
    let text = |name: &str| form[name].as_str().unwrap().to_owned();
    ChoiceSpec {
        tokenizer: root().join("models/tiny-moe/tokenizer.json"),
        selection: questions("selection"),
        report: questions("report"),
        elsewhere: BTreeMap::new(),
        prompt: text("prompt"),
        delimiter: text("delimiter"),
    }
}

fn open(model: &Path, task: &ChoiceSpec, activation_memory: Option<u64>) -> Result<NativeEvaluator, String> {
    let (device, precision, reference_memory) = ("cpu", Precision::F32, REFERENCE_MEMORY);
    let spec = NativeSpec { model, device, precision, task, reference_memory, activation_memory };
    NativeEvaluator::open(&spec).map_err(|error| error.to_string())
}

fn log_likelihoods(of: &Value) -> Vec<f64> {
    of.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn best(values: &[f64]) -> usize {
    (0..values.len()).rev().max_by(|&one, &other| values[one].total_cmp(&values[other])).unwrap()
}

/// What a record's likelihoods are worth, in the order of [`METRICS`] behind `kl`; `characters` are those of its choices.
fn expected(record: &Value, model: &str, characters: &[usize]) -> [f64; 4] {
    let likelihoods = log_likelihoods(&record[model]);
    let right = record["right"].as_u64().unwrap() as usize;
    let scored = record["tokens"][right].as_array().unwrap().len() - 1;
    let by_character: Vec<f64> =
        likelihoods.iter().zip(characters).map(|(sum, &length)| sum / length as f64).collect();
    let others = likelihoods.iter().enumerate().filter(|&(place, _)| place != right);
    let other = others.map(|(_, &value)| value).fold(f64::NEG_INFINITY, f64::max);
    let hit = |values: &[f64]| f64::from(u8::from(best(values) == right));
    [-likelihoods[right] / scored as f64, hit(&likelihoods), hit(&by_character), likelihoods[right] - other]
}

fn characters(split: &str) -> Vec<Vec<usize>> {
    let text = std::fs::read_to_string(root().join(format!("tests/golden/choice.{split}.jsonl"))).unwrap();
    let choices = |line: &str| -> Vec<usize> {
        let record: Value = serde_json::from_str(line).unwrap();
        let choices = record["choices"].as_array().unwrap();
        choices.iter().map(|choice| choice.as_str().unwrap().chars().count()).collect()
    };
    text.lines().map(choices).collect()
}

#[test]
fn questions_are_scored_as_by_a_loop_over_transformers() {
    let record = golden();
    let bits =
        KvBits { layer: 3, keys: 4, values: 4, group_size: 32, sink: 2, recent: 4, ..KvBits::default() };
    let kept = KeepExperts { layer: 1, experts: vec![1, 2, 3, 4] };
    let edited = arrange([Edit::from(kept), Edit::from(bits)]);
    for (form, options) in record["forms"].as_object().unwrap() {
        let evaluator = open(&root().join("models/tiny-moe"), &recorded(options), None).unwrap();
        let metrics: Vec<&str> = evaluator.task().metrics.iter().map(|metric| metric.name.as_str()).collect();
        assert_eq!(metrics, METRICS);
        for split in [Split::Selection, Split::Report] {
            let (name, records) = (split.to_string(), record[split.to_string()][form].as_array().unwrap());
            assert_eq!(evaluator.task().items[&split] as usize, records.len());
            let plans = [Plan::empty(), edited.clone()];
            let found = all(&evaluator, &plans, split, records.len() as u32);
            for (item, (record, characters)) in records.iter().zip(characters(&name)).enumerate() {
                for (model, found) in ["dense", "edited"].into_iter().zip(&found) {
                    let value = |metric: &str| found.scores.metrics[metric].items[item];
                    let kl = if model == "dense" { 0.0 } else { record["kl"].as_f64().unwrap() };
                    let expected = expected(record, model, &characters);
                    // Margins are differences, so they are as exact as what they are differences of.
                    let largest =
                        log_likelihoods(&record[model]).into_iter().map(f64::abs).fold(0.0, f64::max);
                    let scales = [kl, expected[0], 0.0, 0.0, largest];
                    let all = std::iter::once(kl).chain(expected);
                    for ((metric, expected), scale) in METRICS.iter().zip(all).zip(scales) {
                        let far = (value(metric) - expected).abs();
                        assert!(
                            far <= 1e-4 * scale.abs(),
                            "{form}, {name}, item {item}, {model}: {metric} is {}, expected {expected}",
                            value(metric)
                        );
                    }
                }
            }
            let MetricScore { aggregate, weights, .. } = &found[1].scores.metrics["perplexity"];
            let scored = |record: &Value| {
                let right = record["right"].as_u64().unwrap() as usize;
                record["tokens"][right].as_array().unwrap().len() as f64 - 1.0
            };
            assert_eq!((*aggregate, weights), (Aggregate::ExpMean, &records.iter().map(scored).collect()));
            let MetricScore { aggregate, weights, .. } = &found[1].scores.metrics["accuracy"];
            assert_eq!((*aggregate, weights), (Aggregate::Mean, &vec![1.0; records.len()]));
        }
    }
}

/// A model with random weights and a tokenizer of letters, and questions for it.
struct Fixture {
    folder: TempDir,
}

impl Fixture {
    fn new(layers: usize) -> Self {
        let folder = made::random_mixture(layers, 3);
        let fixture = Self { folder };
        for (seed, name) in [(1, "selection"), (2, "report")] {
            fixture.write(name, &(0..9).map(|number| question(seed * 100 + number)).collect::<Vec<_>>());
        }
        fixture
    }

    fn write(&self, name: &str, records: &[Value]) {
        let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
        std::fs::write(self.folder.path().join(format!("{name}.jsonl")), lines).unwrap();
    }

    fn spec(&self) -> ChoiceSpec {
        let file = |name: &str| self.folder.path().join(name);
        ChoiceSpec {
            tokenizer: file("tokenizer.json"),
            selection: file("selection.jsonl"),
            report: file("report.jsonl"),
            elsewhere: BTreeMap::new(),
            prompt: "Q{question}A".to_owned(),
            delimiter: String::new(),
        }
    }

    fn open(&self, activation_memory: Option<u64>) -> NativeEvaluator {
        open(self.folder.path(), &self.spec(), activation_memory).unwrap()
    }

    fn refusal(&self, change: impl FnOnce(&mut ChoiceSpec)) -> String {
        let mut spec = self.spec();
        change(&mut spec);
        match open(self.folder.path(), &spec, None) {
            Ok(_) => panic!("the task was accepted"),
            Err(message) => message,
        }
    }
}

/// A question of letters, whose choices have one to four of them.
fn question(seed: u64) -> Value {
    let choices = 2 + seed as usize % 3;
    let letters = made::text(seed, 60);
    let choice = |number: usize| &letters[10 + 4 * number..][..1 + (seed as usize + number) % 4];
    json!({
        "question": &letters[40..44 + seed as usize % 3],
        "choices": (0..choices).map(choice).collect::<Vec<_>>(),
        "answer": seed as usize % choices,
    })
}

#[test]
fn the_promises_of_evaluators_hold_for_questions() {
    evaluator::check(&Fixture::new(2).open(None));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn plans_score_in_company_what_they_score_alone(
        choices in prop::collection::vec(prop::collection::vec(0_u32..19, 3), 1..7),
        memory in prop_oneof![Just(0_u64), 5_000..200_000_u64, Just(1 << 30)],
        order in Just((0..9_u32).collect::<Vec<_>>()).prop_shuffle(),
        items in 1..=9_usize,
    ) {
        let fixture = Fixture::new(3);
        let plans: Vec<Plan> = choices.iter().map(|choices| population::plan(choices)).collect();
        let items = order[..items].to_vec();
        let alone: Vec<_> = plans
            .iter()
            .map(|plan| {
                let found = on(&fixture.open(Some(0)), std::slice::from_ref(plan), Split::Selection, items.clone());
                found[0].scores.clone()
            })
            .collect();
        let evaluator = fixture.open(Some(memory));
        for _ in 0..2 {
            let together = on(&evaluator, &plans, Split::Selection, items.clone());
            for (together, alone) in together.iter().zip(&alone) {
                prop_assert_eq!(&together.scores, alone);
                prop_assert!(together.work.computed <= together.work.naive);
            }
        }
        // One question after the other.
        for (place, &item) in items.iter().enumerate() {
            let single = on(&evaluator, &plans, Split::Selection, vec![item]);
            for (single, alone) in single.iter().zip(&alone) {
                for metric in METRICS {
                    let (found, expected) = (&single.scores.metrics[metric], &alone.metrics[metric]);
                    prop_assert_eq!(found.items[0], expected.items[place]);
                }
            }
        }
    }
}

#[test]
fn what_plans_share_is_computed_once_for_every_choice() {
    let fixture = Fixture::new(4);
    let plans = [[1, 1, 1, 1], [1, 1, 2, 1], [1, 1, 2, 2], [2, 1, 1, 1]].map(|plan| population::plan(&plan));
    let evaluator = fixture.open(Some(1 << 30));
    let found = on(&evaluator, &plans, Split::Selection, vec![0, 1, 2]);
    let work = |of: &dyn Fn(&attune_core::scores::Work) -> u64| -> u64 {
        found.iter().map(|found| of(&found.work)).sum()
    };
    // Prefixes of length 1 to 4 number 2, 2, 3 and 4; each plan's share is a whole number.
    let (computed, naive) = (work(&|work| work.computed), work(&|work| work.naive));
    assert!(computed.abs_diff(naive * 11 / 16) <= 4, "{computed} of {naive}");
}

#[test]
fn how_far_a_batch_is_counts_questions_and_not_choices() {
    let evaluator = Fixture::new(2).open(None);
    let plans = [population::plan(&[1, 2]), population::plan(&[3, 4])];
    let request = Request::new(Split::Selection, Fidelity { items: 9 }.all());
    let progress = request.progress.clone();
    evaluator.evaluate(&plans, &request, &mut |_, _| std::ops::ControlFlow::Continue(())).unwrap();
    assert!((progress.evaluations() - 18.0).abs() < 0.01, "{}", progress.evaluations());
}

#[test]
fn a_record_that_is_no_question_is_refused_with_its_line() {
    let fixture = Fixture::new(1);
    let good = json!({"question": "ABC", "choices": ["D", "E"], "answer": 0});
    let with = |change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
        let mut record = good.clone();
        change(record.as_object_mut().unwrap());
        record
    };
    let set = |name: &str, value: Value| with(&|record| _ = record.insert(name.to_owned(), value.clone()));
    let cases = [
        (set("choices", json!(["D"])), "`choices` has one choice, expected two or more"),
        (set("choices", json!("D")), "`choices` has one choice, expected two or more"),
        (set("choices", json!([])), "`choices` is an empty list, expected a list of strings"),
        (set("choices", json!(["D", 2])), "`choices` holds a whole number at place 1, expected strings"),
        (set("choices", json!(["", "E"])), "choice 0 is empty"),
        (set("answer", json!(2)), "`answer` is 2; expected 0 to 1"),
        (set("answer", json!(-1)), "`answer` is -1; expected 0 to 1"),
        (set("answer", json!(0.0)), "`answer` is a number; expected the place of the right choice"),
        (set("answer", json!("F")), "`answer` is the text of none of the choices"),
        (
            with(&|record| {
                record.insert("choices".to_owned(), json!(["D", "D"]));
                record.insert("answer".to_owned(), json!("D"));
            }),
            "`answer` is the text of more than one of the choices",
        ),
        (with(&|record| _ = record.remove("answer")), "`answer` is missing; expected the place"),
        (
            with(&|record| _ = record.remove("question")),
            "the record has `answer`, `choices`, expected `question`, a string",
        ),
        (set("question", json!(null)), "expected `question`, a string"),
        (set("question", json!(["A"])), "`question` is a list, expected a string"),
        (
            set("question", json!("A".repeat(300))),
            "question and choice 0 have 303 tokens, more than the model's context of 256; shorten the question",
        ),
        (json!(["A"]), "it is a list, expected an object; write one object a line"),
    ];
    for (record, expected) in cases {
        let other = question(50);
        fixture.write("bad", &[other, record]);
        let found = fixture.refusal(|spec| spec.selection = fixture.folder.path().join("bad.jsonl"));
        assert!(found.contains("bad.jsonl, line 2: "), "{found}");
        assert!(found.contains(expected), "`{expected}` is not in: {found}");
    }
}

#[test]
fn a_file_without_questions_is_refused() {
    let fixture = Fixture::new(1);
    let file = |text: &[u8]| {
        let file = fixture.folder.path().join("bad.jsonl");
        std::fs::write(&file, text).unwrap();
        fixture.refusal(|spec| spec.report = file)
    };
    assert!(file(b"\n\n").contains("bad.jsonl: it has no records"));
    assert!(file(b"{\"question\"\n").contains("bad.jsonl, line 1: it is no JSON (EOF"));
    assert!(file(b"{}\n\xff\n").contains("bad.jsonl: byte 3 is no UTF-8"));
    let none = fixture.refusal(|spec| spec.report = "nowhere.jsonl".into());
    assert!(none.contains("nowhere.jsonl: no such file") && none.contains("JSON Lines"), "{none}");
    let prompt = fixture.refusal(|spec| spec.prompt = "Q".to_owned());
    assert_eq!(prompt, "task.prompt is \"Q\", expected a text with `{question}` in it");
}

#[test]
fn a_question_of_the_selection_is_not_asked_in_the_report() {
    let fixture = Fixture::new(1);
    // Sorted as they stand, `E` and `d` would change places with `e` and `D`.
    let asked = json!({"question": "abc?", "choices": ["d", "E"], "answer": 0});
    let again = json!({"question": " A BC", "choices": ["e", "D"], "answer": 1});
    let other = json!({"question": "abc?", "choices": ["d", "f"], "answer": 0});
    // A tokenizer that knows small letters and signs, too.
    std::fs::copy(
        root().join("models/tiny-moe/tokenizer.json"),
        fixture.folder.path().join("tokenizer.json"),
    )
    .unwrap();
    fixture.write("selection", &[question(7), asked]);
    fixture.write("report", &[other, again]);
    let files = fixture.folder.path();
    let tiny = root().join("models/tiny-moe");
    let message = open(&tiny, &fixture.spec(), None).err().unwrap();
    let (report, selection) = (files.join("report.jsonl"), files.join("selection.jsonl"));
    let expected = format!(
        "selection and report data overlap: 1 of the 2 questions of the report data are also in the selection data, the first \
         at {}, line 2 and at {}, line 2: ",
        report.display(),
        selection.display()
    );
    assert!(message.starts_with(&expected), "{message}");
    let mut elsewhere = fixture.spec();
    elsewhere.report = root().join("tests/golden/choice.report.jsonl");
    elsewhere.elsewhere = [("others".to_owned(), report)].into();
    let message = open(&tiny, &elsewhere, None).err().unwrap();
    assert!(message.starts_with("selection and elsewhere:others data overlap"), "{message}");
}

#[test]
fn fingerprints_change_with_tokens_and_with_what_is_right() {
    let fixture = Fixture::new(1);
    let of = |record: Value, change: &dyn Fn(&mut ChoiceSpec)| {
        fixture.write("selection", &[record]);
        let mut spec = fixture.spec();
        change(&mut spec);
        let evaluator = open(fixture.folder.path(), &spec, None).unwrap();
        evaluator.task().fingerprints[&Split::Selection]
    };
    let good = || json!({"question": "ABC", "choices": ["D", "EF"], "answer": 0});
    let same = |_: &mut ChoiceSpec| ();
    let first = of(good(), &same);
    assert_eq!(
        of(json!({"question": "ABC", "choices": ["D", "EF"], "answer": "D", "more": 1}), &same),
        first
    );
    let others = [
        of(json!({"question": "ABC", "choices": ["D", "EF"], "answer": 1}), &same),
        of(json!({"question": "ABC", "choices": ["D", "EG"], "answer": 0}), &same),
        of(good(), &|spec| spec.prompt = "{question}".to_owned()),
        of(good(), &|spec| spec.delimiter = "G".to_owned()),
    ];
    assert!(others.iter().all(|other| *other != first));
}

#[test]
fn special_tokens_are_those_that_the_tokenizer_puts_around_a_text() {
    let fixture = Fixture::new(2);
    let file = fixture.folder.path().join("tokenizer.json");
    let mut json: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let letter = json["model"]["vocab"]["Z"].clone();
    json["added_tokens"] = json!([{
        "id": letter, "content": "Z", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
        "special": true,
    }]);
    std::fs::write(&file, json.to_string()).unwrap();
    let score = || {
        let evaluator = fixture.open(None);
        let found = all(&evaluator, &[Plan::empty()], Split::Selection, 3).remove(0);
        (found.scores.metrics["perplexity"].items.clone(), found.work.naive)
    };
    let (plain, tokens) = score();
    let template = |single: Value| {
        json!({
            "type": "TemplateProcessing", "single": single, "pair": single,
            "special_tokens": {"Z": {"id": "Z", "ids": [letter], "tokens": ["Z"]}},
        })
    };
    let (text, special) =
        (json!({"Sequence": {"id": "A", "type_id": 0}}), json!({"SpecialToken": {"id": "Z", "type_id": 0}}));
    json["post_processor"] = template(json!([special, text]));
    std::fs::write(&file, json.to_string()).unwrap();
    let (begun, more) = score();
    assert_ne!(begun, plain);
    // One token more for each choice, in two layers.
    let evaluator = fixture.open(None);
    let choices = |item: u64| 2 + (100 + item) % 3;
    assert_eq!(more - tokens, 2 * (0..3).map(choices).sum::<u64>());
    assert_eq!(evaluator.task().items[&Split::Selection], 9);
    // A text that begins with it gets no second one.
    std::fs::write(fixture.folder.path().join("tokenizer_config.json"), r#"{"bos_token": "Z"}"#).unwrap();
    let mut spec = fixture.spec();
    spec.prompt = "ZQ{question}A".to_owned();
    let own = open(fixture.folder.path(), &spec, None).unwrap();
    let own = all(&own, &[Plan::empty()], Split::Selection, 3).remove(0);
    assert_eq!((own.scores.metrics["perplexity"].items.clone(), own.work.naive), (begun, more));
    json["post_processor"] = template(json!([text, special]));
    std::fs::write(&file, json.to_string()).unwrap();
    let found = fixture.refusal(|_| ());
    assert!(found.contains("line 1: choice 0: the tokenizer ends every text"), "{found}");
}

#[test]
fn signals_are_measured_on_questions_with_their_right_answers() {
    let fixture = Fixture::new(2);
    let request = |items| Request::new(Split::Selection, Fidelity { items }.all());
    let measured = |evaluator: &NativeEvaluator, name: &str| {
        evaluator.signal(&SignalRequest::new(name), &request(9)).unwrap().signal.values
    };
    let whole = fixture.open(None);
    // The same questions with one wrong choice each.
    let fewer: Vec<Value> = (100..109)
        .map(|seed| {
            let question = question(seed);
            let right = question["answer"].as_u64().unwrap() as usize;
            let choices = question["choices"].as_array().unwrap();
            let wrong = &choices[(right + 1) % choices.len()];
            json!({"question": question["question"], "choices": [choices[right], wrong], "answer": 0})
        })
        .collect();
    fixture.write("selection", &fewer);
    let fewer = fixture.open(None);
    let names = ["expert-frequency", "expert-soft-activation", "expert-reconstruction", "block-influence"];
    let listed: Vec<&str> = whole.info().signals.iter().map(|signal| signal.name.as_str()).collect();
    assert_eq!(listed, names, "those of gradients want questions of one length");
    for name in names {
        assert_eq!(measured(&whole, name), measured(&fewer, name), "{name}");
    }
    let kv = SignalRequest::new("kv-quantisation-error").with("bits", OptionValue::Ints(vec![2]));
    let failure = whole.signal(&kv, &request(9)).unwrap_err();
    assert!(
        matches!(&failure, EvalFailure::BadRequest(text) if text
            == "signal `kv-quantisation-error` is measured on texts of one length; choose the task `text`"),
        "{failure}"
    );
}

#[test]
fn what_profiles_may_say_is_what_they_may_say_to_the_worker() {
    let spec = task();
    let options: Vec<(&str, &OptionValue)> =
        spec.options.iter().map(|option| (option.spec.name.as_str(), &option.spec.default)).collect();
    let text = |text: &str| OptionValue::Text(text.to_owned());
    assert_eq!(options, [("prompt", &text("Question: {question}\nAnswer:")), ("delimiter", &text(" "))]);
    let metrics: Vec<&str> = spec.metrics.iter().map(|metric| metric.name.as_str()).collect();
    assert_eq!((spec.name.as_str(), metrics, spec.data.as_str()), ("choice", METRICS.to_vec(), "jsonl"));
}
