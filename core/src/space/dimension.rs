//! Dimensions: named arrays of cells that share a domain.

/// A named axis of an array (`layer`, `head`, `step`, …), so that a view can draw a heat map without
/// knowing the technique.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// For example `layer`.
    pub name: String,
    /// Number of places along it.
    pub len: u32,
}

impl Axis {
    /// An axis.
    pub fn new(name: &str, len: u32) -> Self {
        Self { name: name.to_owned(), len }
    }
}

/// How a real number is spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Evenly.
    Linear,
    /// Evenly in its logarithm.
    Log,
}

/// The values that one cell can take.
#[derive(Clone, Debug, PartialEq)]
pub enum Domain {
    /// One of several unordered options.
    Choice {
        /// Their names.
        options: Vec<String>,
    },
    /// One of several ordered levels, ascending.
    Level {
        /// For example bit widths.
        levels: Vec<f64>,
    },
    /// A whole number in an inclusive range.
    Int {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// A real number in an inclusive range.
    Real {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
        /// How draws are spread.
        scale: Scale,
    },
    /// `min` to `max` elements out of `of`.
    Subset {
        /// Size of the ground set.
        of: u32,
        /// Fewest elements.
        min: u32,
        /// Most elements.
        max: u32,
    },
    /// An order of `of` elements.
    Permutation {
        /// Number of elements.
        of: u32,
    },
    /// `of` reals of any sign with a fixed sum.
    Affine {
        /// Number of coefficients.
        of: u32,
        /// Their sum.
        sum: f64,
        /// Standard deviation of draws around `sum / of`.
        spread: f64,
    },
    /// A matrix of reals in an inclusive range, row-major.
    Matrix {
        /// Rows.
        rows: u32,
        /// Columns.
        columns: u32,
        /// Smallest element.
        min: f64,
        /// Largest element.
        max: f64,
    },
}

impl Domain {
    /// The number of options of a choice or levels of a level; `None` for other domains.
    pub fn options(&self) -> Option<u32> {
        match self {
            Self::Choice { options } => Some(options.len() as u32),
            Self::Level { levels } => Some(levels.len() as u32),
            _ => None,
        }
    }
}

/// A named array of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// For example `kept-experts`.
    pub name: String,
    /// What it means, in one sentence.
    pub help: String,
    /// Axes, outermost first; without axes there is one cell.
    pub axes: Vec<Axis>,
    /// What a cell can be.
    pub domain: Domain,
}

impl Dimension {
    /// A dimension with one cell.
    pub fn new(name: &str, domain: Domain) -> Self {
        Self { name: name.to_owned(), help: String::new(), axes: Vec::new(), domain }
    }

    /// A real number in an inclusive range, drawn evenly.
    pub fn real(name: &str, min: f64, max: f64) -> Self {
        Self::new(name, Domain::Real { min, max, scale: Scale::Linear })
    }

    /// A positive real number in an inclusive range, drawn evenly in its logarithm.
    pub fn log_real(name: &str, min: f64, max: f64) -> Self {
        Self::new(name, Domain::Real { min, max, scale: Scale::Log })
    }

    /// A whole number in an inclusive range.
    pub fn int(name: &str, min: i64, max: i64) -> Self {
        Self::new(name, Domain::Int { min, max })
    }

    /// One of several unordered options.
    pub fn choice<'a>(name: &str, options: impl IntoIterator<Item = &'a str>) -> Self {
        Self::new(name, Domain::Choice { options: options.into_iter().map(str::to_owned).collect() })
    }

    /// One of several ordered levels, ascending.
    pub fn level(name: &str, levels: impl IntoIterator<Item = f64>) -> Self {
        Self::new(name, Domain::Level { levels: levels.into_iter().collect() })
    }

    /// With one more axis, the innermost: a cell for each place along it.
    #[must_use]
    pub fn along(mut self, axis: &str, len: u32) -> Self {
        self.axes.push(Axis::new(axis, len));
        self
    }

    /// With what it means, in one sentence.
    #[must_use]
    pub fn with_help(mut self, help: &str) -> Self {
        help.clone_into(&mut self.help);
        self
    }

    /// Number of cells.
    pub fn cells(&self) -> usize {
        self.axes.iter().map(|axis| axis.len as usize).product()
    }

    /// `layer 3, head 1`: where a cell is, for messages.
    pub fn place(&self, cell: usize) -> String {
        let mut rest = cell;
        let mut parts: Vec<String> = Vec::new();
        for axis in self.axes.iter().rev() {
            parts.push(format!("{} {}", axis.name, rest % axis.len as usize));
            rest /= axis.len as usize;
        }
        parts.reverse();
        parts.join(", ")
    }

    /// The group of every cell when cells that agree along the axes `by` belong together.
    pub fn groups(&self, by: &[String]) -> Vec<usize> {
        (0..self.cells())
            .map(|cell| {
                let mut rest = cell;
                let mut group = 0;
                let mut stride = 1;
                for axis in self.axes.iter().rev() {
                    let place = rest % axis.len as usize;
                    rest /= axis.len as usize;
                    if by.contains(&axis.name) {
                        group += place * stride;
                        stride *= axis.len as usize;
                    }
                }
                group
            })
            .collect()
    }
}
