//! Numbers as people read them: every view prints the same number in the same way.

use crate::stats::Estimate;
use crate::technique::Cost;

/// Four significant digits, without a tail of zeros in front of the eyes.
pub fn short(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let digits = match value.abs() {
        v if v >= 1000.0 => 0,
        v if v >= 100.0 => 1,
        v if v >= 10.0 => 2,
        v if v >= 1.0 => 3,
        _ => 4,
    };
    format!("{value:.digits$}")
}

/// A difference with its interval and sign: `-0.0312 [-0.0401, -0.0220]`.
pub fn signed(estimate: &Estimate) -> String {
    let sign = |value: f64| if value > 0.0 { format!("+{}", short(value)) } else { short(value) };
    format!("{} [{}, {}]", sign(estimate.mean), sign(estimate.low), sign(estimate.high))
}

/// A cost in its unit.
pub fn cost(cost: &Cost) -> String {
    amount(cost.value, &cost.unit)
}

/// An amount in a unit; bytes in the largest one that keeps the number above one.
pub fn amount(value: f64, unit: &str) -> String {
    if unit == "bytes" { bytes(value) } else { format!("{} {unit}", short(value)) }
}

/// What a cost saves against the dense model: `-43 %`.
pub fn saving(cost: &Cost) -> String {
    if cost.dense == 0.0 || cost.value == cost.dense {
        return "–".to_owned();
    }
    format!("{:+.0} %", (cost.value / cost.dense - 1.0) * 100.0)
}

/// A number of bytes in the largest unit that keeps it above one.
pub fn bytes(value: f64) -> String {
    let mut value = value;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value.abs() < 1024.0 {
            return format!("{} {unit}", short(value));
        }
        value /= 1024.0;
    }
    format!("{} TiB", short(value))
}

/// A count in thousands, millions or billions: `7.3 M`.
pub fn count(value: f64) -> String {
    match value.abs() {
        v if v >= 1e9 => format!("{:.1} G", value / 1e9),
        v if v >= 1e6 => format!("{:.1} M", value / 1e6),
        v if v >= 1e4 => format!("{:.1} k", value / 1e3),
        _ => format!("{value:.0}"),
    }
}

/// The size of a space: `1680 configs`, `10^11 configs`.
pub fn configs(log10: Option<f64>) -> String {
    log10.map_or("uncountably many configs".to_owned(), |log10| {
        if log10 < 6.0 {
            format!("{:.0} configs", 10_f64.powf(log10))
        } else {
            format!("10^{log10:.0} configs")
        }
    })
}

/// A span of time: `45 s`, `3 min 20 s`, `2 h 5 min`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0 => format!("{seconds:.1} s"),
        1..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_meaning() {
        assert_eq!(short(0.012_34), "0.0123");
        assert_eq!(short(12.345), "12.35");
        assert_eq!(short(f64::NAN), "–");
        assert_eq!(bytes(1536.0), "1.500 KiB");
        assert_eq!(count(7_300_000.0), "7.3 M");
        assert_eq!(configs(Some(3.0)), "1000 configs");
        assert_eq!(configs(Some(11.2)), "10^11 configs");
        assert_eq!(duration(3725.0), "1 h 2 min");
        assert_eq!(signed(&Estimate { mean: -0.5, low: -0.75, high: 0.25 }), "-0.5000 [-0.7500, +0.2500]");
        let memory = Cost { resource: "memory".into(), unit: "bytes".into(), value: 60.0, dense: 100.0 };
        assert_eq!(saving(&memory), "-40 %");
    }
}
