//! Time left: how long a study still takes, from how far its phases are. It reads no clock: whoever hears the events
//! says when.

use std::collections::VecDeque;
use std::time::Duration;

use crate::event::{Advance, Phase};

/// The pace is that of the last minute, or of as long as two steps take.
const WINDOW: Duration = Duration::from_secs(60);

/// Learns from [`Advance`]s and tells the time left, over all phases: the report counts from the start, at the pace of
/// the search until it has one of its own.
#[derive(Clone, Debug, Default)]
pub struct Remaining {
    phases: Vec<Advance>,
    /// Time that counts, and the clock when it was last looked at.
    active: Duration,
    clock: Option<Duration>,
    /// When a phase was last heard of before anything of it had been evaluated: it begins there.
    begun: Vec<(Phase, Duration)>,
    /// The phase whose pace is measured, and when how much of it had been evaluated.
    pace: Option<(Phase, VecDeque<(Duration, u64)>)>,
    /// Seconds per evaluation of the last phase that had a pace.
    before: Option<f64>,
}

impl Remaining {
    /// The study begins, or begins again: what is evaluated from here on has a pace.
    pub fn begin(&mut self, now: Duration) {
        *self = Self { clock: Some(now), ..Self::default() };
    }

    /// Time passes in which the study works.
    pub fn work(&mut self, now: Duration) {
        let last = self.clock.replace(now).unwrap_or(now);
        self.active += now.saturating_sub(last);
    }

    /// Time passes in which the study is paused.
    pub fn rest(&mut self, now: Duration) {
        self.clock = Some(now);
    }

    /// A phase is this far.
    pub fn hear(&mut self, now: Duration, advance: Advance) {
        self.work(now);
        match self.phases.iter_mut().find(|known| known.phase == advance.phase) {
            Some(known) => *known = advance,
            None => self.phases.push(advance),
        }
        if advance.evaluated == 0 {
            self.begun.retain(|(phase, _)| *phase != advance.phase);
            self.begun.push((advance.phase, self.active));
            return;
        }
        match &mut self.pace {
            Some((phase, samples)) if *phase == advance.phase => {
                samples.push_back((self.active, advance.evaluated));
                while samples.len() > 2 && samples[1].0 + WINDOW < self.active {
                    samples.pop_front();
                }
            }
            pace => {
                let begun = self.begun.iter().find(|(phase, _)| *phase == advance.phase);
                let begun = begun.map(|(_, at)| (*at, 0));
                self.before = slope(pace.as_ref()).or(self.before);
                // Of one that had begun before anybody listened, the next step tells.
                let samples = begun.into_iter().chain([(self.active, advance.evaluated)]);
                self.pace = Some((advance.phase, samples.collect()));
            }
        }
    }

    /// How far a phase is.
    pub fn of(&self, phase: Phase) -> Option<Advance> {
        self.phases.iter().copied().find(|advance| advance.phase == phase)
    }

    /// Seconds until everything that is known to be done is done; `None` before anything was evaluated.
    pub fn seconds(&self) -> Option<f64> {
        let rest: u64 = self.phases.iter().map(|advance| advance.total.saturating_sub(advance.done)).sum();
        let each = slope(self.pace.as_ref()).or(self.before)?;
        let heard =
            self.pace.as_ref().and_then(|(_, samples)| samples.back()).map_or(self.active, |last| last.0);
        let whole = rest as f64 * each;
        // It counts down between two steps, but not to the end of something that has not come.
        Some((whole - (self.active - heard).as_secs_f64()).max(whole / 2.0))
    }
}

/// Seconds per evaluation.
fn slope(pace: Option<&(Phase, VecDeque<(Duration, u64)>)>) -> Option<f64> {
    let (_, samples) = pace?;
    let (first, last) = (samples.front()?, samples.back()?);
    let more = last.1.checked_sub(first.1).filter(|more| *more > 0)?;
    let seconds = (last.0 - first.0).as_secs_f64();
    (seconds > 0.0).then(|| seconds / more as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn advance(phase: Phase, done: u64, total: u64, evaluated: u64) -> Advance {
        Advance { phase, done, total, evaluated }
    }

    /// A study of 400 evaluations whose report takes 400 more, begun at second 5.
    fn begun() -> Remaining {
        let mut left = Remaining::default();
        left.begin(at(5));
        left.hear(at(5), advance(Phase::Search, 0, 400, 0));
        left.hear(at(5), advance(Phase::Report, 0, 400, 0));
        left
    }

    #[test]
    fn the_report_counts_from_the_start() {
        let mut left = begun();
        assert_eq!(left.seconds(), None);
        // A generation comes at once: its first trials took as long as all of them.
        for done in 1..=8 {
            left.hear(at(13), advance(Phase::Search, 10 * done, 400, 80));
        }
        assert_eq!(left.seconds(), Some(72.0));
        left.work(at(15));
        assert_eq!(left.seconds(), Some(70.0));
        left.work(at(500));
        assert_eq!(left.seconds(), Some(36.0), "what has not come is not done");
    }

    #[test]
    fn the_report_has_a_pace_of_its_own_once_it_has_begun() {
        let mut left = begun();
        left.hear(at(45), advance(Phase::Search, 400, 400, 400));
        assert_eq!(left.seconds(), Some(40.0));
        left.hear(at(45), advance(Phase::Report, 0, 200, 0));
        assert_eq!(left.seconds(), Some(20.0));
        left.hear(at(55), advance(Phase::Report, 50, 200, 50));
        assert_eq!(left.seconds(), Some(30.0));
        left.hear(at(60), advance(Phase::Report, 200, 200, 120));
        assert_eq!(left.seconds(), Some(0.0));
    }

    #[test]
    fn what_was_there_already_and_pauses_are_no_pace() {
        let mut left = Remaining::default();
        left.begin(at(0));
        left.hear(at(0), advance(Phase::Search, 300, 400, 0));
        left.hear(at(10), advance(Phase::Search, 350, 400, 10));
        assert_eq!(left.seconds(), Some(50.0), "40 of the 50 were in the cache");
        left.rest(at(1000));
        left.hear(at(1010), advance(Phase::Search, 360, 400, 20));
        assert_eq!(left.seconds(), Some(40.0));
    }

    #[test]
    fn what_was_measured_first_is_no_pace_of_the_trials() {
        let mut left = begun();
        // A signal takes what it takes.
        left.hear(at(95), advance(Phase::Measuring, 10, 10, 0));
        assert_eq!(left.seconds(), None);
        left.hear(at(105), advance(Phase::Search, 0, 400, 0));
        left.hear(at(107), advance(Phase::Search, 20, 400, 20));
        assert_eq!(left.seconds(), Some(78.0));
    }

    #[test]
    fn whoever_comes_later_waits_for_one_step() {
        let mut left = Remaining::default();
        left.work(at(30));
        left.hear(at(30), advance(Phase::Search, 200, 400, 150));
        left.hear(at(30), advance(Phase::Report, 0, 100, 0));
        assert_eq!(left.seconds(), None);
        left.hear(at(40), advance(Phase::Search, 220, 400, 170));
        assert_eq!(left.seconds(), Some(140.0));
    }

    #[test]
    fn only_the_last_minute_counts() {
        let mut left = Remaining::default();
        left.begin(at(0));
        left.hear(at(0), advance(Phase::Search, 0, 1000, 0));
        left.hear(at(100), advance(Phase::Search, 10, 1000, 10));
        for step in 1..=10 {
            left.hear(at(100 + 10 * step), advance(Phase::Search, 10 + 10 * step, 1000, 10 + 10 * step));
        }
        assert_eq!(left.seconds(), Some(890.0));
    }
}
