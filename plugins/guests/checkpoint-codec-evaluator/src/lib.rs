//! Checkpoints of a training run, encoded by a policy: bytes, counted operations, exactness, and how far a run that resumes from one
//! is from the run. The codecs, and the small model that is trained and resumed, are in `attune-checkpoint-codec`.

mod checkpoints;
mod policy;

use attune_checkpoint_codec::{CLASSES, STAGES};
use attune_guest::evaluator::{
    Argument, Condition, Description, Edit, EditSchema, Evaluation, Evaluator, Failure, KnownBound, Metric,
    OpenFailure, Opening, OptionSpec, Setting, Subject, TaskSpec,
};

use checkpoints::{Checkpoints, RUN};

impl Evaluator for Checkpoints {
    fn describe() -> Description {
        let stage = || Argument::word("stage", &STAGES, "third of the training");
        let class = || Argument::word("class", &CLASSES.map(|class| class.name()), "what tensors belong to");
        let saves = EditSchema::new("checkpoint-saves", "Which saves of a stage are full, what the others are written beside, and what is kept of the master weights.")
            .with(stage())
            .with(Argument::int("every", 1..=1000, "every so many saves are full"))
            .with(Argument::word("beside", &["full", "previous"], "what the others are written beside: the last full save, or the one before"))
            .with(Argument::word("full", &["raw", "packed"], "how full saves are written: 16 bits a weight, or with sign and exponent entropy coded"))
            .with(Argument::word("master", &["kept", "rounded"], "whether the 16 bits that bfloat16 lacks of a master weight are kept"))
            .once_per(&["stage"])
            .reads("{stage}: full every {every} saves ({full}), others beside the {beside} one, master weights {master}");
        let weights = EditSchema::new(
            "checkpoint-weights",
            "How the weights of a class are written where a save is not full.",
        )
        .source("BitSnap, November 2025, re-derived from its abstract")
        .with(stage())
        .with(class())
        .with(Argument::word(
            "codec",
            &["mask", "delta"],
            "a bit for each weight and the changed ones, or their distances, entropy coded",
        ))
        .once_per(&["stage", "class"])
        .reads("{stage}: weights of {class} as {codec}");
        let moments = EditSchema::new(
            "checkpoint-moments",
            "How a moment of the optimiser is written for a class.",
        )
        .source("BitSnap, November 2025, re-derived from its abstract")
        .with(stage())
        .with(class())
        .with(Argument::word(
            "moment",
            &["first", "second"],
            "mean of gradients, or of their squares, whose root is coded",
        ))
        .with(Argument::word(
            "as",
            &["block", "clusters"],
            "codes by the largest value of a block, or within clusters of values",
        ))
        .with(Argument::int("bits", 2..=8, "bits of a code"))
        .with(Argument::int("size", 16..=65_536, "values of a block").optional("256"))
        .with(Argument::level("clusters", &[2, 4, 8, 16, 32, 64], "how many clusters").optional("16"))
        .idle("size", Condition::is("as", Setting::Text("clusters".to_owned())))
        .idle("clusters", Condition::is("as", Setting::Text("block".to_owned())))
        .once_per(&["stage", "class", "moment"])
        .reads(
            "{stage}: {moment} moment of {class} in {bits} bits as {as}[ of {size}][, {clusters} of them]",
        );
        Description::new(
            "checkpoint-codec",
            env!("CARGO_PKG_VERSION"),
            "Encoded checkpoints of a run: their bytes, and what a run that resumes from them loses (BitSnap, November 2025, re-derived from its abstract).",
        )
        .task(run())
        .task(sizes(TaskSpec::new("files", "Saves of one's own, in files in the order of their names: bytes, operations and exactness.")).reads("safetensors"))
        .edit(saves)
        .edit(weights)
        .edit(moments)
        .unedited("everything as it is")
    }

    fn open(opening: &Opening) -> Result<Self, OpenFailure> {
        Self::read(opening)
    }

    fn subject(&self) -> Subject {
        let subject = Subject::new(&self.name());
        self.splits().fold(subject, |subject, (name, saves)| subject.items(name, saves as u32))
    }

    fn check(&self, plan: &[Edit]) -> Result<(), Failure> {
        policy::read(plan, self.mask_only).map(|_| ())
    }

    fn evaluate(&self, plan: &[Edit], split: &str, items: &[u32]) -> Result<Evaluation, Failure> {
        let policy = policy::read(plan, self.mask_only)?;
        let measures =
            items.iter().map(|&item| self.measure(&policy, split, item)).collect::<Result<Vec<_>, _>>()?;
        let all = |of: &dyn Fn(&attune_checkpoint_codec::Measure) -> f64| {
            measures.iter().map(of).collect::<Vec<f64>>()
        };
        let mut evaluation = Evaluation::new()
            .metric("size", all(&|measure| measure.size))
            .metric("weights-size", all(&|measure| measure.weights))
            .metric("moments-size", all(&|measure| measure.moments))
            .metric("bit-errors", all(&|measure| measure.errors as f64))
            .metric("encode", all(&|measure| measure.encode))
            .metric("decode", all(&|measure| measure.decode))
            .work(measures.len() as u64);
        if self.resumes() {
            let strays = |measure: &attune_checkpoint_codec::Measure| measure.strays.unwrap_or_default();
            evaluation = evaluation
                .metric("strays", all(&strays))
                .metric("charged", all(&|measure| measure.charged(self.tolerance)));
        }
        Ok(evaluation)
    }

    fn known_bounds(&self, split: &str, items: &[u32]) -> Vec<KnownBound> {
        // Entropy coding goes below what the mask can.
        if !self.mask_only {
            return Vec::new();
        }
        let bounds = items.iter().map(|&item| self.mask_bound(split, item)).collect();
        vec![KnownBound::new("weights-size", bounds)]
    }
}

/// The task that trains.
fn run() -> TaskSpec {
    let task = TaskSpec::new(RUN, "Saves of a small model that is trained and resumed here; those of one seed are tuned on, those of another reported.")
        .metric(Metric::minimise("charged", "of raw"));
    sizes(task)
        .metric(Metric::minimise("strays", "nats/byte"))
        .option(OptionSpec::real("tolerance", "how far the loss after resuming may be from that of an exact resume before a save is charged more, in proportion, in nats per byte", 1e-6..=10.0, 1e-3))
        .option(OptionSpec::int("steps", "steps of the run", 24..=4096, 240))
        .option(OptionSpec::int("gap", "steps from one save to the next", 1..=256, 4))
        .option(OptionSpec::int("horizon", "steps after resuming until the loss is compared", 1..=256, 8))
        .option(OptionSpec::real("rate", "highest learning rate", 1e-6..=0.1, 3e-3))
        .option(OptionSpec::int("batch", "sequences of a step", 1..=64, 2))
        .option(OptionSpec::int("width", "channels of the model, two heads", 8..=64, 16))
        .option(OptionSpec::int("layers", "blocks of the model", 1..=8, 2))
        .option(OptionSpec::int("seed", "first weights and batches follow from it", 0..=1_000_000, 0))
}

/// What both tasks measure.
fn sizes(task: TaskSpec) -> TaskSpec {
    task.metric(Metric::minimise("size", "of raw"))
        .metric(Metric::minimise("weights-size", "of raw"))
        .metric(Metric::minimise("moments-size", "of raw"))
        .metric(Metric::minimise("bit-errors", "bits"))
        .metric(Metric::minimise("encode", "operations/parameter"))
        .metric(Metric::minimise("decode", "operations/parameter"))
        .option(OptionSpec::one_of("codecs", "how weights may be written: by all codecs, or raw and by the mask alone, for which a bound is known", &["all", "mask"]))
}

attune_guest::export_evaluator!(Checkpoints);

#[cfg(test)]
mod tests;
