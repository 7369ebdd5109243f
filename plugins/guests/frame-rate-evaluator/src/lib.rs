//! Video clips of which some frames are kept and the others interpolated: structural similarity with the clip itself, under a budget
//! of frames. What is decided, and how, is in `attune-frame-rate`.

mod decision;
mod videos;

use attune_frame_rate::optimum;
use attune_guest::evaluator::{
    Argument, Description, Edit, EditSchema, Evaluation, Evaluator, Failure, KnownBound, Metric, OpenFailure,
    Opening, OptionSpec, Subject, TaskSpec,
};

use decision::Decision;
use videos::{CLIPS, GIVEN, PREVIEW, Videos};

impl Evaluator for Videos {
    fn describe() -> Description {
        let task = |name: &str, summary: &str| {
            let spec = TaskSpec::new(name, summary)
                .metric(Metric::maximise("ssim", "similarity"))
                .metric(Metric::minimise("frames", "share"))
                .reads("y4m")
                .option(OptionSpec::real("budget", "share of each clip's frames that may be kept", 0.15..=1.0, 0.3))
                .option(OptionSpec::int("chunk", "frames of a chunk", 4..=64, 8))
                .option(OptionSpec::int("window", "frames of a window that files are cut into; 0 leaves them whole", 0..=65_536, 0))
                .option(OptionSpec::boolean(
                    "aligned",
                    "whether plans without rates keep whole chunks at one rate; else frames are evenly spaced, and merged one by one as VGDFR does",
                    true,
                ))
                .option(OptionSpec::int("clips", "clips of each split that are generated where no file is given", 1..=256, 12))
                .option(OptionSpec::int("frames", "frames of a generated clip", 16..=1024, 128))
                .option(OptionSpec::int("width", "pixels across of a generated clip", 22..=512, 64))
                .option(OptionSpec::int("height", "pixels down of a generated clip", 22..=512, 48))
                .option(OptionSpec::int("seed", "what clips are generated from", 0..=1_000_000, 0));
            if name == GIVEN {
                return spec;
            }
            spec.option(OptionSpec::int(
                "preview",
                "pixels across that are one pixel of the preview",
                1..=16,
                2,
            ))
        };
        let edit = |kind: &str, summary: &str, source: &str| {
            let others = ["frame-rates", "frame-thresholds", "frame-merging"];
            let schema = EditSchema::new(kind, summary).source(source).once();
            others
                .iter()
                .filter(|&&other| other != kind)
                .fold(schema, |schema, other| schema.excludes(other, &[], None))
        };
        let rates = edit(
            "frame-rates",
            "Keeps every so many frames of each chunk.",
            "DLFR-VAE, arXiv 2502.11897, re-derived from its abstract",
        )
        .with(Argument::ints(
            "every",
            1..=8,
            "of each chunk of all clips, one after the other, every so many frames are kept: 1, 2, 4 or 8",
        ))
        .reads("of every {every} frames one is kept, chunk after chunk");
        let thresholds = edit("frame-thresholds", "Decides the rate of each chunk by how unlike its frames are in what is seen of the clip.", "DLFR-VAE, arXiv 2502.11897, re-derived from its abstract")
            .with(Argument::reals("cuts", "three numbers that do not fall: below the first an eighth of a chunk is kept, from the last on all of it; a clip over its budget has them scaled up until it holds"))
            .reads("rates by the thresholds {cuts}");
        let merging = edit(
            "frame-merging",
            "Merges frames that are alike in what is seen of the clip, under the largest threshold that meets the budget.",
            "VGDFR, arXiv 2504.12259, its code",
        )
        .reads("frames that are alike merged");
        Description::new(
            "frame-rate",
            env!("CARGO_PKG_VERSION"),
            "Frames of clips that are kept, and the similarity of the clip that is interpolated from them; there is no autoencoder (DLFR-VAE, arXiv 2502.11897; VGDFR, arXiv 2504.12259).",
        )
        .task(task(GIVEN, "Rates for exactly these clips, decided on the clips themselves as an encoder can, and reported on the same."))
        .task(task(PREVIEW, "Rates decided on a preview in low resolution are reported on the same clips in full."))
        .task(task(CLIPS, "Rules tuned on some clips are reported on others."))
        .edit(rates)
        .edit(thresholds)
        .edit(merging)
        .unedited("the budget spent evenly")
        .fact("frame-budget", "share of each clip's frames that may be kept")
        .fact("frame-chunk", "frames of a chunk")
        .fact("frame-lengths", "frames of each clip whose rates are to be decided; none where rules are")
        .fact("frame-uniform", "of each chunk every so many frames, evenly")
        .fact("frame-tuned", "of each chunk every so many frames, by the best thresholds on what is seen of the clip")
        .fact("frame-merged", "of each chunk every so many frames, by VGDFR's rule on what is seen of the clip")
    }

    fn open(opening: &Opening) -> Result<Self, OpenFailure> {
        Self::read(opening)
    }

    fn subject(&self) -> Subject {
        let subject = self.facts(Subject::new(&self.name()));
        self.splits().iter().fold(subject, |subject, (name, clips)| subject.items(name, clips.len() as u32))
    }

    fn check(&self, plan: &[Edit]) -> Result<(), Failure> {
        Decision::read(plan, self).map(|_| ())
    }

    fn evaluate(&self, plan: &[Edit], split: &str, items: &[u32]) -> Result<Evaluation, Failure> {
        let decision = Decision::read(plan, self)?;
        let (mut similarities, mut shares, mut work) = (Vec::new(), Vec::new(), 0);
        for &item in items {
            let quality = self.scored(split, item)?;
            let kept = decision.kept(self, split, item)?;
            let frames = quality.chunks().frames();
            similarities.push(quality.of_frames(&kept));
            shares.push(kept.len() as f64 / frames as f64);
            work += (frames - kept.len()) as u64;
        }
        Ok(Evaluation::new().metric("ssim", similarities).metric("frames", shares).work(work))
    }

    fn known_bounds(&self, split: &str, items: &[u32]) -> Vec<KnownBound> {
        // Frames that are off the chunks may be placed better than whole chunks can.
        if !self.aligned {
            return Vec::new();
        }
        let bound = |&item: &u32| {
            let quality = self.scored(split, item).ok()?;
            let chunks = quality.chunks();
            let (_, worth) = optimum::best(&quality.table(), chunks, chunks.budget(self.budget))?;
            // The same sum in another order: a plan that is the optimum may not be above it.
            Some(worth / chunks.frames() as f64 + 1e-12)
        };
        vec![KnownBound::new("ssim", items.iter().map(bound).collect())]
    }
}

attune_guest::export_evaluator!(Videos);

#[cfg(test)]
mod tests;
