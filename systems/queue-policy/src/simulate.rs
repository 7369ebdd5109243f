//! From event to event: jobs come, start, are stopped or moved, and end.

mod backfill;
mod preempt;
mod repack;
mod review;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::ops::Bound::{Excluded, Unbounded};

use crate::estimate::History;
use crate::placement::Nodes;
use crate::rank::{Rank, key, remaining};
use crate::{
    Backfill, Change, Cluster, Entry, Estimate, Job, Placement, Policy, Random, Repacking, overhead,
};

/// What became of a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// When it ended, in seconds since the trace's first job.
    pub end: u64,
    /// Seconds that it stood in the queue, those after preemptions too.
    pub queued: u64,
    /// Seconds that stopping and moving it took.
    pub overhead: u64,
    /// How often it was preempted.
    pub preemptions: u32,
    /// How often it was moved.
    pub moves: u32,
}

/// What became of all jobs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// One for each job, in the order of the instance.
    pub jobs: Vec<Ran>,
    /// GPU-seconds of the cluster from the first submission to the last.
    pub capacity: u64,
    /// Those of them in which a job ran.
    pub busy: u64,
    /// Those of them in which a GPU was idle while a job waited that the sum of free GPUs would have been enough for.
    pub fragmented: u64,
    /// Everything that happened, where it was asked for.
    pub log: Vec<Entry>,
}

/// Runs `jobs` (in order of submission) on an empty `cluster` under `policy`; `ended` is what the history knows of jobs before. With `logged`, the outcome says all that
/// happened. Every job fits its virtual cluster ([`Cluster::for_trace`]).
pub fn simulate(jobs: &[Job], ended: &[Job], cluster: &Cluster, policy: &Policy, logged: bool) -> Outcome {
    let mut outcome = Outcome { jobs: vec![Ran::default(); jobs.len()], ..Outcome::default() };
    let (Some(first), Some(last)) = (jobs.first(), jobs.last()) else { return outcome };
    let horizon = last.submit;
    outcome.capacity = cluster.gpus() * (horizon - first.submit);
    for (index, &nodes) in cluster.nodes.iter().enumerate() {
        let mine = |job: &&Job| job.cluster as usize == index;
        let ended: Vec<Job> = ended.iter().filter(mine).cloned().collect();
        let indices: Vec<usize> =
            (0..jobs.len()).filter(|&job| jobs[job].cluster as usize == index).collect();
        let mut run = Run::new(jobs, nodes, policy, &ended, logged, horizon);
        run.all(&indices);
        for &job in &indices {
            outcome.jobs[job] = run.states[job].ran_as(&jobs[job]);
        }
        outcome.busy += run.busy;
        outcome.fragmented += run.fragmented;
        outcome.log.append(&mut run.log);
    }
    outcome
}

/// A job that has come.
#[derive(Clone, Default)]
struct State {
    estimate: f64,
    /// Seconds that it has run up to `since`, those that checkpoints took among them.
    ran: u64,
    /// Seconds of its own work that are done at `since`.
    attained: u64,
    since: u64,
    started: u64,
    end: u64,
    running: bool,
    preemptible: bool,
    preemptions: u32,
    moves: u32,
    overhead: u64,
    placement: Placement,
    key: f64,
}

impl State {
    fn ran_at(&self, now: u64) -> u64 {
        if self.running { self.ran + (now - self.since) } else { self.ran }
    }

    /// Seconds of its own work that are done. While a checkpoint is read there are no more.
    fn attained_at(&self, now: u64) -> u64 {
        self.attained.max(self.ran_at(now).saturating_sub(self.overhead))
    }

    fn ran_as(&self, job: &Job) -> Ran {
        let (overhead, preemptions, moves) = (self.overhead, self.preemptions, self.moves);
        Ran {
            end: self.end,
            queued: self.end - job.submit - job.duration - overhead,
            overhead,
            preemptions,
            moves,
        }
    }
}

/// A virtual cluster at work.
struct Run<'a> {
    jobs: &'a [Job],
    policy: &'a Policy,
    history: History,
    nodes: Nodes,
    states: Vec<State>,
    waiting: BTreeSet<Rank>,
    /// GPUs of those who wait: how many jobs want so many.
    wanted: BTreeMap<u32, usize>,
    running: BTreeSet<usize>,
    /// Ends that were set; one of a job that was stopped or moved since is passed over.
    ends: BinaryHeap<Reverse<(u64, usize)>>,
    now: u64,
    horizon: u64,
    busy: u64,
    fragmented: u64,
    logged: bool,
    log: Vec<Entry>,
}

impl<'a> Run<'a> {
    fn new(
        jobs: &'a [Job],
        nodes: u32,
        policy: &'a Policy,
        ended: &[Job],
        logged: bool,
        horizon: u64,
    ) -> Self {
        Self {
            jobs,
            policy,
            history: History::new(policy, ended),
            nodes: Nodes::new(nodes),
            states: vec![State::default(); jobs.len()],
            waiting: BTreeSet::new(),
            wanted: BTreeMap::new(),
            running: BTreeSet::new(),
            ends: BinaryHeap::new(),
            now: 0,
            horizon,
            busy: 0,
            fragmented: 0,
            logged,
            log: Vec::new(),
        }
    }

    fn all(&mut self, indices: &[usize]) {
        let mut coming = indices.iter().copied().peekable();
        loop {
            let arrival = coming.peek().map(|&job| self.jobs[job].submit);
            let end = self.next_end();
            let Some(next) = [arrival, end, self.next_review()].into_iter().flatten().min() else { break };
            self.pass(next);
            while self.next_end() == Some(self.now) {
                self.end();
            }
            while let Some(job) = coming.next_if(|&job| self.jobs[job].submit == self.now) {
                self.arrive(job);
            }
            self.schedule();
        }
    }

    /// Lets time go on, and counts what is busy.
    fn pass(&mut self, next: u64) {
        let seconds = next.min(self.horizon).saturating_sub(self.now);
        let free = self.nodes.free();
        self.busy += seconds * u64::from(self.nodes.total() - free);
        if self.wanted.keys().next().is_some_and(|&least| least <= free) {
            self.fragmented += seconds * u64::from(free);
        }
        self.now = next;
    }

    fn next_end(&mut self) -> Option<u64> {
        while let Some(&Reverse((end, job))) = self.ends.peek() {
            if self.states[job].running && self.states[job].end == end {
                return Some(end);
            }
            self.ends.pop();
        }
        None
    }

    fn arrive(&mut self, job: usize) {
        let estimate = match self.policy.estimate {
            Estimate::Oracle => self.jobs[job].duration as f64,
            Estimate::Predicted => self.history.estimate(&self.jobs[job]),
        };
        // The same jobs whatever the cluster does: the share is of jobs and not of moments.
        let preemptible = Random::of(0x5eed, job as u64).unit() < self.policy.preemption;
        self.states[job] = State { estimate, preemptible, ..State::default() };
        self.queue(job);
    }

    fn queue(&mut self, job: usize) {
        let key = self.key(job);
        self.states[job].key = key;
        self.waiting.insert(Rank { key, job });
        *self.wanted.entry(self.jobs[job].gpus).or_default() += 1;
    }

    /// The key of a job now, running or not.
    fn key(&self, job: usize) -> f64 {
        let state = &self.states[job];
        key(self.policy, &self.jobs[job], state.estimate, state.attained_at(self.now))
    }

    /// Seconds that a job is expected to run from now on, at least one.
    fn expected(&self, job: usize) -> f64 {
        let state = &self.states[job];
        remaining(state.estimate, state.attained_at(self.now)).max(1.0)
    }

    fn start(&mut self, job: usize, placement: Placement) {
        let gpus = self.jobs[job].gpus;
        self.waiting.remove(&Rank { key: self.states[job].key, job });
        if let Some(count) = self.wanted.get_mut(&gpus) {
            *count -= 1;
            if *count == 0 {
                self.wanted.remove(&gpus);
            }
        }
        self.nodes.take(&placement);
        self.note(job, Change::Start(placement.clone()));
        let (now, duration) = (self.now, self.jobs[job].duration);
        let state = &mut self.states[job];
        (state.since, state.started, state.running, state.placement) = (now, now, true, placement);
        state.end = now + duration + state.overhead - state.ran;
        self.ends.push(Reverse((state.end, job)));
        self.running.insert(job);
    }

    fn end(&mut self) {
        let Some(Reverse((_, job))) = self.ends.pop() else { return };
        self.leave(job);
        self.history.add(&self.jobs[job]);
        self.note(job, Change::End);
    }

    /// Takes a running job off its nodes.
    fn leave(&mut self, job: usize) {
        let now = self.now;
        let state = &mut self.states[job];
        state.attained = state.attained_at(now);
        state.ran = state.ran_at(now);
        state.running = false;
        self.nodes.release(&std::mem::take(&mut state.placement));
        self.running.remove(&job);
    }

    fn stop(&mut self, job: usize) {
        self.leave(job);
        self.states[job].overhead += overhead(self.jobs[job].gpus);
        self.states[job].preemptions += 1;
        self.note(job, Change::Preempt);
        self.queue(job);
    }

    fn relocate(&mut self, job: usize, placement: Placement) {
        self.nodes.release(&self.states[job].placement);
        self.nodes.take(&placement);
        self.note(job, Change::Move(placement.clone()));
        let (now, seconds) = (self.now, overhead(self.jobs[job].gpus));
        let state = &mut self.states[job];
        state.attained = state.attained_at(now);
        state.placement = placement;
        state.overhead += seconds;
        state.moves += 1;
        state.end += seconds;
        self.ends.push(Reverse((state.end, job)));
    }

    fn note(&mut self, job: usize, change: Change) {
        if self.logged {
            self.log.push(Entry { time: self.now, job, change });
        }
    }

    /// Starts whoever may.
    fn schedule(&mut self) {
        // Of this size on, nothing fits any more.
        let mut too_large = u32::MAX;
        let mut reservation = None;
        let mut may_preempt = self.policy.preemption > 0.0;
        let mut may_repack = self.policy.repacking != Repacking::Off;
        let mut next = self.waiting.first().copied();
        while let Some(rank) = next {
            let gpus = self.jobs[rank.job].gpus;
            let mut placement = if gpus < too_large { self.nodes.place(gpus) } else { None };
            if placement.is_some()
                && !self.harmless(&reservation, rank.job, placement.as_deref().unwrap_or_default(), &[])
            {
                placement = None;
            } else if placement.is_none() {
                if may_preempt {
                    (placement, may_preempt) = self.preempt_for(rank, &reservation);
                }
                if placement.is_none() && may_repack {
                    placement = self.repack_for(gpus);
                    may_repack = false;
                }
                if placement.is_some() {
                    // What was stopped or moved has left room of other shapes.
                    too_large = u32::MAX;
                } else {
                    too_large = too_large.min(gpus);
                }
            }
            match placement {
                Some(placement) => {
                    self.start(rank.job, placement);
                    if reservation.is_some() {
                        reservation = self.renewed(reservation);
                    }
                }
                None if self.policy.backfill == Backfill::Strict => break,
                None if self.policy.backfill == Backfill::Reserve && reservation.is_none() => {
                    reservation = self.reserve(rank.job);
                }
                None => {}
            }
            if !may_preempt
                && self
                    .wanted
                    .keys()
                    .next()
                    .is_none_or(|&least| least >= too_large || least > self.nodes.free())
            {
                break;
            }
            next = self.waiting.range((Excluded(rank), Unbounded)).next().copied();
        }
    }
}
