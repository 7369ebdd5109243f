//! The identity of a study that no profile describes: what makes two runs of a program the same study.

use std::fmt::Write as _;

use attune_core::objective::{Direction, Objective};
use attune_core::profile::{Racing, ReportSpec, Selected};

/// What a study is made of beside its evaluator, whose fingerprints stand in the header themselves.
pub(super) struct Identity<'a> {
    pub(super) technique: &'a Selected,
    pub(super) strategy: &'a Selected,
    pub(super) objectives: &'a [Objective],
    pub(super) items: u32,
    pub(super) racing: Option<Racing>,
    pub(super) report: ReportSpec,
    pub(super) seed: u64,
}

impl Identity<'_> {
    /// Its canonical text: one key per line, as in a profile, and the word `program` where a profile has a version.
    pub(super) fn text(&self) -> String {
        let mut text = String::from("(\n    program: 1,\n");
        let mut line = |key: &str, value: String| {
            let written = writeln!(text, "    {key}: {value},");
            debug_assert!(written.is_ok(), "writing to a string does not fail");
        };
        line("technique", selected(self.technique));
        let objectives: Vec<String> = self.objectives.iter().map(objective).collect();
        line("objectives", format!("[{}]", objectives.join(", ")));
        line("strategy", selected(self.strategy));
        line("items", self.items.to_string());
        if let Some(Racing { first, error, floor, keep }) = self.racing {
            line("racing", format!("(first: {first}, error: {error:?}, floor: {floor:?}, keep: {keep:?})"));
        }
        line("seed", self.seed.to_string());
        line("report", format!("(items: {}, random: {})", self.report.items, self.report.random));
        text.push_str(")\n");
        text
    }
}

fn objective(Objective { metric, direction }: &Objective) -> String {
    let direction = match direction {
        Direction::Minimise => "minimise",
        Direction::Maximise => "maximise",
    };
    format!("(metric: {metric:?}, direction: {direction})")
}

fn selected(selected: &Selected) -> String {
    let options: Vec<String> =
        selected.options.iter().map(|(name, value)| format!("{name:?}: {value}")).collect();
    format!("(name: {:?}, options: {{{}}})", selected.name, options.join(", "))
}
