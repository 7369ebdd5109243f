//! Traces like those of GPU clusters: heavy-tailed durations, mostly jobs of one GPU, days and weeks in the arrivals, users who run the same
//! things again and again (the shapes of Philly, arXiv 1901.05758, and Helios, arXiv 2109.01313; the constants are chosen here).

use crate::{GPUS_PER_NODE, Job, Random, Trace};

const DAY: f64 = 86_400.0;

/// What a generated trace is like.
#[derive(Clone, Debug, PartialEq)]
pub struct Generator {
    /// Jobs of the trace.
    pub jobs: usize,
    /// Virtual clusters.
    pub clusters: u32,
    /// Nodes of each.
    pub nodes: u32,
    /// GPU-seconds that come in a second for each GPU: 1 is as much as there is.
    pub load: f64,
    /// Users of each virtual cluster.
    pub users: u32,
    /// The seed.
    pub seed: u64,
}

/// What one user runs again and again.
struct Recipe {
    gpus: u32,
    /// Logarithm of its typical duration in seconds.
    typical: f64,
}

/// A trace from a seed. Estimates are the durations until [`crate::predict`] sets others.
pub fn generate(generator: &Generator) -> Trace {
    let mut random = Random::new(generator.seed);
    let mut jobs = Vec::with_capacity(generator.jobs);
    let recipes: Vec<Vec<Recipe>> =
        (0..generator.clusters * generator.users).map(|_| recipes(generator.nodes, &mut random)).collect();
    for _ in 0..generator.jobs {
        let cluster = random.below(generator.clusters as usize) as u32;
        let user = cluster * generator.users + popular(generator.users, &mut random);
        let of_user = &recipes[user as usize];
        let choice = random.below(of_user.len());
        let recipe = &of_user[choice];
        // Runs of one recipe differ; some fail early, as a third of all jobs of Philly do.
        let early = if random.unit() < 0.3 { 0.05 } else { 1.0 };
        let seconds = libm::exp(recipe.typical + 0.7 * random.normal()) * early;
        let duration = seconds.clamp(10.0, 5.0 * DAY).round() as u64;
        jobs.push(Job {
            submit: 0,
            gpus: recipe.gpus,
            duration,
            cluster,
            user: Some(user),
            name: Some(user * 16 + choice as u32),
            predicted: duration as f64,
        });
    }
    arrive(&mut jobs, generator, &mut random);
    let clusters = (0..generator.clusters).map(|cluster| format!("vc{cluster}")).collect();
    Trace { jobs, clusters }
}

fn recipes(nodes: u32, random: &mut Random) -> Vec<Recipe> {
    let count = 1 + random.below(6);
    (0..count)
        .map(|_| {
            let gpus = match random.unit() {
                part if part < 0.66 => 1,
                part if part < 0.74 => 2,
                part if part < 0.84 => 4,
                part if part < 0.95 => GPUS_PER_NODE,
                part if part < 0.985 => 2 * GPUS_PER_NODE,
                _ => 4 * GPUS_PER_NODE,
            };
            let gpus = gpus.min(nodes * GPUS_PER_NODE);
            // Larger jobs run longer; the spread is what makes the tail.
            let typical = libm::log(900.0) + 0.4 * libm::log(f64::from(gpus)) + 1.7 * random.normal();
            Recipe { gpus, typical }
        })
        .collect()
}

/// A user, the n-th with a weight of 1/n.
fn popular(users: u32, random: &mut Random) -> u32 {
    let total: f64 = (1..=users).map(|rank| 1.0 / f64::from(rank)).sum();
    let mut left = random.unit() * total;
    for user in 0..users {
        left -= 1.0 / f64::from(user + 1);
        if left < 0.0 {
            return user;
        }
    }
    users - 1
}

/// Sets submissions so that the whole has the wanted load: a Poisson process whose rate follows the hour and the day of the week.
fn arrive(jobs: &mut [Job], generator: &Generator, random: &mut Random) {
    let work: f64 = jobs.iter().map(|job| job.duration as f64 * f64::from(job.gpus)).sum();
    let gpus = f64::from(generator.clusters * generator.nodes * GPUS_PER_NODE);
    let gap = work / (gpus * generator.load) / jobs.len().max(1) as f64;
    let mut time = 0.0;
    for job in jobs {
        job.submit = time as u64;
        time += gap * random.exponential() / rate(time);
    }
}

/// Arrivals relative to their mean: fewest before dawn, a third less at weekends.
fn rate(time: f64) -> f64 {
    let hour = (time % DAY) / DAY;
    let day = ((time / DAY) as u64) % 7;
    let weekend = if day >= 5 { 0.7 } else { 1.12 };
    weekend * (1.0 - 0.6 * libm::cos(std::f64::consts::TAU * (hour - 0.15)))
}
