//! How much memory there is, and how much was taken.

/// Share of the free memory that activations take at most when nobody says otherwise.
const SHARE: u64 = 4;
/// What they take on a GPU, whose free memory cannot be asked through the tensor library: 2 GiB.
const ON_DEVICE: u64 = 2 << 30;
/// What they take for a small model on the host: 384 MiB.
const SMALL: u64 = 384 << 20;
/// How many times its weights they take for a larger one.
const WEIGHTS: u64 = 4;

/// Bytes for activations when nobody says otherwise. On the host: what is in proportion to a model with so many
/// parameters, at most a quarter of what is free.
pub(crate) fn for_activations(on_host: bool, parameters: u64) -> u64 {
    if !on_host {
        return ON_DEVICE;
    }
    proportionate(parameters, line("/proc/meminfo", "MemAvailable:"))
}

fn proportionate(parameters: u64, free: Option<u64>) -> u64 {
    let wanted = SMALL.max(parameters.saturating_mul(4 * WEIGHTS));
    // Where the free memory is unknown, a large model's activations take what they took of a small machine.
    wanted.min(free.map_or(ON_DEVICE, |free| free / SHARE))
}

/// The most memory that this process has had, bytes; known on Linux.
pub(crate) fn peak() -> Option<u64> {
    line("/proc/self/status", "VmHWM:")
}

/// The value of one line of a file of the kernel, which counts in KiB.
fn line(file: &str, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name))?;
    value.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_model_takes_little_of_a_large_machine() {
        const GIB: u64 = 1 << 30;
        // The model of the quickstart, with half as much for results of the dense model and what everything else takes: within 1 GiB.
        assert_eq!(proportionate(4_100_000, Some(500 * GIB)), 384 << 20);
        assert_eq!(proportionate(135_000_000, Some(500 * GIB)), 16 * 135_000_000);
        assert_eq!(proportionate(8_000_000_000, Some(16 * GIB)), 4 * GIB);
        assert_eq!(proportionate(4_100_000, Some(GIB)), GIB / 4);
        assert_eq!(proportionate(u64::MAX, None), 2 * GIB);
    }
}
