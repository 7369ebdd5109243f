//! Reading signals.

use crate::Signal;

/// The measured statistics that the technique asked for.
pub struct Signals(Vec<Signal>);

impl Signals {
    pub(crate) fn new(signals: Vec<Signal>) -> Self {
        Self(signals)
    }

    /// The signal `name` with axes of these names, however long: their lengths, and the values row-major; `None` when it
    /// was not measured.
    ///
    /// # Errors
    /// A sentence when its axes are others.
    pub fn with_axes(&self, name: &str, axes: &[&str]) -> Result<Option<(Vec<u32>, &[f64])>, String> {
        let Some(signal) = self.0.iter().find(|signal| signal.name == name) else { return Ok(None) };
        let lens: Vec<u32> = signal.axes.iter().map(|axis| axis.len).collect();
        let found: Vec<(&str, u32)> = signal.axes.iter().map(|axis| (axis.name.as_str(), axis.len)).collect();
        let named = found.len() == axes.len() && found.iter().zip(axes).all(|((name, _), axis)| name == axis);
        let cells: usize = lens.iter().map(|&len| len as usize).product();
        let count = signal.values.len();
        if named && count == cells {
            Ok(Some((lens, &signal.values)))
        } else {
            Err(format!("signal `{name}` has axes {found:?} and {count} values, expected axes {axes:?}"))
        }
    }

    /// The signal `name` with exactly these axes, row-major; `None` when it was not measured.
    ///
    /// # Errors
    /// A sentence when its shape is another one.
    pub fn get(&self, name: &str, axes: &[(&str, u32)]) -> Result<Option<&[f64]>, String> {
        let Some(signal) = self.0.iter().find(|signal| signal.name == name) else { return Ok(None) };
        let found: Vec<(&str, u32)> = signal.axes.iter().map(|axis| (axis.name.as_str(), axis.len)).collect();
        let cells = axes.iter().map(|(_, len)| *len as usize).product();
        if found == axes && signal.values.len() == cells {
            Ok(Some(&signal.values))
        } else {
            let count = signal.values.len();
            Err(format!("signal `{name}` has axes {found:?} and {count} values, expected axes {axes:?}"))
        }
    }
}
