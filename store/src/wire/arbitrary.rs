//! Any record that a study can write, and many that it never will.

use std::collections::BTreeMap;
use std::time::Duration;

use attune_core::bounds::{Gap, Gaps};
use attune_core::evaluator::{EvalFailure, Split};
use attune_core::hash::ContentHash;
use attune_core::objective::{Direction, Objective};
use attune_core::options::OptionValue;
use attune_core::plan::{Edit, Plan};
use attune_core::report::{Best, Contender, Estimates, Front, FrontMember, Report, Words};
use attune_core::scores::{Aggregate, MetricScore, Scores, Work};
use attune_core::space::{ActiveCondition, Axis, Config, Dimension, Domain, Scale, Value};
use attune_core::stats::Estimate;
use attune_core::store::{
    CacheKey, CacheOrigin, Cached, MeasuringEffort, Record, RunNote, RunTime, StudyHeader, TrialEffort,
    Whereabouts,
};
use attune_core::strategy::{self, Planned, Spent};
use attune_core::technique::Cost;
use attune_core::trial::{Dropped, Outcome, Repeat, Trial, TrialState};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::Entry;

/// Any record of a journal.
pub(crate) fn record() -> impl Strategy<Value = Record> {
    prop_oneof![
        header().prop_map(|header| Record::Header(Box::new(header))),
        trial().prop_map(|trial| Record::Trial(Box::new(trial))),
        report().prop_map(|report| Record::Report(Box::new(report))),
    ]
}

/// Any cached evaluation.
pub(crate) fn entry() -> impl Strategy<Value = Entry> {
    let split = prop_oneof![Just(Split::Selection), Just(Split::Report), text().prop_map(Split::OutOfDomain)];
    let key = (hash(), hash(), split, hash(), text())
        .prop_map(|(model, task, split, plan, numerics)| CacheKey { model, task, split, plan, numerics });
    let outcome = prop_oneof![scores().prop_map(Ok), failure().prop_map(Err)];
    let cached = (vec(any::<u32>(), 0..6), outcome, text(), text())
        .prop_map(|(items, outcome, study, by)| Cached { items, outcome, origin: CacheOrigin { study, by } });
    (key, cached)
}

/// Any note on a run.
pub(crate) fn note() -> impl Strategy<Value = RunNote> {
    let work = (any::<u64>(), any::<u64>()).prop_map(|(computed, naive)| Work { computed, naive });
    let effort =
        (any::<u64>(), work, real()).prop_map(|(trial, work, seconds)| TrialEffort { trial, work, seconds });
    let spent = (".*", ".*", real(), real()).prop_map(|(resource, unit, used, limit)| Spent {
        resource,
        unit,
        used,
        limit,
    });
    prop_oneof![
        (real(), any::<Option<u64>>())
            .prop_map(|(seconds, peak_memory)| RunNote::Run(RunTime { seconds, peak_memory })),
        vec(effort, 0..4).prop_map(RunNote::Trials),
        any::<u64>().prop_map(RunNote::Budget),
        text().prop_map(RunNote::Failed),
        vec(any::<u64>(), 0..4).prop_map(RunNote::Shared),
        (text(), text()).prop_map(|(profile, model)| RunNote::Found(Whereabouts { profile, model })),
        (".*", any::<(u64, u64)>(), real()).prop_map(|(what, (computed, naive), seconds)| {
            RunNote::Measured(MeasuringEffort { what, work: Work { computed, naive }, seconds })
        }),
        (real(), real(), vec(spent, 0..3)).prop_map(|(damage, bound, budgets)| RunNote::Planned(Planned {
            damage,
            bound,
            budgets
        })),
    ]
}

/// Every bit pattern, and the special ones often.
fn real() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        -1e3..1e3,
        prop::sample::select(vec![f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 5e-324]),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z-]{0,8}", any::<String>()]
}

fn hash() -> impl Strategy<Value = ContentHash> {
    any::<[u8; 32]>().prop_map(ContentHash::from_bytes)
}

fn header() -> impl Strategy<Value = StudyHeader> {
    let texts = (text(), text(), text(), text(), text(), text(), text());
    let baselines = vec((text(), hash()), 0..3).prop_map(|found| found.into_iter().collect());
    let compared = (baselines, option::of(hash()));
    let condition = (0..9usize, 0..9usize, vec(any::<u32>(), 0..3));
    let condition =
        condition.prop_map(|(dimension, when, options)| ActiveCondition { dimension, when, options });
    let space = (vec(dimension(), 0..3), vec(condition, 0..3));
    (texts, space, hash(), hash(), hash(), compared, any::<u64>()).prop_map(
        |(texts, space, technique_fingerprint, model_fingerprint, task_fingerprint, compared, seed)| {
            let (baselines, sensitivities) = compared;
            let (dimensions, conditions) = space;
            let (study, profile, technique, model, model_path, numerics, device) = texts;
            StudyHeader {
                study,
                profile,
                technique,
                technique_fingerprint,
                model,
                dimensions,
                conditions,
                model_fingerprint,
                model_path,
                task_fingerprint,
                baselines,
                sensitivities,
                numerics,
                device,
                seed,
            }
        },
    )
}

fn dimension() -> impl Strategy<Value = Dimension> {
    let scale = || prop_oneof![Just(Scale::Linear), Just(Scale::Log)];
    let domain =
        prop_oneof![
            vec(text(), 0..4).prop_map(|options| Domain::Choice { options }),
            vec(real(), 0..4).prop_map(|levels| Domain::Level { levels }),
            (any::<i64>(), any::<i64>()).prop_map(|(min, max)| Domain::Int { min, max }),
            (real(), real(), scale()).prop_map(|(min, max, scale)| Domain::Real { min, max, scale }),
            any::<[u32; 3]>().prop_map(|[of, min, max]| Domain::Subset { of, min, max }),
            any::<u32>().prop_map(|of| Domain::Permutation { of }),
            (any::<u32>(), real(), real()).prop_map(|(of, sum, spread)| Domain::Affine { of, sum, spread }),
            (any::<u32>(), any::<u32>(), real(), real())
                .prop_map(|(rows, columns, min, max)| Domain::Matrix { rows, columns, min, max }),
        ];
    let axis = (text(), any::<u32>()).prop_map(|(name, len)| Axis { name, len });
    (text(), text(), vec(axis, 0..3), domain).prop_map(|(name, help, axes, domain)| Dimension {
        name,
        help,
        axes,
        domain,
    })
}

fn config() -> impl Strategy<Value = Config> {
    let value = prop_oneof![
        any::<u32>().prop_map(Value::Index),
        any::<i64>().prop_map(Value::Int),
        real().prop_map(Value::Real),
        vec(any::<u32>(), 0..4).prop_map(Value::Indices),
        vec(real(), 0..4).prop_map(Value::Reals),
    ];
    vec(vec(value, 0..4), 0..3).prop_map(Config::new)
}

/// Edits of any vocabulary.
fn plan() -> impl Strategy<Value = Plan> {
    let value = prop_oneof![
        any::<bool>().prop_map(OptionValue::Bool),
        any::<i64>().prop_map(OptionValue::Int),
        real().prop_map(OptionValue::Real),
        text().prop_map(OptionValue::Text),
        vec(any::<i64>(), 0..4).prop_map(OptionValue::Ints),
        vec(real(), 0..4).prop_map(OptionValue::Reals),
    ];
    let edit = (text(), btree_map(text(), value, 0..4)).prop_map(|(kind, args)| Edit { kind, args });
    vec(edit, 0..4).prop_map(Plan::from_canonical)
}

fn costs() -> impl Strategy<Value = Vec<Cost>> {
    let cost = (text(), text(), real(), real()).prop_map(|(resource, unit, value, dense)| Cost {
        resource,
        unit,
        value,
        dense,
    });
    vec(cost, 0..3)
}

fn scores() -> impl Strategy<Value = Scores> {
    (0..6_usize).prop_flat_map(scores_of)
}

/// Scores of so many items.
fn scores_of(items: usize) -> impl Strategy<Value = Scores> {
    let aggregate = prop_oneof![Just(Aggregate::Mean), Just(Aggregate::ExpMean)];
    let metric = (aggregate, vec((real(), real()), items)).prop_map(|(aggregate, pairs)| {
        let (items, weights) = pairs.into_iter().unzip();
        MetricScore { aggregate, items, weights }
    });
    btree_map(text(), metric, 0..3).prop_map(|metrics| Scores { metrics })
}

fn dropped() -> impl Strategy<Value = Dropped> {
    let scored = vec(any::<u32>(), 0..6).prop_flat_map(|items| {
        let scores = scores_of(items.len());
        (Just(items), scores)
    });
    (any::<u32>(), scored, any::<u64>(), any::<bool>())
        .prop_map(|(stage, (items, scores), rival, reused)| Dropped { stage, items, scores, rival, reused })
}

fn failure() -> impl Strategy<Value = EvalFailure> {
    prop_oneof![
        (text(), text(), text()).prop_map(|(evaluator, edit, reason)| EvalFailure::Unsupported {
            evaluator,
            edit,
            reason
        }),
        text().prop_map(EvalFailure::BadRequest),
        (text(), any::<usize>(), real()).prop_map(|(metric, item, value)| EvalFailure::NotFinite {
            metric,
            item,
            value
        }),
        (text(), text()).prop_map(|(device, detail)| EvalFailure::OutOfMemory { device, detail }),
        any::<Duration>().prop_map(EvalFailure::Deadline),
        Just(EvalFailure::Interrupted),
        (text(), text()).prop_map(|(evaluator, reason)| EvalFailure::Failed { evaluator, reason }),
        text().prop_map(EvalFailure::Internal),
    ]
}

fn trial() -> impl Strategy<Value = Trial> {
    let origin = prop_oneof![
        text().prop_map(strategy::Origin::Start),
        Just(strategy::Origin::Random),
        (vec(any::<u64>(), 0..3), option::of(text()))
            .prop_map(|(parents, operator)| strategy::Origin::Varied { parents, operator }),
        any::<u64>().prop_map(|of| strategy::Origin::Again { of }),
    ];
    let state = prop_oneof![
        (scores(), any::<bool>())
            .prop_map(|(scores, reused)| TrialState::Complete(Outcome { scores, reused })),
        dropped().prop_map(TrialState::Dropped),
        dropped().prop_map(|Dropped { items, scores, reused, .. }| {
            TrialState::Repeated(Repeat { items, scores, reused })
        }),
        text().prop_map(TrialState::Failed),
    ];
    (any::<u64>(), config(), plan(), costs(), origin, state).prop_map(
        |(id, config, plan, costs, origin, state)| {
            let mut trial = Trial::new(id, config, plan, costs, origin);
            trial.advance(state).unwrap();
            trial
        },
    )
}

fn estimates() -> impl Strategy<Value = Estimates> {
    let estimate = (real(), real(), real()).prop_map(|(mean, low, high)| Estimate { mean, low, high });
    btree_map(text(), estimate, 0..3)
}

fn by_domain<T: std::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = BTreeMap<String, T>> {
    btree_map(text(), value, 0..3)
}

fn report() -> impl Strategy<Value = Report> {
    let search = btree_map(text(), real(), 0..3);
    let best =
        (any::<u64>(), config(), plan(), costs(), search, scores(), estimates(), by_domain(estimates()))
            .prop_map(|(trial, config, plan, costs, search, report, estimates, out_of_domain)| Best {
                gaps: Gaps::new(),
                out_of_domain_gaps: BTreeMap::new(),
                search_gaps: Gaps::new(),
                trial,
                config,
                plan,
                costs,
                search,
                report,
                estimates,
                out_of_domain,
            });
    let best = (best, gaps(), by_domain(gaps()), gaps());
    let best = best.prop_map(|(best, gaps, out_of_domain_gaps, search_gaps)| Best {
        gaps,
        out_of_domain_gaps,
        search_gaps,
        ..best
    });
    let bounds = btree_map(text(), vec(option::of(real()), 0..4), 0..3);
    let objective = (text(), direction()).prop_map(|(metric, direction)| Objective { metric, direction });
    let words = (text(), vec(text(), 0..3)).prop_map(|(unedited, found)| Words { unedited, found });
    let said = (vec(objective, 0..3), option::of(words));
    (any::<u64>(), best, option::of(front()), vec(contender(), 0..3), bounds, said).prop_map(
        |(trials, best, front, baselines, bounds, (objectives, words))| Report {
            trials,
            best,
            front,
            baselines,
            bounds,
            objectives,
            words,
        },
    )
}

fn direction() -> impl Strategy<Value = Direction> {
    any::<bool>().prop_map(|up| if up { Direction::Maximise } else { Direction::Minimise })
}

fn gaps() -> impl Strategy<Value = Gaps> {
    let estimate = || (real(), real(), real()).prop_map(|(mean, low, high)| Estimate { mean, low, high });
    let counts = (any::<u32>(), any::<u32>(), any::<u32>());
    let gap = (direction(), real(), estimate(), option::of(estimate()), counts).prop_map(
        |(direction, bound, distance, share, (known, items, reached))| Gap {
            direction,
            bound,
            distance,
            share,
            known,
            items,
            reached,
        },
    );
    btree_map(text(), gap, 0..3)
}

fn front() -> impl Strategy<Value = Front> {
    let search = btree_map(text(), real(), 0..3);
    let found = (any::<u64>(), config(), plan(), costs(), search);
    let member = (found, scores(), estimates(), estimates(), gaps()).prop_map(
        |((trial, config, plan, costs, search), report, estimates, delta, gaps)| FrontMember {
            trial,
            config,
            plan,
            costs,
            search,
            report,
            estimates,
            delta,
            gaps,
        },
    );
    (any::<u64>(), vec(member, 0..3)).prop_map(|(size, members)| Front { size, members })
}

fn contender() -> impl Strategy<Value = Contender> {
    let about = (text(), text(), costs());
    let values = (scores(), by_domain(scores()));
    let compared = (estimates(), estimates(), by_domain(estimates()), gaps());
    (about, values, compared).prop_map(
        |((name, help, costs), (report, out_of_domain), (estimates, delta, out_of_domain_delta, gaps))| {
            Contender {
                name,
                help,
                costs,
                report,
                out_of_domain,
                estimates,
                delta,
                out_of_domain_delta,
                gaps,
            }
        },
    )
}
