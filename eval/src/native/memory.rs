//! How much memory there is, and how much was taken.

/// Share of the free memory that activations take when nobody says otherwise.
const SHARE: u64 = 4;
/// What they take where the free memory is unknown: 2 GiB.
const UNKNOWN: u64 = 2 << 30;

/// Bytes for activations when nobody says otherwise: a quarter of what is free on the host. What a GPU has free
/// cannot be asked through the tensor library; 2 GiB there.
pub(crate) fn for_activations(on_host: bool) -> u64 {
    let free = if on_host { line("/proc/meminfo", "MemAvailable:") } else { None };
    free.map_or(UNKNOWN, |free| free / SHARE)
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
