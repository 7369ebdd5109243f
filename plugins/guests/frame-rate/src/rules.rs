//! Rules instead of rates: three thresholds, or, where both are searched, these or VGDFR's merging.

use attune_frame_rate::RATES;
use attune_guest::{
    Baseline, Config, Constraint, Dimension, Domain, Edit, Options, RealDomain, Scale, Space, Value,
};

/// Thresholds may lie from here on.
const LEAST: f64 = 1e-5;
const CUTS: usize = RATES.len() - 1;

/// What is decided.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Decides {
    Rates,
    Thresholds,
    /// Thresholds, or merging: a dimension more, on which the thresholds depend.
    Rules,
}

impl Decides {
    pub(crate) fn of(options: &Options) -> Self {
        match options.text("decides") {
            "thresholds" => Self::Thresholds,
            "rules" => Self::Rules,
            _ => Self::Rates,
        }
    }
}

pub(crate) fn space(decides: Decides) -> Space {
    let help = "complexity from which the next rate is kept: an eighth below the first, all from the last on";
    let domain = Domain::Real(RealDomain { min: LEAST, max: 1.0, scale: Scale::Log });
    let cuts = Dimension::new("cut", help, domain).axis("rate", CUTS as u32);
    if decides == Decides::Thresholds {
        return Space::new(vec![cuts]).with(Constraint::ascending(0, "rate"));
    }
    let rules = Domain::one_of(&["thresholds", "merging"]);
    let rule = Dimension::new("rule", "what decides how many frames a chunk keeps", rules);
    Space::new(vec![rule, cuts]).with(Constraint::active(1, 0, [0])).with(Constraint::ascending(1, "rate"))
}

pub(crate) fn lower(config: &Config) -> Result<Vec<Edit>, String> {
    match config.as_slice() {
        [rule, _] if rule[0].option() == 1 => Ok(vec![Edit::new("frame-merging")]),
        [.., cuts] => {
            let cuts = cuts.iter().map(real).collect::<Result<_, _>>()?;
            Ok(vec![Edit::new("frame-thresholds").reals("cuts", cuts)])
        }
        [] => Err("a config of no dimensions says nothing of thresholds".to_owned()),
    }
}

pub(crate) fn baselines(decides: Decides) -> Vec<Baseline> {
    let config = |rule: u32, cuts: [f64; CUTS]| {
        let cuts = cuts.map(Value::Real).to_vec();
        if decides == Decides::Rules { vec![vec![Value::Index(rule)], cuts] } else { vec![cuts] }
    };
    let help = "thresholds that double as rates do, scaled to the budget of each clip";
    let mut baselines = vec![Baseline::new("doubling", help, config(0, [0.01, 0.02, 0.04]))];
    if decides == Decides::Rules {
        let help = "frames merged that are alike in what is seen of the clip (VGDFR, arXiv 2504.12259), by chunks or, without the \
                    task's option `aligned`, as its code does";
        baselines.push(Baseline::new("vgdfr-merging", help, config(1, [LEAST; CUTS])));
    }
    baselines
}

fn real(value: &Value) -> Result<f64, String> {
    match value {
        Value::Real(number) => Ok(*number),
        other => Err(format!("{other:?} is no threshold")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edits(decides: Decides) -> Vec<(String, Vec<Edit>)> {
        let lowered = |baseline: Baseline| (baseline.name, lower(&baseline.config).expect("a plan"));
        baselines(decides).into_iter().map(lowered).collect()
    }

    #[test]
    fn merging_is_what_rules_are_compared_with() {
        let doubling = || {
            let edit = Edit::new("frame-thresholds").reals("cuts", vec![0.01, 0.02, 0.04]);
            ("doubling".to_owned(), vec![edit])
        };
        assert_eq!(edits(Decides::Thresholds), [doubling()]);
        let merging = ("vgdfr-merging".to_owned(), vec![Edit::new("frame-merging")]);
        assert_eq!(edits(Decides::Rules), [doubling(), merging]);
    }
}
