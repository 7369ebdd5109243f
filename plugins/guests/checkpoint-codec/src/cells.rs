//! From cells of the space to edits.

use attune_guest::{Config, Dimension, Edit, Options};

use crate::dimension;

pub(crate) const INTERVALS: [i64; 5] = [1, 2, 5, 10, 20];
pub(crate) const BITS: [i64; 6] = [2, 3, 4, 5, 6, 8];
pub(crate) const SIZES: [i64; 5] = [64, 128, 256, 512, 1024];
pub(crate) const CLUSTERS: [i64; 5] = [2, 4, 8, 16, 32];
pub(crate) const MOMENTS: [&str; 2] = ["first", "second"];
const STAGES: [&str; 3] = ["early", "middle", "late"];
const CLASSES: [&str; 4] = ["embedding", "attention", "mlp", "norm"];

/// Which stages and classes have cells of their own.
pub(crate) struct Cells {
    pub(crate) stages: usize,
    pub(crate) classes: usize,
}

impl Cells {
    pub(crate) fn of(options: &Options) -> Self {
        let each = |option: &str, count: usize| if options.text(option) == "each" { count } else { 1 };
        Self { stages: each("stages", STAGES.len()), classes: each("classes", CLASSES.len()) }
    }

    /// With a cell for each stage that has its own.
    pub(crate) fn by_stage(&self, dimension: Dimension) -> Dimension {
        if self.stages > 1 { dimension.axis("stage", self.stages as u32) } else { dimension }
    }

    /// With a cell for each stage and class that has its own.
    pub(crate) fn by_class(&self, dimension: Dimension) -> Dimension {
        let dimension = self.by_stage(dimension);
        if self.classes > 1 { dimension.axis("class", self.classes as u32) } else { dimension }
    }

    pub(crate) fn edits(&self, config: &Config) -> Vec<Edit> {
        let mut edits = Vec::new();
        for (number, stage) in STAGES.into_iter().enumerate() {
            let number = number.min(self.stages - 1);
            let at = |dimension: usize| config[dimension][number].option();
            let word = |dimension: usize, words: [&'static str; 2]| words[at(dimension)];
            let (interval, full, master) = (
                INTERVALS[at(dimension::INTERVAL)],
                word(dimension::FULL, ["raw", "packed"]),
                word(dimension::MASTER, ["kept", "rounded"]),
            );
            if (interval, full, master) != (1, "raw", "kept") {
                let beside = word(dimension::BESIDE, ["full", "previous"]);
                let edit = Edit::new("checkpoint-saves").text("stage", stage).int("every", interval);
                edits.push(edit.text("beside", beside).text("full", full).text("master", master));
            }
            for (class, name) in CLASSES.into_iter().enumerate() {
                let cell = number * self.classes + class.min(self.classes - 1);
                let at = |dimension: usize| config[dimension][cell].option();
                let edit = |kind: &str| Edit::new(kind).text("stage", stage).text("class", name);
                // Where every save is full, it says nothing.
                if interval > 1 && at(dimension::WEIGHTS) > 0 {
                    edits.push(
                        edit("checkpoint-weights")
                            .text("codec", ["mask", "delta"][at(dimension::WEIGHTS) - 1]),
                    );
                }
                for (index, moment) in MOMENTS.into_iter().enumerate() {
                    let first = dimension::MOMENTS + 4 * index;
                    let edit = edit("checkpoint-moments").text("moment", moment);
                    let coded = |how: &str| edit.clone().text("as", how).int("bits", BITS[at(first + 1)]);
                    match at(first) {
                        0 => {}
                        1 => edits.push(coded("block").int("size", SIZES[at(first + 2)])),
                        _ => edits.push(coded("clusters").int("clusters", CLUSTERS[at(first + 3)])),
                    }
                }
            }
        }
        edits
    }
}
