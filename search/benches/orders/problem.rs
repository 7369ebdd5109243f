//! Problems over orders whose optimum is known by how they are made.

use attune_core::rng;
use attune_core::space::{Config, Dimension, Domain, Slot, Space, SpaceError, Value};
use rand::RngExt as _;
use rand::seq::SliceRandom as _;

/// What an order costs, and what the best one does.
pub(crate) struct Problem {
    pub(crate) name: &'static str,
    of: usize,
    kind: Kind,
    pub(crate) optimum: f64,
}

enum Kind {
    /// `weights[a][b]` where `a` comes before `b`.
    Linear(Vec<Vec<f64>>),
    /// Times of jobs on machines; the loss is the makespan.
    FlowShop(Vec<Vec<f64>>),
    /// Distances of a closed tour.
    Tour(Vec<Vec<f64>>),
}

impl Problem {
    pub(crate) fn all() -> Vec<Self> {
        vec![Self::linear(40), Self::linear(200), Self::flow_shop(50), Self::tour(60), Self::tour(1_000)]
    }

    /// Linear ordering: of every two elements, the hidden order has the cheaper way round.
    fn linear(of: usize) -> Self {
        let mut random = rng::derive(1, "linear", &[of as u64]);
        let mut hidden: Vec<usize> = (0..of).collect();
        hidden.shuffle(&mut random);
        let mut weights = vec![vec![0.0; of]; of];
        let mut optimum = 0.0;
        for (place, &before) in hidden.iter().enumerate() {
            for &after in &hidden[place + 1..] {
                let (one, other): (f64, f64) = (random.random(), random.random());
                weights[before][after] = one.min(other);
                weights[after][before] = one.max(other);
                optimum += one.min(other);
            }
        }
        let name = if of < 100 { "linear" } else { "linear-large" };
        Self { name, of, kind: Kind::Linear(weights), optimum }
    }

    /// A flow shop of two machines, which Johnson's rule (1954) orders best.
    fn flow_shop(of: usize) -> Self {
        let mut random = rng::derive(1, "flow shop", &[of as u64]);
        let times: Vec<Vec<f64>> =
            (0..of).map(|_| (0..2).map(|_| random.random_range(1.0_f64..100.0).round()).collect()).collect();
        let mut order: Vec<usize> = (0..of).collect();
        order.sort_by(|&one, &other| {
            let key = |job: usize| {
                let [first, second] = [times[job][0], times[job][1]];
                if first < second { (0, first) } else { (1, -second) }
            };
            key(one).partial_cmp(&key(other)).unwrap_or(std::cmp::Ordering::Equal)
        });
        let optimum = makespan(&times, order.iter().copied());
        Self { name: "flow-shop", of, kind: Kind::FlowShop(times), optimum }
    }

    /// Cities on a circle in hidden places: the shortest tour goes around.
    fn tour(of: usize) -> Self {
        let mut random = rng::derive(1, "tour", &[of as u64]);
        let mut hidden: Vec<usize> = (0..of).collect();
        hidden.shuffle(&mut random);
        let mut angle = vec![0.0; of];
        for (place, &city) in hidden.iter().enumerate() {
            angle[city] = std::f64::consts::TAU * place as f64 / of as f64;
        }
        let chord = |one: f64, other: f64| 2.0 * ((one - other) / 2.0).sin().abs();
        let distances =
            angle.iter().map(|one| angle.iter().map(|other| chord(*one, *other)).collect()).collect();
        let optimum = of as f64 * chord(0.0, std::f64::consts::TAU / of as f64);
        let name = if of < 100 { "tour" } else { "tour-large" };
        Self { name, of, kind: Kind::Tour(distances), optimum }
    }

    pub(crate) fn in_words(&self) -> String {
        format!("{} of {}", self.name, self.of)
    }

    pub(crate) fn space(&self) -> Result<Space, SpaceError> {
        Space::of([Dimension::new("order", Domain::Permutation { of: self.of as u32 })])
    }

    pub(crate) fn loss(&self, config: &Config) -> f64 {
        let Value::Indices(order) = config.get(Slot { dimension: 0, cell: 0 }) else { return f64::INFINITY };
        let order: Vec<usize> = order.iter().map(|element| *element as usize).collect();
        match &self.kind {
            Kind::Linear(weights) => order
                .iter()
                .enumerate()
                .map(|(place, &before)| {
                    order[place + 1..].iter().map(|&after| weights[before][after]).sum::<f64>()
                })
                .sum(),
            Kind::FlowShop(times) => makespan(times, order.into_iter()),
            Kind::Tour(distances) => {
                (0..order.len()).map(|place| distances[order[place]][order[(place + 1) % order.len()]]).sum()
            }
        }
    }
}

fn makespan(times: &[Vec<f64>], order: impl Iterator<Item = usize>) -> f64 {
    let mut free = vec![0.0_f64; times[0].len()];
    for job in order {
        let mut ready = 0.0;
        for (machine, time) in free.iter_mut().zip(&times[job]) {
            *machine = machine.max(ready) + time;
            ready = *machine;
        }
    }
    free.last().copied().unwrap_or(0.0)
}
