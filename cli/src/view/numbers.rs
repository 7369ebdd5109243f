//! Numbers as people read them.

use attune_core::stats::Estimate;
use attune_core::technique::Cost;

/// Four significant digits, without a tail of zeros in front of the eyes.
pub(crate) fn short(value: f64) -> String {
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

/// A difference with its interval and sign: `−0.0312 [−0.0401, −0.0220]`.
pub(crate) fn signed(estimate: &Estimate) -> String {
    let sign = |value: f64| if value > 0.0 { format!("+{}", short(value)) } else { short(value) };
    format!("{} [{}, {}]", sign(estimate.mean), sign(estimate.low), sign(estimate.high))
}

/// A cost in its unit.
pub(crate) fn cost(cost: &Cost) -> String {
    if cost.unit == "bytes" { bytes(cost.value) } else { format!("{} {}", short(cost.value), cost.unit) }
}

/// What a cost saves against the dense model: `−43 %`.
pub(crate) fn saving(cost: &Cost) -> String {
    if cost.dense == 0.0 || cost.value == cost.dense {
        return "–".to_owned();
    }
    format!("{:+.0} %", (cost.value / cost.dense - 1.0) * 100.0)
}

/// A number of bytes in the largest unit that keeps it above one.
pub(crate) fn bytes(value: f64) -> String {
    let mut value = value;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value.abs() < 1024.0 {
            return format!("{} {unit}", short(value));
        }
        value /= 1024.0;
    }
    format!("{} TiB", short(value))
}

/// A span of time: `45 s`, `3 min 20 s`, `2 h 5 min`.
pub(crate) fn duration(seconds: f64) -> String {
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
        assert_eq!(duration(3725.0), "1 h 2 min");
        assert_eq!(signed(&Estimate { mean: -0.5, low: -0.75, high: 0.25 }), "-0.5000 [-0.7500, +0.2500]");
        let memory = Cost { resource: "memory".into(), unit: "bytes".into(), value: 60.0, dense: 100.0 };
        assert_eq!(saving(&memory), "-40 %");
    }
}
