//! The saves of a task.

use std::rc::Rc;

use attune_checkpoint_codec::model::Layout;
use attune_checkpoint_codec::{
    Bench, Measure, Policy, Random, Run, RunOptions, STAGES, Save, safetensors, stage_of,
};
use attune_guest::evaluator::{Failure, OpenFailure, Opening, Split};

/// The task that trains.
pub(crate) const RUN: &str = "run";

/// Saves of one split.
struct Saves {
    /// Those of the whole run, of which the split may be a half: stages are thirds of the run, and a save may stand on one of the other half.
    bench: Rc<Bench>,
    /// Which save an item is.
    order: Vec<usize>,
}

/// All saves of a task.
pub(crate) struct Checkpoints {
    splits: Vec<(String, Saves)>,
    pub(crate) mask_only: bool,
    pub(crate) tolerance: f64,
    resumes: bool,
}

impl Checkpoints {
    pub(crate) fn read(opening: &Opening) -> Result<Self, OpenFailure> {
        let mask_only = opening.task_options.text("codecs") == "mask";
        if opening.task == RUN {
            if let Some(split) = opening.splits.iter().find(|split| !split.files.is_empty()) {
                return Err(OpenFailure::split(
                    &split.name,
                    "this task trains its run and reads no files; take the task `files`",
                ));
            }
            let tolerance = opening.task_options.real("tolerance");
            let splits = [("selection", 0), ("report", 1)].into_iter().map(|(name, half)| {
                Ok((name.to_owned(), Saves::all(Bench::of_run(Run::train(run_options(opening, half)?)))))
            });
            return Ok(Self {
                splits: splits.collect::<Result<_, _>>()?,
                mask_only,
                tolerance,
                resumes: true,
            });
        }
        let (selection, report) = (opening.selection(), opening.report());
        if let Some(twin) =
            report.files.iter().find(|file| selection.files.iter().any(|other| other.bytes == file.bytes))
        {
            return Err(OpenFailure::split(
                "report",
                format!("`{}` is the same save as one of `selection`; give those of another run", twin.name),
            ));
        }
        let halved = report.files.is_empty();
        let bench = |split: &Split| {
            let saves = read(split)?;
            let least = if halved && split.name == "selection" { 2 * STAGES.len() } else { STAGES.len() };
            if saves.len() < least {
                let help = format!(
                    "there are too few saves for three stages, {} of at least {least}; where no `report` is given, half of each stage's saves are",
                    saves.len()
                );
                return Err(OpenFailure::split(&split.name, help));
            }
            Ok(Bench::of_saves(saves))
        };
        let first = bench(selection)?;
        let halves =
            if halved { Saves::halves(first) } else { [Saves::all(first), Saves::all(bench(report)?)] };
        let mut splits: Vec<(String, Saves)> =
            ["selection", "report"].map(str::to_owned).into_iter().zip(halves).collect();
        for split in opening.splits.iter().filter(|split| split.name.starts_with("elsewhere:")) {
            splits.push((split.name.clone(), Saves::all(bench(split)?)));
        }
        Ok(Self { splits, mask_only, tolerance: f64::INFINITY, resumes: false })
    }

    /// Whether a run can resume from the saves.
    pub(crate) fn resumes(&self) -> bool {
        self.resumes
    }

    pub(crate) fn name(&self) -> String {
        let saves = self.splits[0].1.bench.saves();
        let parameters: usize = saves[0].tensors.iter().map(|tensor| tensor.weights.len()).sum();
        format!("{} saves of {parameters} parameters", saves.len())
    }

    /// The splits with how many saves each has.
    pub(crate) fn splits(&self) -> impl Iterator<Item = (&str, usize)> {
        self.splits.iter().map(|(name, saves)| (name.as_str(), saves.order.len()))
    }

    pub(crate) fn measure(&self, policy: &Policy, split: &str, item: u32) -> Result<Measure, Failure> {
        let (bench, save) = self.save(split, item)?;
        Ok(bench.measure(policy, save))
    }

    /// The least share of its weights that a mask can make of a save.
    pub(crate) fn mask_bound(&self, split: &str, item: u32) -> Option<f64> {
        let (bench, save) = self.save(split, item).ok()?;
        // The codec adds up bytes in another order.
        Some(bench.mask_bound(save) - 1e-12)
    }

    fn save(&self, split: &str, item: u32) -> Result<(&Bench, usize), Failure> {
        let found = self.splits.iter().find(|(name, _)| name == split).map(|(_, saves)| saves);
        let save = found.and_then(|saves| Some((saves.bench.as_ref(), *saves.order.get(item as usize)?)));
        save.ok_or_else(|| Failure::bad_request(format!("there is no save {item} of `{split}`")))
    }
}

impl Saves {
    /// All saves of a run.
    fn all(bench: Bench) -> Self {
        let stages = by_stage(&bench);
        Self::of(Rc::new(bench), stages)
    }

    /// The first half of the saves of each stage, and the second: stages of both are those of the run, and what is tuned on stands on
    /// nothing that is reported.
    fn halves(bench: Bench) -> [Self; 2] {
        let mut first = by_stage(&bench);
        let second = first.iter_mut().map(|stage| stage.split_off(stage.len().div_ceil(2))).collect();
        let bench = Rc::new(bench);
        [Self::of(bench.clone(), first), Self::of(bench, second)]
    }

    /// Items go from stage to stage, and within each in random order, so that the first few are of every stage and place.
    fn of(bench: Rc<Bench>, mut stages: Vec<Vec<usize>>) -> Self {
        let count = stages.iter().map(Vec::len).sum();
        let mut random = Random::new(count as u64);
        let mut order = Vec::with_capacity(count);
        while order.len() < count {
            for stage in &mut stages {
                if !stage.is_empty() {
                    order.push(stage.swap_remove(random.below(stage.len())));
                }
            }
        }
        Self { bench, order }
    }
}

/// The saves of each stage.
fn by_stage(bench: &Bench) -> Vec<Vec<usize>> {
    let count = bench.saves().len();
    let mut stages = vec![Vec::new(); STAGES.len()];
    (0..count).for_each(|save| stages[stage_of(save, count).0].push(save));
    stages
}

fn run_options(opening: &Opening, half: u64) -> Result<RunOptions, OpenFailure> {
    let options = &opening.task_options;
    let count = |name: &str| options.int(name) as usize;
    let (steps, gap, width) = (count("steps"), count("gap"), count("width"));
    if steps / gap < STAGES.len() {
        return Err(OpenFailure::task_option(
            "gap",
            format!(
                "{steps} steps with a save every {gap} make {} saves, expected one for each of three stages at least",
                steps / gap
            ),
        ));
    }
    if !width.is_multiple_of(2) {
        return Err(OpenFailure::task_option(
            "width",
            format!("{width} channels are not two heads; give an even number"),
        ));
    }
    Ok(RunOptions {
        seed: 2 * options.int("seed") as u64 + half,
        steps,
        gap,
        horizon: count("horizon"),
        rate: options.real("rate"),
        batch: count("batch"),
        layout: Layout { width, heads: 2, layers: count("layers"), context: 32 },
    })
}

/// The saves of a split's files, all of the same tensors.
fn read(split: &Split) -> Result<Vec<Save>, OpenFailure> {
    let mut saves: Vec<Save> = Vec::new();
    for file in &split.files {
        let save = safetensors::read(&file.bytes)
            .map_err(|error| OpenFailure::file(&file.name, error.to_string()))?;
        let shape = |save: &Save| -> Vec<(String, usize, [usize; 2])> {
            let of = |tensor: &attune_checkpoint_codec::Tensor| {
                let [first, second] = &tensor.moments;
                (tensor.name.clone(), tensor.weights.len(), [first.len(), second.len()])
            };
            save.tensors.iter().map(of).collect()
        };
        if saves.first().is_some_and(|first| shape(first) != shape(&save)) {
            let first = &split.files[0].name;
            return Err(OpenFailure::file(
                &file.name,
                format!("its tensors are not those of `{first}`; give saves of one run"),
            ));
        }
        saves.push(save);
    }
    Ok(saves)
}
