//! Numbers as tables write them: read back, they are the same to the bit.

/// The shortest text that reads back as the number.
pub(super) fn written(number: f64) -> String {
    // `-0` is a zero as any other.
    let number = number + 0.0;
    if number != 0.0 && !(1e-5..1e15).contains(&number.abs()) {
        format!("{number:e}")
    } else {
        number.to_string()
    }
}

/// `2, 3 and 4`.
pub(super) fn listed<T: ToString>(all: impl IntoIterator<Item = T>) -> String {
    let all: Vec<String> = all.into_iter().map(|one| one.to_string()).collect();
    match all.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => all.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back_the_same() {
        for number in [0.1 + 0.2, 1e-300, 5e-324, -3.25, 1e22, 123_456_789.0, f64::MIN_POSITIVE] {
            assert_eq!(written(number).parse::<f64>().unwrap(), number);
        }
        assert_eq!([0.5, -0.0, 1e-7].map(written), ["0.5", "0", "1e-7"]);
    }
}
