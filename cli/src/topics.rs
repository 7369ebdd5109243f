//! Chapters of the book that travel with the program. Their texts are the files in `docs`, whole.

use std::fmt::Write as _;

/// Which part of the book a topic stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// How it is used.
    Guide,
    /// One technique each.
    Technique,
    /// One strategy each.
    Strategy,
    /// Every key, edit, event and limit.
    Reference,
}

/// One chapter.
pub(crate) struct Topic {
    /// What is typed behind `attune help`.
    pub(crate) name: &'static str,
    /// Other words for it.
    also: &'static [&'static str],
    pub(crate) part: Part,
    /// Its file below `docs`.
    pub(crate) path: &'static str,
    /// Its text, in Markdown.
    pub(crate) text: &'static str,
}

impl Topic {
    /// Its heading.
    pub(crate) fn title(&self) -> &'static str {
        self.text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or(self.name)
    }
}

macro_rules! topics {
    ($($name:literal $(or $also:literal)*: $part:ident, $path:literal;)*) => {
        /// All topics, in the order of the book.
        pub(crate) const TOPICS: &[Topic] = &[$(Topic {
            name: $name,
            also: &[$($also),*],
            part: Part::$part,
            path: $path,
            text: include_str!(concat!("../../docs/", $path)),
        }),*];
    };
}

topics! {
    "introduction" or "attune": Guide, "introduction.md";
    "start" or "quickstart" or "tutorial": Guide, "book/start.md";
    "installing" or "install": Guide, "installing.md";
    "concepts" or "words": Guide, "book/concepts.md";
    "model" or "text" or "data": Guide, "book/model.md";
    "budgets" or "budget" or "bytes" or "memory": Guide, "book/budgets.md";
    "report" or "intervals" or "result" or "baselines": Guide, "book/report.md";
    "techniques": Guide, "book/techniques.md";
    "strategies": Guide, "book/strategies.md";
    "targets" or "engines" or "exports": Guide, "book/serving.md";
    "evaluators" or "torch" or "gpu": Guide, "book/evaluators.md";
    "screens": Guide, "book/screens.md";
    "scaling" or "ray": Guide, "scaling.md";
    "writing-techniques": Guide, "book/writing-techniques.md";
    "writing-evaluators": Guide, "book/writing-evaluators.md";
    "writing-strategies": Guide, "book/writing-strategies.md";
    "library": Guide, "book/library.md";
    "trouble" or "errors" or "troubleshooting": Guide, "book/trouble.md";
    "expert-pruning": Technique, "book/techniques/expert-pruning.md";
    "kv-bits": Technique, "book/techniques/kv-bits.md";
    "attention-spans": Technique, "book/techniques/attention-spans.md";
    "weight-bits": Technique, "book/techniques/weight-bits.md";
    "activation-bits": Technique, "book/techniques/activation-bits.md";
    "block-dropping": Technique, "book/techniques/block-dropping.md";
    "checkpoint-mix": Technique, "book/techniques/checkpoint-mix.md";
    "memory-plan": Technique, "book/techniques/memory-plan.md";
    "queue-policy": Technique, "book/techniques/queue-policy.md";
    "node-sleep": Technique, "book/techniques/node-sleep.md";
    "checkpoint-codec": Technique, "book/techniques/checkpoint-codec.md";
    "frame-rate": Technique, "book/techniques/frame-rate.md";
    "random": Strategy, "book/strategies/random.md";
    "evolution": Strategy, "book/strategies/evolution.md";
    "hybrid": Strategy, "book/strategies/hybrid.md";
    "profiling": Strategy, "book/strategies/profiling.md";
    "nsga2": Strategy, "book/strategies/nsga2.md";
    "cma-es": Strategy, "book/strategies/cma-es.md";
    "eep": Strategy, "book/strategies/eep.md";
    "evopress": Strategy, "book/strategies/evopress.md";
    "kvtuner": Strategy, "book/strategies/kvtuner.md";
    "lcsc": Strategy, "book/strategies/lcsc.md";
    "profile": Reference, "profile.md";
    "tasks" or "metrics": Reference, "tasks.md";
    "texts": Reference, "texts.md";
    "racing" or "races": Reference, "racing.md";
    "signals": Reference, "signals.md";
    "edits" or "plans": Reference, "edits.md";
    "interchange" or "recipes": Reference, "interchange.md";
    "families": Reference, "families.md";
    "protocol": Reference, "evaluator-protocol.md";
    "json" or "events": Reference, "book/json.md";
    "limits" or "sandbox": Reference, "book/limits.md";
    "commands": Reference, "book/commands.md";
}

/// The topic of this name.
pub(crate) fn find(name: &str) -> Option<&'static Topic> {
    TOPICS.iter().find(|topic| topic.name == name || topic.also.contains(&name))
}

/// Everything that can be asked for, for as long as the caller's own names live.
pub(crate) fn names<'a>() -> impl Iterator<Item = &'a str> {
    let all = TOPICS.iter().flat_map(|topic| topic.also.iter().copied().chain([topic.name]));
    all.map(|name: &'static str| -> &'a str { name })
}

/// The list of topics that stands below the list of commands.
pub(crate) fn listed() -> String {
    let mut text = String::from("Topics (attune help TOPIC):\n");
    let widest = TOPICS.iter().filter(|topic| topic.part == Part::Guide).map(|topic| topic.name.len()).max();
    let mut line = |content: String| {
        let written = writeln!(text, "{content}");
        debug_assert!(written.is_ok(), "writing to a string does not fail");
    };
    for topic in TOPICS.iter().filter(|topic| topic.part == Part::Guide) {
        line(format!("  {:<widest$}  {}", topic.name, topic.title(), widest = widest.unwrap_or(0)));
    }
    for (part, head) in [
        (Part::Technique, "Each technique"),
        (Part::Strategy, "Each strategy"),
        (Part::Reference, "References"),
    ] {
        let names: Vec<&str> =
            TOPICS.iter().filter(|topic| topic.part == part).map(|topic| topic.name).collect();
        line(format!("  {head}: {}", names.join(", ")));
    }
    text
}
