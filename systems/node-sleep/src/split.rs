use std::ops::Range;

use crate::{STEPS_PER_DAY, Series, SeriesError, date_of, day_of};

/// Days at the start of a series that only the forecast is fitted to.
const FITTED: usize = 7;

/// Dates at which a series is cut, as `2017-12-01`; what is empty follows from the series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// The first day of the selection split; by default the eighth of the series, the seven before only have the forecast fitted to them.
    pub begin: String,
    /// The first day of the report split; by default the one in the middle from `begin` on.
    pub report: String,
    /// The day after the last of the report split; by default the day after the last whole one.
    pub end: String,
}

/// Days that are simulated together, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Steps of these days.
    pub steps: Range<usize>,
}

impl Split {
    /// How many days there are.
    pub fn days(&self) -> usize {
        self.steps.len() / STEPS_PER_DAY
    }
}

/// The selection and the report split of a series: whole days, the report after the selection.
///
/// # Errors
///
/// A text that is no date, dates that do not follow each other, a series that is too short.
pub fn cut(series: &Series, dates: &Cut) -> Result<(Split, Split), SeriesError> {
    let days = series.days();
    if days < FITTED + 2 {
        return Err(SeriesError::Short { days, needed: FITTED + 2 });
    }
    let day = |option, text: &str, default: usize| {
        if text.is_empty() {
            return Ok(default as i64);
        }
        let day = day_of(text).ok_or_else(|| SeriesError::Date { option, found: text.to_owned() })?;
        Ok(day - series.first_day)
    };
    let begin = day("begin", &dates.begin, FITTED)?;
    let end = day("end", &dates.end, days)?;
    let middle = begin.saturating_add(end).max(0) / 2;
    let report = day("cut", &dates.report, middle as usize)?;
    if begin < 1 || begin >= report || report >= end || end > days as i64 {
        let date = |day: i64| date_of(series.first_day + day);
        let expected = format!(
            "{} <= begin < cut < end <= {}, found {}, {} and {}",
            date(1),
            date(days as i64),
            date(begin),
            date(report),
            date(end)
        );
        return Err(SeriesError::Dates { expected });
    }
    let steps = |from: i64, to: i64| from as usize * STEPS_PER_DAY..to as usize * STEPS_PER_DAY;
    Ok((Split { steps: steps(begin, report) }, Split { steps: steps(report, end) }))
}
