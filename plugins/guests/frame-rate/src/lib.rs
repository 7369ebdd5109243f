//! How many frames each chunk of a video keeps: a rate for every chunk under the budget of its clip, or ordered thresholds on how
//! unlike the frames of a chunk are, or the merging of frames that are alike.

mod rules;

use attune_frame_rate::{Chunks, RATES};
use attune_guest::{
    Baseline, Budget, BudgetTerm, Config, Constraint, Cost, Description, Dimension, Domain, Edit, Model,
    OptionSpec, Options, Setting, Signals, Space, Technique, Value,
};

use rules::Decides;

struct FrameRate;

impl Technique for FrameRate {
    fn describe() -> Description {
        Description::new(
            "frame-rate",
            env!("CARGO_PKG_VERSION"),
            "Decides how many frames each chunk of a video keeps (DLFR-VAE, arXiv 2502.11897; VGDFR, arXiv 2504.12259).",
        )
        .option(OptionSpec::one_of(
            "decides",
            "a rate for every chunk of the clips (rates), three thresholds on the complexity of a chunk (thresholds), or these or the merging of frames that are alike (rules)",
            &["rates", "thresholds", "rules"],
        ))
        .edit("frame-rates")
        .edit("frame-thresholds")
        .edit("frame-merging")
        .heeds(&[])
    }

    fn space(model: &Model, options: &Options) -> Result<Space, String> {
        let decides = Decides::of(options);
        if decides != Decides::Rates {
            return Ok(rules::space(decides));
        }
        let clips = Clips::of(model)?;
        let levels: Vec<f64> = (0..RATES.len()).map(|option| 1.0 / every(option) as f64).collect();
        let dimension = |(number, clip): (usize, &Chunks)| {
            let help = format!("share of frames that each chunk of clip {number} keeps");
            Dimension::new(&format!("clip-{number}"), &help, Domain::Level(levels.clone()))
                .axis("chunk", clip.count() as u32)
        };
        let space = Space::new(clips.all.iter().enumerate().map(dimension).collect());
        Ok(clips.all.iter().enumerate().fold(space, |space, (number, clip)| {
            let row = |chunk| (0..RATES.len()).map(|option| clip.cost(chunk, rate(option)) as f64).collect();
            space.with(Constraint::Budget(Budget {
                resource: format!("frames-{number}"),
                unit: "frames".to_owned(),
                limit: clip.budget(clips.budget) as f64,
                terms: vec![BudgetTerm {
                    dimension: number as u32,
                    costs: (0..clip.count()).map(row).collect(),
                }],
            }))
        }))
    }

    fn lower(model: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String> {
        if Decides::of(options) != Decides::Rates {
            return rules::lower(config);
        }
        Clips::of(model)?;
        let all: Vec<u32> = config.iter().flatten().map(|value| every(value.option()) as u32).collect();
        Ok(vec![Edit::new("frame-rates").ints("every", &all)])
    }

    fn cost(model: &Model, options: &Options, config: &Config) -> Result<Vec<Cost>, String> {
        // What rules keep depends on the clip.
        if Decides::of(options) != Decides::Rates {
            return Ok(Vec::new());
        }
        let clips = Clips::of(model)?;
        let kept = |(clip, cells): (&Chunks, &Vec<Value>)| {
            clip.total(&cells.iter().map(|value| rate(value.option())).collect::<Vec<_>>())
        };
        let kept: usize = clips.all.iter().zip(config).map(kept).sum();
        let frames: usize = clips.all.iter().map(Chunks::frames).sum();
        Ok(vec![Cost::new("kept-frames", "frames", kept as f64, frames as f64)])
    }

    fn baselines(model: &Model, options: &Options, _: &Signals) -> Result<Vec<Baseline>, String> {
        let decides = Decides::of(options);
        if decides != Decides::Rates {
            return Ok(rules::baselines(decides));
        }
        let clips = Clips::of(model)?;
        let named = [
            ("uniform", "frame-uniform", "the two neighbouring rates that meet the budget, evenly spread"),
            (
                "thresholds",
                "frame-tuned",
                "the best thresholds for each clip, on what is seen of it (rule of DLFR-VAE, arXiv 2502.11897)",
            ),
            (
                "merging",
                "frame-merged",
                "chunks whose frames are alike in what is seen of the clip (rule of VGDFR, arXiv 2504.12259)",
            ),
        ];
        let mut baselines = Vec::with_capacity(named.len());
        for (name, fact, help) in named {
            let mut rest = ints(model, fact)?;
            let mut config = Config::new();
            for clip in &clips.all {
                let (these, others) = rest.split_at_checked(clip.count()).ok_or_else(|| unsaid(fact))?;
                config.push(these.iter().map(option).collect::<Option<_>>().ok_or_else(|| unsaid(fact))?);
                rest = others;
            }
            baselines.push(Baseline::new(name, help, config));
        }
        Ok(baselines)
    }
}

/// The clips whose rates are decided.
struct Clips {
    all: Vec<Chunks>,
    budget: f64,
}

impl Clips {
    fn of(model: &Model) -> Result<Self, String> {
        let lengths = ints(model, "frame-lengths")?;
        let (Some(Setting::Real(budget)), Some(Setting::Int(chunk))) =
            (fact(model, "frame-budget"), fact(model, "frame-chunk"))
        else {
            return Err(unsaid("frame-budget"));
        };
        if lengths.is_empty() {
            return Err("this task has no clips whose rates are to be decided; set `decides` to \"thresholds\" or \"rules\", or take the task `given` or `preview`".to_owned());
        }
        let all = lengths.iter().map(|&frames| Chunks::new(frames as usize, *chunk as usize)).collect();
        Ok(Self { all, budget: *budget })
    }
}

/// The rate of a level: levels ascend, rates are ordered by how many frames one is kept of.
fn rate(option: usize) -> usize {
    RATES.len() - 1 - option
}

fn every(option: usize) -> usize {
    RATES[rate(option)]
}

fn option(number: &i64) -> Option<Value> {
    let found = (0..RATES.len()).find(|&option| every(option) as i64 == *number)?;
    Some(Value::Index(found as u32))
}

fn fact<'a>(model: &'a Model, name: &str) -> Option<&'a Setting> {
    model.extra.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn ints<'a>(model: &'a Model, name: &str) -> Result<&'a [i64], String> {
    match fact(model, name) {
        Some(Setting::Ints(values)) => Ok(values),
        _ => Err(unsaid(name)),
    }
}

fn unsaid(fact: &str) -> String {
    format!("the evaluator does not say `{fact}` as it should; use the evaluator `frame-rate`")
}

attune_guest::export!(FrameRate);
