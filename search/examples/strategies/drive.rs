//! Strategies on problems: every evaluation counts, probes of a sensitivity table included.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use attune_core::evaluator::RunControl;
use attune_core::hash::ContentHash;
use attune_core::options::Settings;
use attune_core::profile::Selected;
use attune_core::rng::derive;
use attune_core::sensitivity::{Probing, SensitivityTable};
use attune_core::space::{Config, Space};
use attune_core::strategy::{Observation, Origin, Proposal};
use attune_search::strategy::{PROBED, SearchContext, TableSource, build, check, table_source};
use rand_distr::{Distribution as _, StandardNormal};

use super::problem::Problem;

/// How often a strategy may ask for a config again where there is noise.
const REPEATS: u32 = 1_000;

/// What a search had found when it was looked at.
pub(crate) struct Look {
    pub(crate) evaluations: usize,
    /// Loss without noise of the point that looked best; infinite before there is one.
    pub(crate) loss: f64,
    /// What the strategy took so far, without evaluations.
    pub(crate) thinking: Duration,
}

/// Evaluates, and keeps what is best.
struct Evaluations<'a> {
    problem: &'a Problem,
    count: usize,
    /// Of every point that may be a result: the mean of what was observed, how often, and its loss without noise.
    found: HashMap<ContentHash, (f64, f64, f64)>,
    thinking: Duration,
    looks: Vec<Look>,
}

impl Evaluations<'_> {
    fn evaluate(&mut self, config: &Config, counts: bool) -> f64 {
        let point = self.problem.point(config);
        let loss = self.problem.loss(&point);
        let observed = if self.problem.noise > 0.0 {
            let mut random = derive(self.problem.seed, "noise", &[self.count as u64]);
            let draw: f64 = StandardNormal.sample(&mut random);
            loss + self.problem.noise * draw
        } else {
            loss
        };
        if counts {
            let (mean, times, _) = self.found.entry(config.hash()).or_insert((0.0, 0.0, loss));
            *times += 1.0;
            *mean += (observed - *mean) / *times;
        }
        self.count += 1;
        if self.problem.looks.contains(&self.count) {
            self.look();
        }
        observed
    }

    fn look(&mut self) {
        let best = self.found.values().min_by(|a, b| a.0.total_cmp(&b.0));
        let loss = best.map_or(f64::INFINITY, |(.., loss)| *loss);
        self.looks.push(Look { evaluations: self.count, loss, thinking: self.thinking });
    }

    /// What a strategy hears of a proposal.
    fn observe(&mut self, proposal: &Proposal) -> Observation {
        let observed = self.evaluate(&proposal.config, true);
        let again = matches!(proposal.origin, Origin::Again { .. });
        let pooled = self.found.get(&proposal.config.hash()).map_or(observed, |(mean, ..)| *mean);
        let (losses, fresh) =
            if again { (vec![pooled], Some(vec![observed])) } else { (vec![observed], None) };
        Observation { index: proposal.index, losses: Some(losses), estimate: None, fresh }
    }

    fn left(&self) -> usize {
        self.problem.looks.last().map_or(0, |last| last.saturating_sub(self.count))
    }

    /// The table, and the best config that it was measured with where probes are points. A probe that breaks a budget is no
    /// result.
    fn table(
        &mut self,
        space: &Space,
        source: TableSource,
    ) -> Result<(SensitivityTable, Option<Config>), Box<dyn Error>> {
        let probing = Probing::new(space, &[])?;
        let mut probing = if source == TableSource::Doubted { probing.doubted() } else { probing };
        loop {
            let batch: Vec<Config> = probing.batch().into_iter().cloned().collect();
            if batch.is_empty() {
                return Ok(probing.finish());
            }
            let losses: Vec<Option<Vec<f64>>> = batch
                .iter()
                .map(|probe| Some(vec![self.evaluate(probe, space.check(probe).is_ok())]))
                .collect();
            probing.tell(&losses)?;
        }
    }
}

/// One search by the strategy of that name with its defaults; `None` where it cannot search the space.
pub(crate) fn search(name: &str, problem: &Problem) -> Result<Option<Vec<Look>>, Box<dyn Error>> {
    let space = problem.space()?;
    let choice = Selected { name: name.to_owned(), options: Settings::new() };
    if check(&choice, &space, problem.seed, None).is_err() {
        return Ok(None);
    }
    let mut evaluations =
        Evaluations { problem, count: 0, found: HashMap::new(), thinking: Duration::ZERO, looks: Vec::new() };
    let (table, best) = match table_source(&choice)? {
        Some(source) => evaluations.table(&space, source).map(|(table, best)| (Some(table), best))?,
        None => (None, None),
    };
    let starts = best.map(|best| (PROBED.to_owned(), best)).into_iter().collect();
    let begin = Instant::now();
    let mut strategy = build(
        &choice,
        SearchContext {
            space: Arc::clone(&space),
            seed: problem.seed,
            starts,
            operators: None,
            table,
            // A loss without noise is the same every time.
            repeats: if problem.noise > 0.0 { REPEATS } else { 0 },
            stop: RunControl::default(),
        },
    )?;
    evaluations.thinking += begin.elapsed();
    while evaluations.left() > 0 {
        let begin = Instant::now();
        let proposals = strategy.ask(evaluations.left());
        evaluations.thinking += begin.elapsed();
        if proposals.is_empty() {
            break;
        }
        let told: Vec<Observation> = proposals.iter().map(|proposal| evaluations.observe(proposal)).collect();
        let begin = Instant::now();
        strategy.tell(&told);
        evaluations.thinking += begin.elapsed();
    }
    while evaluations.looks.len() < problem.looks.len() {
        evaluations.count = problem.looks[evaluations.looks.len()];
        evaluations.look();
    }
    Ok(Some(evaluations.looks))
}
