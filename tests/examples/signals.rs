//! Gradient signals against measured sensitivities: rank correlations of the two tables, what each costs, and what the
//! plan of each is worth on the report split at the same budget.
//!
//! `cargo run --release -p attune-tests --example signals -- MODEL TEXTS ITEMS LENGTH TECHNIQUE LIMIT REPORT_ITEMS`, where TEXTS is the
//! path of texts without `.selection.txt`, TECHNIQUE is `kv-bits` with LIMIT bits on average or `attention-spans` with the
//! density LIMIT.
#![expect(clippy::print_stdout, reason = "an experiment for people at a terminal")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use attune_core::evaluator::{Evaluator, Fidelity, Request, RunControl, Split};
use attune_core::options::{OptionValue, Settings, resolve};
use attune_core::plan::Plan;
use attune_core::profile::Selected;
use attune_core::scores::{Scores, Work};
use attune_core::sensitivity::{SensitivityTable, probes, reference, table_from};
use attune_core::space::{Config, Domain, Slot, Space, Value};
use attune_core::stats::{Support, difference};
use attune_core::technique::Technique;
use attune_core::{describe, format};
use attune_eval::compute::Precision;
use attune_eval::native::{NativeEvaluator, NativeSpec, REFERENCE_MEMORY};
use attune_eval::text::TextSpec;
use attune_plugins::Host;
use attune_search::strategy::{SearchContext, build};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, texts, items, length, technique, limit, report] = &args[..] else {
        return Err("expected MODEL TEXTS ITEMS LENGTH TECHNIQUE LIMIT REPORT_ITEMS".into());
    };
    let model = Path::new(model);
    let evaluator = NativeEvaluator::open(&NativeSpec {
        model,
        device: "cpu",
        precision: Precision::F32,
        task: &TextSpec {
            tokenizer: model.join("tokenizer.json"),
            selection: format!("{texts}.selection.txt").into(),
            report: format!("{texts}.report.txt").into(),
            lengths: BTreeMap::new(),
            passkeys: BTreeMap::new(),
            selection_items: 0,
            report_items: 0,
            elsewhere: BTreeMap::new(),
            length: length.parse()?,
        },
        reference_memory: REFERENCE_MEMORY,
        activation_memory: None,
    })?;
    let limit = OptionValue::Real(limit.parse()?);
    let (given, rival) = match technique.as_str() {
        "kv-bits" => ([("levels", OptionValue::Ints(vec![1, 2, 3, 4, 8])), ("average", limit)], "keys-first"),
        // The longest length that is profiled is that of an item.
        "attention-spans" => (
            [("longest", OptionValue::Int(2 * length.parse::<i64>()?)), ("density", limit)],
            "elastic-within",
        ),
        _ => return Err("expected kv-bits or attention-spans".into()),
    };
    let given: Settings = given.map(|(name, value)| (name.to_owned(), value)).into();
    let technique = Host::new()?.builtin(technique)?;
    let options = resolve(&technique.info().name, &technique.info().options, &given)?;
    let space = Arc::new(technique.space(evaluator.model(), &options)?);
    let bench = Bench { evaluator, technique: &technique, options, space, items: items.parse()? };
    println!("{}: {items} items of {length} tokens, {}", bench.evaluator.model().name, args[4..6].join(" "));

    let measured = bench.measured()?;
    let mut found = vec![("measured", bench.plan(&measured)?)];
    for loss in ["text", "answers"] {
        let table = bench.gradient(loss)?;
        bench.compare(&measured, &table);
        found.push((loss, bench.plan(&table)?));
    }
    for baseline in bench.technique.baselines(bench.evaluator.model(), &bench.options, &[])? {
        if baseline.name == rival {
            found.push((rival, baseline.config));
        }
    }
    bench.report(&found, report.parse()?)
}

struct Bench<'a> {
    evaluator: NativeEvaluator,
    technique: &'a dyn Technique,
    options: Settings,
    space: Arc<Space>,
    items: u32,
}

impl Bench<'_> {
    fn lower(&self, config: &Config) -> Result<Plan, Failure> {
        Ok(self.technique.lower(self.evaluator.model(), &self.options, config)?)
    }

    fn scores(&self, plans: &[Plan], split: Split, items: u32) -> Result<(Vec<Scores>, Work), Failure> {
        let request = Request::new(split, Fidelity { items }.all());
        let mut scores = vec![Scores::default(); plans.len()];
        let mut work = Work::default();
        let mut failed = None;
        self.evaluator.evaluate(plans, &request, &mut |plan, outcome| match outcome {
            Ok(evaluation) => {
                work += evaluation.work;
                scores[plan] = evaluation.scores;
                ControlFlow::Continue(())
            }
            Err(failure) => {
                failed = Some(failure);
                ControlFlow::Break(())
            }
        })?;
        failed.map_or(Ok((scores, work)), |failure| Err(failure.into()))
    }

    /// Every choice of every cell on its own, the others at the one that costs most.
    fn measured(&self) -> Result<SensitivityTable, Failure> {
        let reference = reference(&self.space, None)?;
        let probes = probes(&self.space, &reference)?;
        let configs = std::iter::once(&reference).chain(probes.iter().map(|probe| &probe.config));
        let plans = configs.map(|config| self.lower(config)).collect::<Result<Vec<Plan>, Failure>>()?;
        let clock = Instant::now();
        let (scores, work) = self.scores(&plans, Split::Selection, self.items)?;
        println!(
            "measured: {} evaluations, {} layer-tokens ({} without sharing), {:.1} s",
            plans.len(),
            work.computed,
            work.naive,
            clock.elapsed().as_secs_f64()
        );
        let loss = |scores: &Scores| scores.value("kl").map(|kl| vec![kl]);
        let losses: Vec<Option<Vec<f64>>> = scores.iter().map(loss).collect();
        let at_reference = losses[0].clone().ok_or("the reference has no score")?;
        Ok(table_from(&self.space, &reference, &at_reference, &probes, &losses[1..]))
    }

    fn gradient(&self, loss: &str) -> Result<SensitivityTable, Failure> {
        let model = self.evaluator.model();
        let asked = self.technique.damage_signals(model, &self.options)?.ok_or("no estimate")?;
        let clock = Instant::now();
        let mut signals = Vec::new();
        let mut work = Work::default();
        for request in asked {
            let request = request.with("loss", OptionValue::Text(loss.to_owned()));
            let measured = self
                .evaluator
                .signal(&request, &Request::new(Split::Selection, Fidelity { items: self.items }.all()))?;
            work += measured.work;
            signals.push(measured.signal);
        }
        let seconds = clock.elapsed().as_secs_f64();
        println!("\ngradient, loss on the {loss}: {} layer-tokens, {seconds:.1} s", work.computed);
        let damages = self.technique.sensitivities(model, &self.options, &signals)?.ok_or("no estimate")?;
        let row = |slot: Slot| {
            let choices = &damages[slot.dimension][slot.cell];
            (slot, choices.iter().map(|&damage| vec![damage]).collect())
        };
        Ok(SensitivityTable::new(self.space.slots().map(row).collect()))
    }

    fn compare(&self, one: &SensitivityTable, other: &SensitivityTable) {
        let slots: Vec<Slot> = self.space.slots().collect();
        let choices = self.space.dimensions()[0].domain.options().unwrap_or(0) as usize;
        let column = |table: &SensitivityTable, chosen: &dyn Fn(usize, usize) -> bool| -> Vec<f64> {
            let cells = (0..slots.len()).flat_map(|slot| (0..choices).map(move |choice| (slot, choice)));
            let chosen = cells.filter(|&(slot, choice)| chosen(slot, choice));
            chosen.map(|(slot, choice)| table.damage(slots[slot], choice, 0)).collect()
        };
        let say = |what: String, chosen: &dyn Fn(usize, usize) -> bool| {
            let correlation = spearman(&column(one, chosen), &column(other, chosen));
            println!("  rank correlation with the measured table, {what}: {correlation:.3}");
        };
        say("all choices".to_owned(), &|_, _| true);
        let harmless = |choice: usize| slots.iter().all(|&slot| one.damage(slot, choice, 0) == 0.0);
        let mut each: Vec<f64> = (0..choices)
            .filter(|&choice| !harmless(choice))
            .map(|choice| {
                let only = |_: usize, other: usize| other == choice;
                spearman(&column(one, &only), &column(other, &only))
            })
            .collect();
        each.sort_by(f64::total_cmp);
        if let [least, .., most] = each[..] {
            println!(
                "  of places under one choice: {least:.3} to {most:.3}, median {:.3}",
                each[each.len() / 2]
            );
        }
        if self.technique.info().name == "kv-bits" {
            say("keys at 2 bits".to_owned(), &|slot, level| level == 1 && slot % 2 == 0);
            say("values at 2 bits".to_owned(), &|slot, level| level == 1 && slot % 2 == 1);
        }
    }

    /// The best allocation of a table.
    fn plan(&self, table: &SensitivityTable) -> Result<Config, Failure> {
        let context = SearchContext {
            space: self.space.clone(),
            seed: 1,
            starts: vec![],
            operators: None,
            table: Some(table.clone()),
            repeats: 0,
            stop: RunControl::default(),
        };
        let mut strategy =
            build(&Selected { name: "profiling".to_owned(), options: Settings::new() }, context)?;
        if let Some(planned) = strategy.planned() {
            println!("  {}", describe::planned(planned));
        }
        let first = strategy.ask(1).into_iter().next().ok_or("no allocation")?;
        let dimension = &self.space.dimensions()[0];
        let per_layer = dimension.cells() / dimension.axes[0].len as usize;
        for (layer, cells) in first.config.dimensions()[0].chunks(per_layer).enumerate() {
            let name = |value: &Value| match (&dimension.domain, value) {
                (Domain::Choice { options }, Value::Index(at)) => options[*at as usize].clone(),
                (Domain::Level { levels }, Value::Index(at)) => levels[*at as usize].to_string(),
                (_, other) => format!("{other:?}"),
            };
            let names: Vec<String> = cells.iter().map(name).collect();
            println!("  layer {layer}: {}", names.join(" "));
        }
        Ok(first.config)
    }

    fn report(&self, found: &[(&str, Config)], items: u32) -> Result<(), Failure> {
        let plans =
            found.iter().map(|(_, config)| self.lower(config)).collect::<Result<Vec<Plan>, Failure>>()?;
        let (scores, _) = self.scores(&plans, Split::Report, items)?;
        println!(
            "\nKL on {items} items of the report split, nats per token; difference to `measured`, paired"
        );
        let first = &scores[0].metrics["kl"];
        for ((name, _), scores) in found.iter().zip(&scores) {
            let kl = &scores.metrics["kl"];
            let apart = format::signed(&difference(Support::Any, kl, first, 1)?);
            println!("  {name}: {:.5}, difference {apart}", kl.value());
        }
        Ok(())
    }
}

/// Spearman's rank correlation.
fn spearman(one: &[f64], other: &[f64]) -> f64 {
    let ranks = |values: &[f64]| -> Vec<f64> {
        let rank = |value: &f64| {
            let below = values.iter().filter(|other| *other < value).count();
            let equal = values.iter().filter(|other| *other == value).count();
            below as f64 + (equal as f64 - 1.0) / 2.0
        };
        values.iter().map(rank).collect()
    };
    let (one, other) = (ranks(one), ranks(other));
    let mean = (one.len() as f64 - 1.0) / 2.0;
    let product =
        |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum() };
    product(&one, &other) / (product(&one, &one) * product(&other, &other)).sqrt()
}
