//! What a new technique can begin as.

/// What a new technique can begin as. Each is a whole technique that a study can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// One decision about the whole model.
    Empty,
    /// A choice for every layer.
    PerLayer,
    /// Some of the layers, a given number of them.
    Subset,
    /// An allocation under a budget.
    Allocation,
    /// A line over depth.
    Schedule,
}

/// Its part of the profile of a project.
pub(crate) struct Study {
    pub(crate) options: &'static str,
    pub(crate) objectives: &'static str,
    pub(crate) strategy: &'static str,
    pub(crate) trials: u32,
}

impl Template {
    /// All of them, the one that is taken when nobody says which first.
    pub const ALL: [Self; 5] = [Self::Empty, Self::PerLayer, Self::Subset, Self::Allocation, Self::Schedule];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::PerLayer => "per-layer",
            Self::Subset => "subset",
            Self::Allocation => "allocation",
            Self::Schedule => "schedule",
        }
    }

    /// The template of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|template| template.name() == name)
    }

    /// What a technique of it does, in the middle of a sentence.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Empty => "one decision about the whole model: which block is left out, if any",
            Self::PerLayer => "a choice for every layer: how many bits its weights get",
            Self::Subset => "a subset of a given size: which layers lose their attention",
            Self::Allocation => "an allocation under a budget: bits for the weights of every module",
            Self::Schedule => {
                "a schedule: windows of attention along a line from the first layer to the last"
            }
        }
    }

    /// The technique and its tests.
    pub(crate) fn sources(self) -> [&'static str; 2] {
        match self {
            Self::Empty => [
                include_str!("../templates/rust/empty/lib.rs"),
                include_str!("../templates/rust/empty/tests.rs"),
            ],
            Self::PerLayer => [
                include_str!("../templates/rust/per-layer/lib.rs"),
                include_str!("../templates/rust/per-layer/tests.rs"),
            ],
            Self::Subset => [
                include_str!("../templates/rust/subset/lib.rs"),
                include_str!("../templates/rust/subset/tests.rs"),
            ],
            Self::Allocation => [
                include_str!("../templates/rust/allocation/lib.rs"),
                include_str!("../templates/rust/allocation/tests.rs"),
            ],
            Self::Schedule => [
                include_str!("../templates/rust/schedule/lib.rs"),
                include_str!("../templates/rust/schedule/tests.rs"),
            ],
        }
    }

    pub(crate) fn study(self) -> Study {
        const QUALITY: &str = "(metric: \"kl\", direction: minimise)";
        let of = |options, strategy, trials| Study { options, objectives: QUALITY, strategy, trials };
        match self {
            Self::Empty => of("", "random", 7),
            // Nothing bounds its choices, so bits are an objective.
            Self::PerLayer => Study {
                objectives: "(metric: \"kl\", direction: minimise), (metric: \"bits\", direction: minimise)",
                ..of("\"levels\": [3, 4, 8]", "nsga2", 60)
            },
            Self::Subset => of("\"drop\": 2", "evolution", 15),
            Self::Allocation => of("\"average\": 4.0", "evolution", 60),
            Self::Schedule => of("\"window\": 24", "evolution", 60),
        }
    }
}
