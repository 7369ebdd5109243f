//! Numbers as people read them: every view prints the same number in the same way.

use crate::cost::Cost;
use crate::space::Count;
use crate::stats::Estimate;

/// From here on, and below its inverse, a power of ten says more than a row of zeros.
const PLAIN: std::ops::Range<i32> = -4..7;

/// Four significant digits, however small the number: `0.0004127`, `4.127e-7`, `12.35`. Zero is `0`, so that nothing
/// that differs from zero looks like it.
pub fn short(value: f64) -> String {
    if value.is_nan() {
        return "–".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "-∞" }.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:.3e}");
    // The exponent after rounding: 9.9996 has the digits of 10.
    let exponent = scientific.split_once('e').and_then(|(_, exponent)| exponent.parse::<i32>().ok());
    match exponent {
        Some(exponent) if PLAIN.contains(&exponent) => {
            let digits = usize::try_from(3 - exponent).unwrap_or(0);
            format!("{value:.digits$}")
        }
        _ => scientific,
    }
}

/// The same with its sign: `+0.2927`.
pub fn with_sign(value: f64) -> String {
    if value > 0.0 { format!("+{}", short(value)) } else { short(value) }
}

/// A difference with its interval and sign: `-0.0312 [-0.0401, -0.0220]`.
pub fn signed(estimate: &Estimate) -> String {
    format!("{} [{}, {}]", with_sign(estimate.mean), with_sign(estimate.low), with_sign(estimate.high))
}

/// A cost in its unit.
pub fn cost(cost: &Cost) -> String {
    amount(cost.value, &cost.unit)
}

/// An amount in a unit; bytes in the largest one that keeps the number above one.
pub fn amount(value: f64, unit: &str) -> String {
    if unit == "bytes" { bytes(value) } else { format!("{} {unit}", short(value)) }
}

/// A cost against the one without edits: `43 % smaller`, `12 % larger`; `–` when it is the same.
pub fn saving(cost: &Cost) -> String {
    let share = cost.value / cost.dense - 1.0;
    if share == 0.0 || !share.is_finite() {
        return "–".to_owned();
    }
    let percent = share.abs() * 100.0;
    let percent = match percent {
        p if p < 0.05 => "<0.1".to_owned(),
        p if p < 9.95 => format!("{p:.1}"),
        // Something is left, however little.
        p if share < 0.0 && (99.95..100.0).contains(&p) => ">99.9".to_owned(),
        p if share < 0.0 && (99.5..100.0).contains(&p) => format!("{p:.1}"),
        p => format!("{p:.0}"),
    };
    format!("{percent} % {}", if share < 0.0 { "smaller" } else { "larger" })
}

/// A share in percent, without its sign: `0.8 %`, `23 %`, `0.03 %`; `0 %` of nothing only.
pub fn percent(share: f64) -> String {
    match share.abs() * 100.0 {
        0.0 => "0 %".to_owned(),
        p if p >= 9.95 => format!("{p:.0} %"),
        p if p >= 0.095 => format!("{p:.1} %"),
        p if p >= 0.0095 => format!("{p:.2} %"),
        p => format!("{} %", short(p)),
    }
}

/// A number of bytes in the largest unit that keeps it above one.
pub fn bytes(value: f64) -> String {
    if value.abs() < 1024.0 {
        return format!("{value:.0} B");
    }
    let mut value = value / 1024.0;
    for unit in ["KiB", "MiB", "GiB"] {
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

/// The size of a space: `1680 configs`, `10^11 configs`, `about 10^12 configs`, `at most 10^9 configs`.
pub fn configs(count: Count) -> String {
    let Some(log10) = count.log10() else { return "uncountably many configs".to_owned() };
    let number = if log10 == f64::NEG_INFINITY {
        "no".to_owned()
    } else if log10 < 6.0 {
        format!("{:.0}", 10_f64.powf(log10))
    } else {
        format!("10^{log10:.0}")
    };
    match count {
        Count::About { error, .. } if error >= 1.0 => {
            format!("about {number} configs (more or less by a factor of 10^{error:.0})")
        }
        // A product that is too large for its last digit to be known is still a product.
        Count::About { error, .. } if error > 0.0 => format!("about {number} configs"),
        Count::AtMost { .. } => format!("at most {number} configs"),
        Count::Exact(_) | Count::About { .. } | Count::Uncountable => format!("{number} configs"),
    }
}

/// A span of time: `45 s`, `3 min 20 s`, `2 h 5 min`.
pub fn duration(seconds: f64) -> String {
    let seconds = if seconds > 0.0 { seconds } else { 0.0 };
    let whole = seconds.round() as u64;
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
        assert_eq!(short(0.012_34), "0.01234");
        assert_eq!(short(12.345), "12.35");
        assert_eq!((short(9.999_6), short(0.099_999_6)), ("10.00".to_owned(), "0.1000".to_owned()));
        assert_eq!((short(1234.5), short(2e6)), ("1234".to_owned(), "2000000".to_owned()));
        assert_eq!((short(3.2e12), short(f64::INFINITY)), ("3.200e12".to_owned(), "∞".to_owned()));
        assert_eq!(short(f64::NAN), "–");
        assert_eq!((bytes(1536.0), bytes(812.0)), ("1.500 KiB".to_owned(), "812 B".to_owned()));
        assert_eq!(count(7_300_000.0), "7.3 M");
        assert_eq!(configs(Count::Exact(1000)), "1000 configs");
        assert_eq!(configs(Count::Exact(0)), "no configs");
        assert_eq!(configs(Count::Exact(158_489_319_246)), "10^11 configs");
        assert_eq!(configs(Count::About { log10: 59.0, error: 0.0 }), "10^59 configs");
        assert_eq!(configs(Count::About { log10: 12.3, error: 0.1 }), "about 10^12 configs");
        let vague = "about 10^12 configs (more or less by a factor of 10^2)";
        assert_eq!(configs(Count::About { log10: 12.3, error: 1.8 }), vague);
        assert_eq!(configs(Count::AtMost { log10: 9.0 }), "at most 10^9 configs");
        assert_eq!(configs(Count::Uncountable), "uncountably many configs");
        assert_eq!(duration(3725.0), "1 h 2 min");
        assert_eq!(signed(&Estimate { mean: -0.5, low: -0.75, high: 0.25 }), "-0.5000 [-0.7500, +0.2500]");
        assert_eq!((duration(-0.0), duration(-3.0)), ("0.0 s".to_owned(), "0.0 s".to_owned()));
    }

    #[test]
    fn nothing_that_differs_from_zero_looks_like_it() {
        let mut value = 7.39;
        while value > 1e-300 {
            for number in [value, -value] {
                let text = short(number);
                let read: f64 = text.parse().unwrap();
                assert!((read / number - 1.0).abs() < 1e-3, "{number:e} is written {text}");
                assert!(text.len() <= 11, "{text} is too long for a column");
            }
            value /= 1.7;
        }
        let tiny = Estimate { mean: -0.000_012_34, low: -0.000_41, high: 0.000_000_2 };
        assert_eq!(signed(&tiny), "-1.234e-5 [-0.0004100, +2.000e-7]");
        assert_eq!(signed(&Estimate { mean: 0.0, low: -0.0, high: 0.0 }), "0 [0, 0]");
    }

    #[test]
    fn a_share_is_never_rounded_to_nothing() {
        let table =
            [(0.0, "0 %"), (0.008, "0.8 %"), (-0.23, "23 %"), (0.0003, "0.03 %"), (4e-7, "4.000e-5 %")];
        for (share, expected) in table {
            assert_eq!(percent(share), expected);
        }
    }

    #[test]
    fn a_saving_says_in_which_direction() {
        let against = |value: f64| {
            saving(&Cost { resource: "memory".into(), unit: "bytes".into(), value, dense: 1000.0 })
        };
        let table = [
            (570.0, "43 % smaller"),
            (1120.0, "12 % larger"),
            (3000.0, "200 % larger"),
            (996.0, "0.4 % smaller"),
            (999.9999, "<0.1 % smaller"),
            (3.0, "99.7 % smaller"),
            (0.001, ">99.9 % smaller"),
            (0.0, "100 % smaller"),
            (1000.0, "–"),
        ];
        for (value, expected) in table {
            assert_eq!(against(value), expected);
        }
        let free = Cost { resource: "memory".into(), unit: "bytes".into(), value: 1.0, dense: 0.0 };
        assert_eq!(saving(&free), "–");
    }
}
