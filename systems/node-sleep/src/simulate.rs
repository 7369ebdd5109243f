use crate::{Control, Forecaster, Mode, STEPS_PER_DAY, Series, Split};

/// Steps at the start of a split in which powered nodes are the used ones and the buffer.
const START: usize = 6;

/// A day of a split.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Day {
    /// Mean over its steps of used nodes by powered ones.
    pub utilisation: f64,
    /// Steps at which nodes were woken.
    pub wakes: u32,
    /// Nodes that were wanted and not powered, summed over steps. They are woken at once.
    pub unserved: u32,
}

/// Runs a control through the days of a split, one after the other.
///
/// At each step i: if fewer nodes are powered than used, powered = used + buffer, and nothing is powered down for `keep` steps. Otherwise, if the mean of the `history` steps before
/// is `past_fall` above what is used, that is `future_fall` above the mean forecast of the `future` next steps, these are not held, and that mean is no less than
/// that of twice as many steps: powered = used + buffer where this takes off `least` nodes or more. There are never more than the cluster has.
pub fn simulate(series: &Series, split: &Split, control: &Control, forecaster: &Forecaster) -> Vec<Day> {
    let start = split.steps.start;
    let mut days = vec![Day::default(); split.days()];
    let mut powered = 0;
    let mut held_until = 0;
    for step in split.steps.clone() {
        let (used, total) = (series.used[step], series.total[step]);
        let day = &mut days[(step - start) / STEPS_PER_DAY];
        let trimmed = (used + control.buffer).min(total);
        if control.mode == Mode::Never {
            powered = total;
        } else if step < start + START {
            powered = trimmed;
        } else {
            if powered < used {
                day.unserved += used - powered;
                day.wakes += 1;
                powered = trimmed;
                held_until = step + control.keep;
            }
            powered = powered.min(total);
            let falls = control.mode == Mode::Trim
                || (step >= held_until && falls(series, control, forecaster, step));
            if falls && powered.saturating_sub(trimmed) >= control.least {
                powered = powered.min(trimmed);
            }
        }
        day.utilisation += ratio(used, powered);
    }
    days.iter_mut().for_each(|day| day.utilisation /= STEPS_PER_DAY as f64);
    days
}

/// Whether past and forecast both fall.
fn falls(series: &Series, control: &Control, forecaster: &Forecaster, step: usize) -> bool {
    let used = f64::from(series.used[step]);
    let from = step.saturating_sub(control.history);
    let past: u32 = series.used[from..step].iter().sum();
    let fell = f64::from(past) / (step - from) as f64 - used;
    if fell < control.past_fall {
        return false;
    }
    let near = forecaster.mean(step, control.future);
    used - near >= control.future_fall && near >= forecaster.mean(step, 2 * control.future)
}

fn ratio(used: u32, powered: u32) -> f64 {
    if powered == 0 { 1.0 } else { f64::from(used) / f64::from(powered) }
}
