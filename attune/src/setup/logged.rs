//! What components log, as complaints.

use attune_plugins::{LogLevel, LogLine};

use super::Complaints;

/// Passes on what a component logs as a complaint.
pub(super) fn passing_on(
    what: &'static str,
    complaints: Complaints,
) -> impl Fn(&LogLine) + Send + Sync + 'static {
    move |line| {
        if matches!(line.level, LogLevel::Warn | LogLevel::Error) {
            complaints(format!("{what} {}: {}", line.technique, line.message));
        }
    }
}
