//! How configs are found.

use attune_core::options::OptionKind;
use attune_core::profile::DEFAULT_STRATEGY;

use super::super::{Field, Group, Kind};
use super::{Known, RACING, START, START_TRIAL, STRATEGY};

/// Most that a 32-bit count holds.
const MOST: u64 = u32::MAX as u64;

impl Known<'_> {
    pub(super) fn search(&self) -> Vec<Field> {
        let field = |path, label, kind, default: &str, help| {
            self.filled(Field::new(Group::Search, path, label, kind, default, help))
        };
        let strategies: Vec<String> = self.catalogue.strategies.iter().map(|row| row.name.clone()).collect();
        let strategy = field(
            STRATEGY,
            "strategy",
            // None is known until the catalogue is there, and none is wrong.
            if strategies.is_empty() {
                Kind::Text(Vec::new())
            } else {
                Kind::Value(OptionKind::OneOf(strategies))
            },
            DEFAULT_STRATEGY,
            "The search algorithm.",
        );
        let specs = self.catalogue.strategies.iter().find(|row| row.name == strategy.text);
        let specs = specs.map_or(&[][..], |row| &row.options);
        let options = self.options(Group::Search, &strategy.text, "strategy", specs);
        let mut fields = vec![
            field(
                "objectives",
                "objective",
                Kind::Text(Vec::new()),
                if self.images() { "minimise frechet" } else { "minimise kl" },
                "What counts, most important first, as `minimise kl, minimise memory`.",
            ),
            strategy,
            field(
                "trials",
                "trials",
                Kind::Whole(1, u64::MAX),
                "200",
                "How many configs are tried: the budget.",
            ),
            field(
                "items",
                "items per trial",
                Kind::Whole(1, MOST),
                "32",
                "Pieces of data that score a trial. Few are fast, and the search fits noise.",
            ),
        ];
        fields.extend(
            options.into_iter().map(|option| Field { advanced: option.kind != Kind::Undescribed, ..option }),
        );
        fields.extend(self.start().into_iter().map(Field::advanced));
        fields.extend(self.racing().into_iter().map(Field::advanced));
        let help = "The same seed gives the same study.";
        fields.push(field("seed", "seed", Kind::Whole(0, u64::MAX), "0", help).advanced());
        let help = "A trial that takes longer has failed.";
        let deadline = field("deadline_seconds", "seconds per trial", Kind::Whole(1, u64::MAX), "600", help);
        fields.push(deadline.advanced());
        fields
    }

    fn start(&self) -> Vec<Field> {
        let field = |path, label, help| {
            self.filled(Field::new(Group::Search, path, label, Kind::Text(Vec::new()), "", help))
        };
        let help = "A study of this store whose winner the search starts from as well, as merging starts from pruning. Empty: none.";
        let mut fields = vec![field(START, "start from study", help)];
        if !fields[0].text.trim().is_empty() {
            let help = "Number of the trial to start from. Empty: the winner.";
            fields.push(field(START_TRIAL, "start from trial", help));
        }
        fields
    }

    fn racing(&self) -> Vec<Field> {
        let field = |path, label, kind, default, help| {
            self.filled(Field::new(Group::Search, path, label, kind, default, help))
        };
        let share = || Kind::Value(OptionKind::Real { min: 0.0, max: 1.0 });
        let first = field(
            RACING,
            "race after items",
            Kind::Whole(0, MOST),
            "0",
            "Items after which a trial that cannot win any more is dropped; then twice as many, and so on. 0 scores every \
             trial on all items. Needs one objective that is minimised.",
        );
        if matches!(first.text.trim(), "" | "0") {
            return vec![first];
        }
        vec![
            first,
            field(
                "racing.error",
                "race error",
                share(),
                "0.05",
                "Largest probability of dropping a trial that is as good as the one it races against.",
            ),
            field(
                "racing.floor",
                "race floor",
                share(),
                "0.0",
                "Share of its rival's loss that no trial is assumed to undercut on any item; 0 assumes nothing and \
                 drops less.",
            ),
            field(
                "racing.keep",
                "keep after stages",
                share(),
                "1.0",
                "Share of a generation that goes on after each stage, the best so far. 1 drops nobody but who loses a \
                 race; 0.5 is much cheaper and may drop a good trial.",
            ),
        ]
    }
}
