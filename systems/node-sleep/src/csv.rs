use crate::{STEPS_PER_DAY, Series, SeriesError, day_of};

/// Reads a series of minutes: CSV with the columns `time` (as `2017-10-03 00:10:00`), `active` and `total`, in order of time. A step has the most of its minutes; one without
/// any has what the step before has. Steps before the first midnight are left out, so that days are whole.
///
/// # Errors
///
/// What is missing, out of order or no number, with its line.
pub fn read_csv(bytes: &[u8]) -> Result<Series, SeriesError> {
    let text = std::str::from_utf8(bytes).map_err(|_| SeriesError::NoText)?;
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let header: Vec<&str> = lines.next().ok_or(SeriesError::Empty)?.1.split(',').map(str::trim).collect();
    let find = |name: &'static str| {
        let place = header.iter().position(|column| *column == name);
        place.ok_or_else(|| SeriesError::NoColumn { name, found: header.join(", ") })
    };
    let columns = (find("time")?, find("active")?, find("total")?);
    let mut steps: Vec<(u32, u32)> = Vec::new();
    let mut first = None;
    let mut latest = i64::MIN;
    for (index, line) in lines {
        let line_number = index + 1;
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        let cell = |place: usize| cells.get(place).copied().unwrap_or_default();
        let wrong = |column, place, expected| SeriesError::Cell {
            line: line_number,
            column,
            found: cell(place).to_owned(),
            expected,
        };
        let count = |column, place| {
            let found = cell(place).parse::<u32>().ok().filter(|count| *count <= 1_000_000);
            found.ok_or_else(|| wrong(column, place, "a number of nodes"))
        };
        let step = step_of(cell(columns.0))
            .ok_or_else(|| wrong("time", columns.0, "a time as 2017-10-03 00:10:00"))?;
        let row = (count("active", columns.1)?, count("total", columns.2)?);
        if step < latest {
            return Err(SeriesError::Order { line: line_number });
        }
        latest = step;
        let start = *first.get_or_insert(step);
        let place = (step - start) as usize;
        if place >= steps.len() + 366 * STEPS_PER_DAY {
            return Err(SeriesError::Gap { line: line_number });
        }
        while steps.len() < place {
            steps.push(steps[steps.len() - 1]);
        }
        match steps.get_mut(place) {
            Some(most) => *most = (most.0.max(row.0), most.1.max(row.1)),
            None => steps.push(row),
        }
    }
    let start = first.ok_or(SeriesError::Empty)?;
    let day = STEPS_PER_DAY as i64;
    let skipped = ((day - start.rem_euclid(day)) % day) as usize;
    let kept = &steps[skipped.min(steps.len())..];
    Ok(Series {
        first_day: (start + skipped as i64).div_euclid(day),
        used: kept.iter().map(|step| step.0).collect(),
        total: kept.iter().map(|step| step.1.max(step.0)).collect(),
    })
}

/// Steps of ten minutes since 1970-01-01.
fn step_of(time: &str) -> Option<i64> {
    let (date, clock) = time.split_once([' ', 'T'])?;
    let mut parts = clock.split(':').map(|part| part.parse::<i64>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let inside = (0..24).contains(&hour) && (0..60).contains(&minute);
    inside.then_some(day_of(date)? * STEPS_PER_DAY as i64 + (hour * 60 + minute) / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_has_the_most_of_its_minutes_and_a_gap_what_was_before() {
        let text = "time,active,total\n2017-10-02 23:59:00,9,9\n2017-10-03 00:00:00,3,10\n2017-10-03 00:09:00,5,10\n2017-10-03 00:30:00,4,11\n";
        let series = read_csv(text.as_bytes()).unwrap();
        assert_eq!(series.used, [5, 5, 5, 4]);
        assert_eq!(series.total, [10, 10, 10, 11]);
        assert_eq!(series.first_day, day_of("2017-10-03").unwrap());
        assert_eq!(series.days(), 0);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let message = |text: &str| read_csv(text.as_bytes()).unwrap_err().to_string();
        assert!(message("time,active\n").contains("no column `total`; its columns are time, active"));
        assert!(message("time,active,total\n").contains("has no rows"));
        assert_eq!(
            message("time,active,total\nyesterday,1,2\n"),
            "line 2 of the series, column `time`: found `yesterday`, expected a time as 2017-10-03 00:10:00"
        );
        assert!(
            message("time,active,total\n2017-10-03 00:00:00,1\n")
                .contains("line 2 of the series, column `total`")
        );
        let back = "time,active,total\n2017-10-03 00:10:00,1,2\n2017-10-03 00:00:00,1,2\n";
        assert!(message(back).contains("line 3"));
        assert!(
            message("time,active,total\n2017-10-03 00:10:00,1,2\n2019-10-03 00:00:00,1,2\n")
                .contains("line 3")
        );
    }
}
