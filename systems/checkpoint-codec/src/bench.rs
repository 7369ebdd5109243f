//! What a policy makes of each save: bytes, operations, exactness, and what a run that resumes loses.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::bf16;
use crate::bound;
use crate::codec::{FullCodec, MomentCodec, WeightCodec};
use crate::model::State;
use crate::policy::{MOMENTS, Policy, StagePolicy, stage_of};
use crate::run::Run;
use crate::saves::{CLASSES, Class, Save};

/// How one class of a save is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Writing {
    Full(FullCodec),
    Beside(usize, WeightCodec),
}

/// Bytes, operations and wrong bits of a part of a save.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    bytes: u64,
    encode: u64,
    decode: u64,
    errors: u64,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.bytes += other.bytes;
        self.encode += other.encode;
        self.decode += other.decode;
        self.errors += other.errors;
    }
}

/// What was measured of one save.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    /// Bytes that are written, as a share of those of the save as it is.
    pub size: f64,
    /// The same of the weights alone.
    pub weights: f64,
    /// The same of the two moments alone; 1 where there are none.
    pub moments: f64,
    /// Operations of writing it, per parameter.
    pub encode: f64,
    /// Operations of reading it back with every save that it stands on, per parameter.
    pub decode: f64,
    /// Bits of weights that differ after decoding.
    pub errors: u64,
    /// How far the loss of a run that resumes from it is from that of an exact resume, in nats per byte.
    pub strays: Option<f64>,
}

impl Measure {
    /// The size, times how often the tolerance, in nats per byte, is exceeded where it is: a save that a run cannot go on from well
    /// is worth less than its bytes.
    pub fn charged(&self, tolerance: f64) -> f64 {
        self.size * (self.strays.unwrap_or(0.0) / tolerance).max(1.0)
    }
}

type Resumed = (usize, bool, [[MomentCodec; CLASSES.len()]; 2]);

/// Saves with what was measured of them so far.
#[derive(Debug)]
pub struct Bench {
    saves: Vec<Save>,
    run: Option<Run>,
    written: RefCell<BTreeMap<(usize, Class, Writing), Count>>,
    coded: RefCell<BTreeMap<(usize, Class, usize, MomentCodec), Count>>,
    resumed: RefCell<BTreeMap<Resumed, f64>>,
}

impl Bench {
    /// Of the saves of a run, which can resume.
    pub fn of_run(run: Run) -> Self {
        Self { run: Some(run.clone()), ..Self::of_saves(run.saves()) }
    }

    /// Of saves alone; all have the same tensors.
    pub fn of_saves(saves: Vec<Save>) -> Self {
        Self {
            saves,
            run: None,
            written: RefCell::default(),
            coded: RefCell::default(),
            resumed: RefCell::default(),
        }
    }

    /// The saves.
    pub fn saves(&self) -> &[Save] {
        &self.saves
    }

    /// The run, where there is one.
    pub fn run(&self) -> Option<&Run> {
        self.run.as_ref()
    }

    /// The bound of [`bound::mask_only`].
    pub fn mask_bound(&self, save: usize) -> f64 {
        bound::mask_only(&self.saves, save)
    }

    /// What a policy makes of a save.
    pub fn measure(&self, policy: &Policy, save: usize) -> Measure {
        let (stage, first) = stage_of(save, self.saves.len());
        let stage = &policy.0[stage];
        let (mut weights, mut moments) = (Count::default(), Count::default());
        for class in CLASSES {
            weights.add(self.written(save, class, writing(stage, first, save, class)));
            // Reading a class that stands on other saves takes all of them.
            if stage.weights[class as usize] != WeightCodec::Raw {
                for below in below(stage, first, save) {
                    weights.decode += self.written(below, class, writing(stage, first, below, class)).decode;
                }
            }
            for (index, codecs) in stage.moments.iter().enumerate() {
                moments.add(self.coded(save, class, index, codecs[class as usize]));
            }
        }
        let saved = &self.saves[save];
        let parameters: usize = saved.tensors.iter().map(|tensor| tensor.weights.len()).sum();
        let remainders: usize = saved.tensors.iter().map(|tensor| tensor.remainders.len()).sum();
        let remainders = if stage.master { remainders as u64 } else { 0 };
        let per = |operations: u64| (operations + remainders) as f64 / parameters as f64;
        Measure {
            size: (weights.bytes + moments.bytes + 2 * remainders) as f64 / saved.bytes() as f64,
            weights: weights.bytes as f64 / saved.weight_bytes() as f64,
            moments: if saved.moment_bytes() == 0 {
                1.0
            } else {
                moments.bytes as f64 / saved.moment_bytes() as f64
            },
            encode: per(weights.encode + moments.encode),
            decode: per(weights.decode + moments.decode),
            errors: weights.errors,
            strays: self.run.as_ref().map(|run| self.strays(run, save, stage)),
        }
    }

    fn written(&self, save: usize, class: Class, writing: Writing) -> Count {
        *self.written.borrow_mut().entry((save, class, writing)).or_insert_with(|| {
            let mut all = Count::default();
            for (index, tensor) in
                self.saves[save].tensors.iter().enumerate().filter(|(_, tensor)| tensor.class == class)
            {
                let weights = &tensor.weights;
                let (encoded, decoded) = match writing {
                    Writing::Full(codec) => {
                        let encoded = codec.encode(weights);
                        let decoded = codec.decode(&encoded.bytes, weights.len());
                        (encoded, decoded)
                    }
                    Writing::Beside(other, codec) => {
                        let old = &self.saves[other].tensors[index].weights;
                        let encoded = codec.encode(weights, old);
                        let decoded = codec.decode(&encoded.bytes, old);
                        (encoded, decoded)
                    }
                };
                let errors = |found: &[u16]| {
                    found.iter().zip(weights).map(|(one, other)| u64::from((one ^ other).count_ones())).sum()
                };
                all.add(Count {
                    bytes: encoded.bytes.len() as u64,
                    encode: encoded.work,
                    decode: decoded.as_ref().map_or(0, |decoded| decoded.work),
                    errors: decoded.map_or(16 * weights.len() as u64, |decoded| errors(&decoded.elements)),
                });
            }
            all
        })
    }

    fn coded(&self, save: usize, class: Class, moment: usize, codec: MomentCodec) -> Count {
        *self.coded.borrow_mut().entry((save, class, moment, codec)).or_insert_with(|| {
            let mut all = Count::default();
            for tensor in self.saves[save].tensors.iter().filter(|tensor| tensor.class == class) {
                let values = &tensor.moments[moment];
                if values.is_empty() {
                    continue;
                }
                let encoded = codec.encode(MOMENTS[moment], values);
                let decoded = codec.decode(MOMENTS[moment], &encoded.bytes, values.len());
                all.add(Count {
                    bytes: encoded.bytes.len() as u64,
                    encode: encoded.work,
                    decode: decoded.map_or(0, |decoded| decoded.work),
                    errors: 0,
                });
            }
            all
        })
    }

    fn strays(&self, run: &Run, save: usize, stage: &StagePolicy) -> f64 {
        let exact = self.loss_after(run, save, &StagePolicy::default());
        (self.loss_after(run, save, stage) - exact).abs()
    }

    fn loss_after(&self, run: &Run, save: usize, stage: &StagePolicy) -> f64 {
        let key = (save, stage.master, stage.moments);
        if let Some(&known) = self.resumed.borrow().get(&key) {
            return known;
        }
        let found = run.resume(self.restored(run, save, stage));
        self.resumed.borrow_mut().insert(key, found);
        found
    }

    /// The state that a run resumes with.
    fn restored(&self, run: &Run, save: usize, stage: &StagePolicy) -> State {
        let exact = &run.states()[save];
        let mut state = State { step: exact.step, master: Vec::new(), mean: Vec::new(), square: Vec::new() };
        for tensor in &self.saves[save].tensors {
            let remainder = |place: usize| if stage.master { tensor.remainders[place] } else { 0 };
            let joined = tensor
                .weights
                .iter()
                .enumerate()
                .map(|(place, &weight)| bf16::join(weight, remainder(place)));
            state.master.extend(joined);
            for (index, into) in [&mut state.mean, &mut state.square].into_iter().enumerate() {
                let (moment, values) = (MOMENTS[index], &tensor.moments[index]);
                let codec = stage.moments[index][tensor.class as usize];
                let encoded = codec.encode(moment, values);
                match codec.decode(moment, &encoded.bytes, values.len()) {
                    Some(decoded) => into.extend(decoded.elements),
                    // A moment that cannot be read back is lost: the optimiser starts it anew.
                    None => into.resize(into.len() + values.len(), 0.0),
                }
            }
        }
        state
    }
}

fn writing(stage: &StagePolicy, first: usize, save: usize, class: Class) -> Writing {
    match below(stage, first, save).last() {
        None => Writing::Full(stage.full),
        Some(other) => Writing::Beside(other, stage.weights[class as usize]),
    }
}

/// The saves that a save stands on, from the full one to the one beside which it is written; none for a full one.
fn below(stage: &StagePolicy, first: usize, save: usize) -> std::ops::Range<usize> {
    let full = save - (save - first) % stage.interval.max(1);
    if stage.chained || full == save { full..save } else { full..full + 1 }
}
