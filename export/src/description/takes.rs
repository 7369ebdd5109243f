//! How a target takes a kind of edit.

/// What stands among the grids for an edit that names none: its own grid. No grid of plans has this name.
pub const DEFAULT_GRID: &str = "default";

/// A kind of edit that a target takes, and what it takes of it.
#[derive(Clone, Copy, Debug)]
pub struct Takes {
    /// The kind.
    pub edit: &'static str,
    /// How exactly.
    pub fidelity: Fidelity,
    /// Bits that there are codes of, ascending; empty where the edit has no bits. 16, which leaves things as they are, needs no
    /// code.
    pub levels: &'static [u32],
    /// Channels that can share a scale; empty where the edit has no groups.
    pub groups: &'static [u32],
    /// Number grids, by their names in plans; [`DEFAULT_GRID`] is that of edits without one. Empty where the edit has none.
    pub grids: &'static [&'static str],
    /// Those of them that experts can be on; empty where all are.
    pub expert_grids: &'static [&'static str],
    /// Ways of rounding other than to the nearest whose codes it stores, by their names in plans; empty where it has none.
    pub roundings: &'static [&'static str],
    /// What layers may choose on their own.
    pub layers: Layers,
    /// What has to agree within a layer.
    pub together: &'static [Together],
    /// The only form that it takes.
    pub only: Option<Only>,
    /// The models of which it takes it.
    pub families: Families,
}

/// How exactly an edit is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fidelity {
    /// The engine computes what was scored, up to the rounding of its own arithmetic.
    Exact,
    /// The same where the model is stored in float32; else in this it differs.
    ExactInFloat32(&'static str),
    /// Exact where these words hold; else it differs.
    ExactWhere {
        /// `exact where …, else approximate`.
        words: &'static str,
        /// In what it differs.
        why: &'static str,
    },
    /// In this it always differs.
    Approximate(&'static str),
}

/// What layers may choose on their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layers {
    /// Everything.
    Own,
    /// Everything but how many there are: the same number in every layer.
    SameCount,
    /// Whether they have the edit, which is the same one wherever there is one.
    TwoLevel,
    /// Nothing: one value for the whole model.
    Same,
}

/// Modules, heads, or parts of the cache of a layer that have to agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Together {
    /// Those of all experts.
    Experts,
    /// All heads.
    Heads,
    /// Those that the checkpoint stores in one tensor.
    Stored,
    /// All modules of the experts: gate, up and down alike.
    ExpertModules,
    /// These, by their names in plans.
    Modules(&'static [&'static str]),
}

/// The only form of an edit that a target takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Only {
    /// As techniques are told it.
    pub word: &'static str,
    /// The same for people.
    pub words: &'static str,
}

/// Models by their family.
#[derive(Clone, Copy, Debug)]
pub enum Families {
    /// Of any family.
    Any,
    /// Of some.
    These {
        /// Their names.
        list: fn() -> Vec<&'static str>,
        /// Which others, in words; empty for none.
        beyond: &'static str,
    },
}

impl Takes {
    /// An edit that is taken exactly, of models of these families, in every form.
    pub(crate) const fn exactly(edit: &'static str, families: Families) -> Self {
        Self {
            edit,
            fidelity: Fidelity::Exact,
            levels: &[],
            groups: &[],
            grids: &[],
            expert_grids: &[],
            roundings: &[],
            layers: Layers::Own,
            together: &[],
            only: None,
            families,
        }
    }
}

impl Layers {
    /// As techniques are told it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::SameCount => "same-count",
            Self::TwoLevel => "two-level",
            Self::Same => "same",
        }
    }

    /// The same for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Own => "each layer its own",
            Self::SameCount => "each layer its own, the same number in every layer",
            Self::TwoLevel => "some layers have it, all the same, and the others stay as they are",
            Self::Same => "one value for the whole model",
        }
    }
}

impl Together {
    /// As techniques are told it.
    pub(crate) fn word(self) -> String {
        match self {
            Self::Experts => "experts".to_owned(),
            Self::ExpertModules => "expert-modules".to_owned(),
            Self::Heads => "heads".to_owned(),
            Self::Stored => "stored".to_owned(),
            Self::Modules(names) => names.join("+"),
        }
    }

    /// The same for people.
    pub fn words(self) -> String {
        match self {
            Self::Experts => "the experts of a layer".to_owned(),
            Self::ExpertModules => "all modules of the experts of a layer".to_owned(),
            Self::Heads => "the heads of a layer".to_owned(),
            Self::Stored => "modules that are stored in one tensor".to_owned(),
            Self::Modules(names) => names.join(", "),
        }
    }
}

impl Families {
    /// In words, for a list.
    pub fn words(self) -> String {
        match self {
            Self::Any => "any".to_owned(),
            Self::These { list, beyond: "" } => list().join(", "),
            Self::These { list, beyond } => format!("{}; {beyond}", list().join(", ")),
        }
    }
}
