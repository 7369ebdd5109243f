//! Generators of problems: what is searched × how its parts depend on each other.
//!
//! Strengths are shares of spread: with strength 1 the pairs vary as much over random points as the single cells do.

use attune_core::rng::{Rng, derive};
use attune_core::space::Infeasible;
use rand::RngExt as _;
use rand::seq::SliceRandom as _;
use rand_distr::{Distribution as _, StandardNormal};

use super::problem::{Loss, Problem, Variables};

/// Random points that say how much a loss varies.
const DRAWS: usize = 400;
/// Points that are written with their losses.
const SAMPLES: usize = 3;
/// Pairs per cell.
const PAIRS: usize = 2;
/// Looks at searches of discrete spaces, and of coefficients.
const DISCRETE: [usize; 2] = [200, 500];
const CONTINUOUS: [usize; 3] = [500, 2_000, 5_000];

/// How the parts of a loss depend on each other.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// Single cells, and pairs of this strength.
    Pairs(f64),
    /// Pairs of strength .3, rounded down to steps of half a standard deviation.
    Plateaus,
    /// Pairs of strength .3, and noise of half a standard deviation in every evaluation.
    Noise,
    /// Traps of three places.
    Deceptive,
}

/// Every name, with what makes an instance of it.
pub(crate) fn all() -> Vec<(String, Family)> {
    let shapes = [
        ("separable", Shape::Pairs(0.0)),
        ("pairs-0.3", Shape::Pairs(0.3)),
        ("pairs-1", Shape::Pairs(1.0)),
        ("plateaus", Shape::Plateaus),
        ("noise", Shape::Noise),
        ("deceptive", Shape::Deceptive),
    ];
    let kinds = [
        ("choices", Variables::Choice { cells: 30, options: 4 }),
        ("levels", Variables::Level { cells: 32, levels: vec![2.0, 3.0, 4.0, 8.0] }),
        ("subsets", Variables::Subset { cells: 8, of: 8, pick: 4 }),
        ("permutations", Variables::Permutation { of: 16 }),
    ];
    let mut all = Vec::new();
    for (kind, variables) in kinds {
        for (shape, how) in shapes {
            // Nobody's levels are traps, and a trap of places of a permutation is half of them.
            if matches!(how, Shape::Deceptive) && !matches!(kind, "choices" | "subsets") {
                continue;
            }
            all.push((format!("{kind}-{shape}"), Family::Discrete(variables.clone(), how)));
        }
    }
    for (shape, how) in [
        ("separable", Affine::Axes),
        ("ellipsoid", Affine::Ellipsoid),
        ("waves", Affine::Waves),
        ("plateaus", Affine::Plateaus),
        ("noise", Affine::Noise),
    ] {
        all.push((format!("affine-{shape}"), Family::Affine(how)));
    }
    all
}

/// What makes an instance.
pub(crate) enum Family {
    /// Cells of one kind.
    Discrete(Variables, Shape),
    /// Twelve coefficients.
    Affine(Affine),
}

/// Losses of coefficients.
#[derive(Clone, Copy)]
pub(crate) enum Affine {
    /// A weight per coefficient, condition 100.
    Axes,
    /// Rotated, condition 10⁴.
    Ellipsoid,
    /// Rotated, with waves: many local optima.
    Waves,
    /// Rotated, condition 100, rounded down.
    Plateaus,
    /// Rotated, condition 100, and noise.
    Noise,
}

/// The instance of a name and a seed.
pub(crate) fn make(name: &str, family: &Family, seed: u64) -> Result<Problem, Box<dyn std::error::Error>> {
    let mut random = derive(seed, name, &[]);
    let mut problem = match family {
        Family::Discrete(variables, shape) => discrete(variables.clone(), *shape, &mut random)?,
        Family::Affine(affine) => coefficients(*affine, &mut random),
    };
    problem.name = name.to_owned();
    problem.seed = seed;
    let points = draws(&problem, &mut random, DRAWS)?;
    let losses: Vec<f64> = points.iter().map(|point| problem.loss(point)).collect();
    problem.random = losses.iter().sum::<f64>() / losses.len() as f64;
    problem.samples = points.into_iter().zip(losses).take(SAMPLES).collect();
    Ok(problem)
}

fn discrete(
    variables: Variables,
    shape: Shape,
    random: &mut Rng,
) -> Result<Problem, Box<dyn std::error::Error>> {
    let budget = match &variables {
        Variables::Level { cells, levels } => Some((vec![levels.clone()], 3.25 * f64::from(*cells))),
        _ => None,
    };
    let mut problem = blank(variables, &DISCRETE);
    problem.budget = budget;
    if let Shape::Deceptive = shape {
        problem.loss = traps(&problem.variables, random);
        return Ok(problem);
    }
    let strength = if let Shape::Pairs(strength) = shape { strength } else { 0.3 };
    let points = {
        problem.loss = Loss::Tables { unary: Vec::new(), pairs: Vec::new() };
        draws(&problem, random, DRAWS)?
    };
    let unary = unary(&problem.variables, random);
    let pairs = pairs(&problem.variables, &unary, random);
    let alone = spread(&Loss::Tables { unary: unary.clone(), pairs: Vec::new() }, &points);
    let together = spread(&Loss::Tables { unary: Vec::new(), pairs: pairs.clone() }, &points);
    let scale = strength * alone / together;
    let scaled = |(a, b, table): (usize, usize, Vec<Vec<f64>>)| {
        let table = table.into_iter().map(|row| row.into_iter().map(|value| value * scale).collect());
        (a, b, table.collect())
    };
    let pairs = if strength > 0.0 { pairs.into_iter().map(scaled).collect() } else { Vec::new() };
    problem.loss = Loss::Tables { unary, pairs };
    let deviation = spread(&problem.loss, &points);
    match shape {
        Shape::Plateaus => problem.step = 0.5 * deviation,
        Shape::Noise => problem.noise = 0.5 * deviation,
        Shape::Pairs(_) | Shape::Deceptive => {}
    }
    Ok(problem)
}

fn blank(variables: Variables, looks: &[usize]) -> Problem {
    Problem {
        name: String::new(),
        seed: 0,
        variables,
        budget: None,
        loss: Loss::Traps { blocks: Vec::new() },
        step: 0.0,
        noise: 0.0,
        looks: looks.to_vec(),
        random: 0.0,
        samples: Vec::new(),
    }
}

fn draws(
    problem: &Problem,
    random: &mut Rng,
    count: usize,
) -> Result<Vec<Vec<f64>>, Box<dyn std::error::Error>> {
    let space = problem.space()?;
    let drawn: Result<Vec<_>, Infeasible> = (0..count).map(|_| space.sample(random)).collect();
    Ok(drawn?.iter().map(|config| problem.point(config)).collect())
}

fn spread(loss: &Loss, points: &[Vec<f64>]) -> f64 {
    let losses: Vec<f64> = points.iter().map(|point| loss.of(point)).collect();
    let mean = losses.iter().sum::<f64>() / losses.len() as f64;
    (losses.iter().map(|loss| (loss - mean).powi(2)).sum::<f64>() / losses.len() as f64).sqrt()
}

fn normal(random: &mut Rng) -> f64 {
    StandardNormal.sample(random)
}

/// Numbers of a point, and the values that each one takes.
fn shape(variables: &Variables) -> (usize, usize) {
    match variables {
        Variables::Choice { cells, options } => (*cells as usize, *options as usize),
        Variables::Level { cells, levels } => (*cells as usize, levels.len()),
        Variables::Subset { cells, of, .. } => ((cells * of) as usize, 2),
        Variables::Permutation { of } | Variables::Affine { of, .. } => (*of as usize, *of as usize),
    }
}

fn unary(variables: &Variables, random: &mut Rng) -> Vec<Vec<f64>> {
    let (places, values) = shape(variables);
    let mut row = || match variables {
        // Errors fall by about 4 with every bit, from a sensitivity that varies by orders of magnitude.
        Variables::Level { levels, .. } => {
            let sensitivity = normal(random).exp();
            let error = |bits: &f64| sensitivity * (2.0 - bits + 0.3 * normal(random)).exp2().powi(2);
            levels.iter().map(error).collect()
        }
        Variables::Subset { .. } => vec![0.0, normal(random)],
        _ => (0..values).map(|_| normal(random)).collect(),
    };
    (0..places).map(|_| row()).collect()
}

type Pairs = Vec<(usize, usize, Vec<Vec<f64>>)>;

fn pairs(variables: &Variables, unary: &[Vec<f64>], random: &mut Rng) -> Pairs {
    let (places, values) = shape(variables);
    if let Variables::Permutation { .. } = variables {
        // What one element costs right after another, as in a tour.
        let table: Vec<Vec<f64>> =
            (0..values).map(|_| (0..values).map(|_| normal(random)).collect()).collect();
        return (0..places).map(|place| (place, (place + 1) % places, table.clone())).collect();
    }
    let mut pair = || {
        let a = random.random_range(0..places);
        let b = (a + random.random_range(1..places)) % places;
        let table = match variables {
            // Errors of two cells amplify each other, or cancel.
            Variables::Level { .. } => {
                let weight = normal(random);
                let entry = |x: &f64, y: &f64| weight * (x * y).sqrt();
                unary[a].iter().map(|x| unary[b].iter().map(|y| entry(x, y)).collect()).collect()
            }
            Variables::Subset { .. } => vec![vec![0.0, 0.0], vec![0.0, normal(random)]],
            _ => (0..values).map(|_| (0..values).map(|_| normal(random)).collect()).collect(),
        };
        (a, b, table)
    };
    (0..PAIRS * places).map(|_| pair()).collect()
}

fn traps(variables: &Variables, random: &mut Rng) -> Loss {
    let (places, values) = shape(variables);
    let mut order: Vec<usize> = (0..places).collect();
    order.shuffle(random);
    // The optimum is a point of the space.
    let target: Vec<usize> = match variables {
        Variables::Subset { cells, of, pick } => {
            let mut cell = || {
                let mut picked: Vec<usize> = (0..*of).map(|element| usize::from(element < *pick)).collect();
                picked.shuffle(random);
                picked
            };
            (0..*cells).flat_map(|_| cell()).collect()
        }
        // Drawn block after block: peers have searched these instances.
        _ => {
            let mut target = vec![0; places];
            order.iter().for_each(|place| target[*place] = random.random_range(0..values));
            target
        }
    };
    let blocks = order.chunks(3).map(|block| block.iter().map(|place| (*place, target[*place])).collect());
    Loss::Traps { blocks: blocks.collect() }
}

fn coefficients(affine: Affine, random: &mut Rng) -> Problem {
    const OF: usize = 12;
    let mut problem = blank(Variables::Affine { of: OF as u32, sum: 1.0, spread: 0.5 }, &CONTINUOUS);
    let centre: Vec<f64> = {
        let drawn: Vec<f64> = (0..OF).map(|_| 0.5 * normal(random)).collect();
        let mean = drawn.iter().sum::<f64>() / OF as f64;
        drawn.into_iter().map(|value| value - mean + 1.0 / OF as f64).collect()
    };
    let condition = |exponent: f64, count: usize| -> Vec<f64> {
        (0..count).map(|k| 10_f64.powf(exponent * k as f64 / (count - 1) as f64)).collect()
    };
    let quadratic = |rows: Vec<Vec<f64>>, exponent: f64| {
        let weights = condition(exponent, rows.len());
        Loss::Quadratic { rows, centre: centre.clone(), weights }
    };
    match affine {
        Affine::Axes => {
            let unit = |k: usize| (0..OF).map(|j| f64::from(u8::from(j == k))).collect();
            problem.loss = quadratic((0..OF).map(unit).collect(), 2.0);
        }
        Affine::Ellipsoid => problem.loss = quadratic(rotation(OF, random), 4.0),
        Affine::Waves => {
            // Two basins per standard deviation of a draw.
            problem.loss = Loss::Waves { rows: rotation(OF, random), centre: centre.clone(), scale: 4.0 };
            problem.looks.push(10_000);
        }
        Affine::Plateaus => {
            problem.loss = quadratic(rotation(OF, random), 2.0);
            problem.step = 0.1;
        }
        Affine::Noise => {
            problem.loss = quadratic(rotation(OF, random), 2.0);
            problem.noise = 1.0;
        }
    }
    problem
}

/// `of − 1` orthonormal rows in the plane of a zero sum, uniform over rotations (Gram & Schmidt).
fn rotation(of: usize, random: &mut Rng) -> Vec<Vec<f64>> {
    let even = vec![1.0 / (of as f64).sqrt(); of];
    let mut rows: Vec<Vec<f64>> = vec![even];
    while rows.len() < of {
        let mut row: Vec<f64> = (0..of).map(|_| normal(random)).collect();
        for other in &rows {
            let along: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
            row.iter_mut().zip(other).for_each(|(a, b)| *a -= along * b);
        }
        let length = row.iter().map(|value| value * value).sum::<f64>().sqrt();
        rows.push(row.into_iter().map(|value| value / length).collect());
    }
    rows.split_off(1)
}
