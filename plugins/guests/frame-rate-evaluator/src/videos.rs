//! The clips of a task, as preview and in full.

use std::rc::Rc;

use attune_frame_rate::generate::{self, Size};
use attune_frame_rate::{Clip, Quality, RATES, merging, thresholds, uniform, y4m};
use attune_guest::evaluator::{Failure, OpenFailure, Opening, Options, Split, Subject};

/// The task that decides on the clips that are reported, as an encoder does.
pub(crate) const GIVEN: &str = "given";
/// The task whose selection is the preview of what is reported.
pub(crate) const PREVIEW: &str = "preview";
/// The task whose selection is other clips than those that are reported.
pub(crate) const CLIPS: &str = "clips";
/// Cuts between complexities that are tried for the best thresholds: all of a clip of 63 chunks.
const CUTS: usize = 64;

/// A clip.
pub(crate) struct Video {
    /// The clip in low resolution, where that is another.
    preview: Option<Quality>,
    full: Quality,
}

impl Video {
    /// What is looked at before anything is decided.
    pub(crate) fn seen(&self) -> &Quality {
        self.preview.as_ref().unwrap_or(&self.full)
    }
}

/// All clips of a task.
pub(crate) struct Videos {
    /// Whether the clips of the selection are those of the report.
    same: bool,
    pub(crate) budget: f64,
    pub(crate) aligned: bool,
    chunk: usize,
    splits: Vec<(String, Vec<Rc<Video>>)>,
    rules: Rules,
}

impl Videos {
    pub(crate) fn read(opening: &Opening) -> Result<Self, OpenFailure> {
        let options = &opening.task_options;
        let same = opening.task != CLIPS;
        // An encoder has the clip.
        let factor = if opening.task == GIVEN { 1 } else { options.int("preview") as usize };
        let (selection, report) = (opening.selection(), opening.report());
        if same && !report.files.is_empty() {
            return Err(OpenFailure::split(
                "report",
                "the clips of `selection` are reported in full, so none may be given; for other clips take the task `clips`",
            ));
        }
        if let Some(twin) =
            report.files.iter().find(|file| selection.files.iter().any(|other| other.bytes == file.bytes))
        {
            return Err(OpenFailure::split(
                "report",
                format!("`{}` is the same clip as one of `selection`; give other clips", twin.name),
            ));
        }
        let read = |split: &Split| videos(clips(split, options)?, options, factor);
        let mut splits = Vec::new();
        if selection.files.is_empty() && report.files.is_empty() {
            let half = options.int("clips") as u64;
            let generated = |from: u64| {
                videos(
                    (from..from + half).map(|number| generated(number, options)).collect(),
                    options,
                    factor,
                )
            };
            let first = generated(0)?;
            let second = if same { first.clone() } else { generated(half)? };
            splits.extend([("selection".to_owned(), first), ("report".to_owned(), second)]);
        } else {
            let mut first = read(selection)?;
            let second = match (same, report.files.is_empty()) {
                (true, _) => first.clone(),
                (false, false) => read(report)?,
                (false, true) if first.len() < 2 => {
                    return Err(OpenFailure::split(
                        "selection",
                        "there is one clip, and half of them is reported on; give more clips, a smaller `window`, or a split `report`",
                    ));
                }
                (false, true) => first.split_off(first.len() / 2),
            };
            splits.extend([("selection".to_owned(), first), ("report".to_owned(), second)]);
        }
        for split in opening.splits.iter().filter(|split| split.name.starts_with("elsewhere:")) {
            if same {
                return Err(OpenFailure::split(
                    &split.name,
                    "rates are decided for the clips of `selection` and mean nothing for others; take the task `clips`",
                ));
            }
            splits.push((split.name.clone(), read(split)?));
        }
        let budget = options.real("budget");
        // A task may take longer to open than to say what it is of.
        let rules = Rules::of(if same { &splits[0].1 } else { &[] }, budget);
        Ok(Self {
            same,
            budget,
            aligned: options.boolean("aligned"),
            chunk: options.int("chunk") as usize,
            splits,
            rules,
        })
    }

    pub(crate) fn splits(&self) -> &[(String, Vec<Rc<Video>>)] {
        &self.splits
    }

    /// Whether rates are decided for clips, and not rules.
    pub(crate) fn decides_rates(&self) -> bool {
        self.same
    }

    /// The clips that are tuned on.
    pub(crate) fn selection(&self) -> &[Rc<Video>] {
        &self.splits[0].1
    }

    pub(crate) fn video(&self, split: &str, item: u32) -> Result<&Video, Failure> {
        let found = self
            .splits
            .iter()
            .find(|(name, _)| name == split)
            .and_then(|(_, videos)| videos.get(item as usize));
        found
            .map(Rc::as_ref)
            .ok_or_else(|| Failure::bad_request(format!("there is no clip {item} of `{split}`")))
    }

    /// What a clip is scored by.
    pub(crate) fn scored(&self, split: &str, item: u32) -> Result<&Quality, Failure> {
        let video = self.video(split, item)?;
        Ok(if self.same && split == "selection" { video.seen() } else { &video.full })
    }

    pub(crate) fn name(&self) -> String {
        let clips = self.selection();
        let frames: usize = clips.iter().map(|video| video.full.chunks().frames()).sum();
        format!("{} clips of {frames} frames", clips.len())
    }

    pub(crate) fn facts(&self, subject: Subject) -> Subject {
        let clips = if self.same { self.selection() } else { &[] };
        let lengths = clips.iter().map(|video| video.full.chunks().frames() as i64).collect();
        subject
            .real("frame-budget", self.budget)
            .int("frame-chunk", self.chunk as i64)
            .ints("frame-lengths", lengths)
            .ints("frame-uniform", self.rules.uniform.clone())
            .ints("frame-tuned", self.rules.tuned.clone())
            .ints("frame-merged", self.rules.merged.clone())
    }
}

/// What every rule makes of the clips whose rates are to be decided: of each chunk every so many frames, clip after clip.
#[derive(Default)]
struct Rules {
    uniform: Vec<i64>,
    tuned: Vec<i64>,
    merged: Vec<i64>,
}

impl Rules {
    fn of(clips: &[Rc<Video>], budget: f64) -> Self {
        let mut rules = Self::default();
        for video in clips {
            let seen = video.seen();
            let (chunks, table) = (seen.chunks(), seen.table());
            let budget = chunks.budget(budget);
            let worth =
                |schedule: &[usize]| schedule.iter().zip(&table).map(|(&rate, row)| row[rate]).sum::<f64>();
            let (_, tuned) = thresholds::tuned(&seen.complexities(), chunks, budget, CUTS, worth);
            let every = |schedule: Vec<usize>| schedule.into_iter().map(|rate| RATES[rate] as i64);
            rules.uniform.extend(every(uniform::schedule(chunks, budget)));
            rules.tuned.extend(every(tuned));
            rules.merged.extend(every(merging::schedule(seen, budget)));
        }
        rules
    }
}

fn generated(number: u64, options: &Options) -> Clip {
    let side = |name: &str| options.int(name) as usize;
    let size = Size { width: side("width"), height: side("height"), frames: side("frames") };
    generate::clip(size, (options.int("seed") as u64) << 16 | number)
}

fn clips(split: &Split, options: &Options) -> Result<Vec<Clip>, OpenFailure> {
    let mut clips = Vec::new();
    for file in &split.files {
        let name = file.name.strip_suffix(".y4m").unwrap_or(&file.name);
        let clip =
            y4m::read(name, &file.bytes).map_err(|error| OpenFailure::file(&file.name, error.to_string()))?;
        clips.extend(clip.windows(options.int("window") as usize));
    }
    Ok(clips)
}

fn videos(clips: Vec<Clip>, options: &Options, factor: usize) -> Result<Vec<Rc<Video>>, OpenFailure> {
    let chunk = options.int("chunk") as usize;
    let small = |clip: &Clip| {
        Quality::of_preview(clip, factor, chunk).map_err(|error| {
            OpenFailure::task_option(
                "preview",
                format!("the preview of `{}` by {factor} is too small: {error}", clip.name()),
            )
        })
    };
    let video = |clip: Clip| {
        let preview = if factor == 1 { None } else { Some(small(&clip)?) };
        Ok(Rc::new(Video { preview, full: Quality::new(clip, chunk) }))
    };
    clips.into_iter().map(video).collect()
}
