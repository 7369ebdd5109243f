//! What a plan decides about the frames of each clip.

use attune_frame_rate::{RATES, Schedule, merging, thresholds, uniform};
use attune_guest::evaluator::{Args, Edit, Failure};

use super::videos::{GIVEN, PREVIEW, Videos};

pub(crate) enum Decision {
    /// The budget, evenly.
    Even,
    /// A rate for each chunk of each clip.
    Rates(Vec<Schedule>),
    Thresholds(thresholds::Thresholds),
    Merging,
}

impl Decision {
    pub(crate) fn read(plan: &[Edit], videos: &Videos) -> Result<Self, Failure> {
        let Some(edit) = Args::each(plan).next() else { return Ok(Self::Even) };
        match edit.kind() {
            "frame-rates" => rates(edit, videos).map(Self::Rates),
            "frame-thresholds" => match edit.reals("cuts")? {
                &[first, second, third] if 0.0 <= first && first <= second && second <= third => {
                    Ok(Self::Thresholds([first, second, third]))
                }
                other => Err(edit
                    .refuse(format!("`cuts` is {other:?}, expected three numbers from 0 that do not fall"))),
            },
            "frame-merging" => Ok(Self::Merging),
            other => Err(edit.refuse(format!("`{other}` is no edit of frames"))),
        }
    }

    /// The frames of a clip that stay, ascending.
    pub(crate) fn kept(&self, videos: &Videos, split: &str, item: u32) -> Result<Vec<usize>, Failure> {
        let seen = videos.video(split, item)?.seen();
        let chunks = seen.chunks();
        let budget = chunks.budget(videos.budget);
        Ok(match self {
            Self::Even if !videos.aligned => uniform::frames(chunks.frames(), budget),
            Self::Merging if !videos.aligned => {
                let kept = merging::within(seen, budget);
                // VGDFR's code has no budget that it cannot exceed: of a short clip, nine frames at the end alone may be too many.
                let stay = uniform::frames(kept.len(), budget.min(kept.len()));
                stay.into_iter().map(|place| kept[place]).collect()
            }
            Self::Even => chunks.schedule(&uniform::schedule(chunks, budget)),
            Self::Merging => chunks.schedule(&merging::schedule(seen, budget)),
            Self::Rates(schedules) => chunks.schedule(&schedules[item as usize]),
            Self::Thresholds(cuts) => {
                chunks.schedule(&thresholds::within(&seen.complexities(), cuts, chunks, budget))
            }
        })
    }
}

/// The schedules of all clips, each within its budget.
fn rates(edit: Args<'_>, videos: &Videos) -> Result<Vec<Schedule>, Failure> {
    if !videos.decides_rates() {
        return Err(edit.refuse(format!(
            "rates of single chunks mean nothing for other clips; take thresholds, or the task `{GIVEN}` or `{PREVIEW}`"
        )));
    }
    let every = edit.ints("every")?;
    let expected: usize = videos.selection().iter().map(|video| video.seen().chunks().count()).sum();
    if every.len() != expected {
        return Err(edit.refuse(format!(
            "`every` has {} numbers, expected one for each of {expected} chunks",
            every.len()
        )));
    }
    let mut rest = every;
    let mut schedules = Vec::new();
    for video in videos.selection() {
        let chunks = video.seen().chunks();
        let (these, others) = rest.split_at(chunks.count());
        rest = others;
        let rate = |&number: &i64| {
            let found = RATES.iter().position(|&rate| rate as i64 == number);
            found.ok_or_else(|| edit.refuse(format!("`every` has {number}, expected 1, 2, 4 or 8")))
        };
        let schedule = these.iter().map(rate).collect::<Result<Schedule, _>>()?;
        let (total, budget) = (chunks.total(&schedule), chunks.budget(videos.budget));
        if total > budget {
            let name = video.seen().clip().name();
            return Err(edit.refuse(format!(
                "{total} frames of clip `{name}` are kept, expected at most {budget}, its budget"
            )));
        }
        schedules.push(schedule);
    }
    Ok(schedules)
}
