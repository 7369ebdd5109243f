//! Both splits: days of one series, of two, or of generated ones.

use attune_guest::evaluator::{OpenFailure, Opening, Options, Split as Files};
use attune_node_sleep::{
    Cut, Forecast, Forecaster, STEPS_PER_DAY, Series, SeriesError, Sight, Split, cut, generate, read_csv,
};

/// Days before a split that only forecasts are fitted to.
const FITTED: usize = 7;

/// The days of a split, and what forecasts them.
pub(crate) struct Part {
    series: Series,
    split: Split,
    items: u32,
    forecasters: [Forecaster; 3],
}

impl Part {
    fn new(series: Series, split: Split, sight: Sight, wanted: u32) -> Self {
        let days = split.days() as u32;
        let items = if wanted == 0 { days } else { days.min(wanted) };
        let forecasters = [Forecast::Lag, Forecast::Regression, Forecast::Oracle]
            .map(|forecast| Forecaster::new(&series, &split, forecast, sight));
        Self { series, split, items, forecasters }
    }

    pub(crate) fn series(&self) -> &Series {
        &self.series
    }

    pub(crate) fn split(&self) -> &Split {
        &self.split
    }

    pub(crate) fn items(&self) -> u32 {
        self.items
    }

    pub(crate) fn forecaster(&self, forecast: Forecast) -> &Forecaster {
        &self.forecasters[forecast as usize]
    }

    pub(crate) fn most_nodes(&self) -> i64 {
        self.series.total.iter().copied().max().map_or(0, i64::from)
    }
}

/// Selection and report. Without files both are generated, from seeds that differ; with files for one, its days are cut in two; with files for both, they are
/// what they are, but for the first week.
pub(crate) fn both(opening: &Opening) -> Result<(Part, Part), OpenFailure> {
    let options = &opening.task_options;
    let sight = if options.text("sight") == "published" { Sight::Published } else { Sight::Past };
    let (selection, report) = (opening.selection(), opening.report());
    match (selection.files.is_empty(), report.files.is_empty()) {
        (true, true) => {
            let of = |half: u64, wanted| {
                let days = FITTED + options.int("days") as usize;
                let series =
                    generate(days, options.int("nodes") as u32, options.int("seed") as u64 * 2 + half);
                let split = after_fitting(&series);
                Part::new(series, split, sight, wanted)
            };
            Ok((of(0, selection.wanted), of(1, report.wanted)))
        }
        (false, true) => {
            let series = read(selection)?;
            let (tuned, reported) = cut(&series, &dates(options)).map_err(|error| fault(selection, error))?;
            Ok((
                Part::new(series.clone(), tuned, sight, selection.wanted),
                Part::new(series, reported, sight, report.wanted),
            ))
        }
        (true, false) => Err(OpenFailure::split(
            "selection",
            "there is a series to report on and none to tune on; give the selection, whose second half is reported",
        )),
        (false, false) => {
            let (tuned, reported) = (read(selection)?, read(report)?);
            if tuned == reported {
                return Err(OpenFailure::split(
                    "report",
                    "it is the series that is tuned on; expected another, or none, as its second half is reported then",
                ));
            }
            let (one, other) = (after_fitting(&tuned), after_fitting(&reported));
            Ok((
                Part::new(tuned, one, sight, selection.wanted),
                Part::new(reported, other, sight, report.wanted),
            ))
        }
    }
}

fn after_fitting(series: &Series) -> Split {
    Split { steps: FITTED * STEPS_PER_DAY..series.days() * STEPS_PER_DAY }
}

fn read(files: &Files) -> Result<Series, OpenFailure> {
    let [file] = &files.files[..] else {
        let found = files.files.len();
        return Err(OpenFailure::split(&files.name, format!("{found} files, expected one series")));
    };
    let series = read_csv(&file.bytes).map_err(|error| fault(files, error))?;
    if series.days() <= FITTED {
        return Err(fault(files, SeriesError::Short { days: series.days(), needed: FITTED + 1 }));
    }
    Ok(series)
}

fn dates(options: &Options) -> Cut {
    let date = |name: &str| match options.int(name) {
        0 => String::new(),
        number => format!("{:04}-{:02}-{:02}", number / 10_000, number / 100 % 100, number % 100),
    };
    Cut { begin: date("begin"), report: date("cut"), end: date("end") }
}

fn fault(files: &Files, error: SeriesError) -> OpenFailure {
    let said = error.to_string();
    match (error, files.files.first()) {
        (SeriesError::Date { option, .. }, _) => OpenFailure::task_option(option, said),
        (SeriesError::Dates { .. }, _) => OpenFailure::task_option("cut", said),
        (_, Some(file)) => OpenFailure::file(&file.name, said),
        (_, None) => OpenFailure::split(&files.name, said),
    }
}
