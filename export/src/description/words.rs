//! Descriptions in words: what `attune target show` and `docs/targets.md` print.

use super::{Answer, DEFAULT_GRID, Description, Edits, Engine, Fidelity, Takes};

impl Engine {
    /// `mlx-lm from 0.32.2`.
    pub fn words(&self) -> String {
        match self.since {
            "" => self.name.to_owned(),
            since => format!("{} from {since}", self.name),
        }
    }
}

impl Fidelity {
    /// `exact`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::ExactInFloat32(_) => "exact in float32, else approximate",
            Self::ExactWhere { words, .. } => words,
            Self::Approximate(_) => "approximate",
        }
    }
}

impl Answer {
    /// `exact`, `approximate` in short words, or `not`.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Exact => Fidelity::Exact.words(),
            Self::Takes(takes) => takes.fidelity.words(),
            Self::Not(_) => "not",
        }
    }
}

impl Takes {
    /// What it takes, as labels with sentences; what does not apply is left out.
    pub fn words(&self) -> Vec<(&'static str, String)> {
        let numbers =
            |numbers: &[u32]| numbers.iter().map(u32::to_string).collect::<Vec<String>>().join(", ");
        let together: Vec<String> = self.together.iter().map(|together| together.words()).collect();
        let mut words = vec![("exactness", self.fidelity.words().to_owned())];
        if let Fidelity::ExactInFloat32(why) | Fidelity::ExactWhere { why, .. } | Fidelity::Approximate(why) =
            self.fidelity
        {
            words.push(("approximate", why.to_owned()));
        }
        let rest = [
            ("only", self.only.map(|only| only.words.to_owned()).unwrap_or_default()),
            ("bits", numbers(self.levels)),
            (
                "groups",
                if self.groups.is_empty() {
                    String::new()
                } else {
                    format!("{} channels", numbers(self.groups))
                },
            ),
            ("grids", self.grids.iter().map(|grid| grid_words(grid)).collect::<Vec<&str>>().join(", ")),
            ("grids of experts", self.expert_grids.join(", ")),
            ("rounding", self.roundings.join(", ")),
            ("layers", self.layers.words().to_owned()),
            ("together", together.join("; ")),
            ("families", self.families.words()),
        ];
        words.extend(rest.into_iter().filter(|(_, text)| !text.is_empty()));
        words
    }
}

/// A grid in words.
fn grid_words(grid: &'static str) -> &'static str {
    if grid == DEFAULT_GRID { "that of edits without `grid`" } else { grid }
}

impl Description {
    /// Its engines, in a line.
    pub fn engine_words(&self) -> String {
        self.engines.iter().map(Engine::words).collect::<Vec<String>>().join(", ")
    }

    /// The kinds of edit that it takes, in a line.
    pub fn kind_words(&self) -> String {
        self.kinds().map_or("every edit".to_owned(), |kinds| kinds.join(", "))
    }

    /// What it does not take: kinds of edit, or `others`, each with why and what would work.
    pub fn refused(&self) -> Vec<(&'static str, &'static str)> {
        match self.edits {
            Edits::Every => Vec::new(),
            Edits::These { refuses, otherwise, .. } => {
                refuses.iter().copied().chain([("others", otherwise)]).collect()
            }
        }
    }
}
