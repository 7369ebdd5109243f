//! What the control does on series that are worked out by hand, and what holds on all.

use attune_node_sleep::{
    Control, Cut, Day, Forecast, Forecaster, Mode, STEPS_PER_DAY, Series, Sight, Split, cut, generate,
    published, simulate,
};

/// A day on which `level` says how many nodes are used, after a day of `level(0)`.
fn series(total: u32, level: impl Fn(usize) -> u32) -> (Series, Split) {
    let mut used = vec![level(0); STEPS_PER_DAY];
    used.extend((0..STEPS_PER_DAY).map(level));
    let series = Series { first_day: 0, total: vec![total; used.len()], used };
    (series, Split { steps: STEPS_PER_DAY..2 * STEPS_PER_DAY })
}

const CONTROL: Control = Control {
    mode: Mode::Ces,
    history: 2,
    future: 3,
    past_fall: 1.0,
    future_fall: 0.0,
    least: 1,
    buffer: 5,
    keep: 0,
    forecast: Forecast::Oracle,
};

fn run(series: &Series, split: &Split, control: &Control) -> Day {
    simulate(series, split, control, &Forecaster::new(series, split, control.forecast, Sight::Past))[0]
}

/// Powered nodes step by step, told from how the day's utilisation changes where the control is cut short.
fn utilisation(parts: &[(usize, u32, u32)]) -> f64 {
    parts
        .iter()
        .map(|&(steps, used, powered)| steps as f64 * f64::from(used) / f64::from(powered))
        .sum::<f64>()
        / STEPS_PER_DAY as f64
}

#[test]
fn missing_nodes_are_woken_with_a_buffer() {
    // 50 of 55 at the start; at step 20 eight more are used, three of them missing; then 63 are powered.
    let (series, split) = series(100, |step| if step < 20 { 50 } else { 58 });
    let day = run(&series, &split, &CONTROL);
    assert_eq!((day.wakes, day.unserved), (1, 3));
    assert!((day.utilisation - utilisation(&[(20, 50, 55), (124, 58, 63)])).abs() < 1e-12);
}

#[test]
fn there_are_no_more_nodes_than_there_are() {
    let (series, split) = series(60, |step| if step < 20 { 50 } else { 58 });
    let day = run(&series, &split, &CONTROL);
    assert!((day.utilisation - utilisation(&[(20, 50, 55), (124, 58, 60)])).abs() < 1e-12);
    // Nor in the first hour, in which powered nodes are the used ones and the buffer.
    let (series, split) = self::series(60, |_| 58);
    let day = run(&series, &split, &CONTROL);
    assert!((day.utilisation - utilisation(&[(144, 58, 60)])).abs() < 1e-12);
}

#[test]
fn nodes_sleep_when_past_and_forecast_fall() {
    // Ten fewer from step 20 on, for good: the mean of two steps before is 10 above, the forecast no higher.
    let (series, split) = series(100, |step| if step < 20 { 50 } else { 40 });
    let day = run(&series, &split, &CONTROL);
    assert_eq!((day.wakes, day.unserved), (0, 0));
    assert!((day.utilisation - utilisation(&[(20, 50, 55), (124, 40, 45)])).abs() < 1e-12);
    // Not where that takes off fewer than the least.
    let day = run(&series, &split, &Control { least: 11, ..CONTROL });
    assert!((day.utilisation - utilisation(&[(20, 50, 55), (124, 40, 55)])).abs() < 1e-12);
    // Nor where the past has to fall by more.
    let day = run(&series, &split, &Control { past_fall: 10.5, ..CONTROL });
    assert!((day.utilisation - utilisation(&[(20, 50, 55), (124, 40, 55)])).abs() < 1e-12);
}

#[test]
fn a_forecast_that_rises_keeps_nodes_powered() {
    // A dip of two steps: the mean of the next three steps is above what is used now.
    let (series, split) = series(100, |step| if (20..22).contains(&step) { 40 } else { 50 });
    let day = run(&series, &split, &CONTROL);
    assert!((day.utilisation - utilisation(&[(142, 50, 55), (2, 40, 55)])).abs() < 1e-12);
    // Three hours before, all was as now.
    let day = run(&series, &split, &Control { mode: Mode::Trim, ..CONTROL });
    assert_eq!((day.wakes, day.unserved), (1, 5));
}

#[test]
fn after_a_wake_nothing_sleeps_for_a_while() {
    // Up at 20, down at 22: with `keep` of 10, the fall is over when it may act.
    let (series, split) = series(100, |step| if (20..22).contains(&step) { 60 } else { 50 });
    let held = run(&series, &split, &Control { keep: 10, ..CONTROL });
    assert!((held.utilisation - utilisation(&[(20, 50, 55), (2, 60, 65), (122, 50, 65)])).abs() < 1e-12);
    let free = run(&series, &split, &CONTROL);
    assert!((free.utilisation - utilisation(&[(20, 50, 55), (2, 60, 65), (122, 50, 55)])).abs() < 1e-12);
}

#[test]
fn who_never_sleeps_is_never_short() {
    for seed in 0..5 {
        let series = generate(30, 200, seed);
        let (_, report) = cut(&series, &Cut::default()).unwrap();
        let never = Control { mode: Mode::Never, ..CONTROL };
        let forecaster = Forecaster::new(&series, &report, Forecast::Lag, Sight::Past);
        let days = simulate(&series, &report, &never, &forecaster);
        assert!(days.iter().all(|day| (day.wakes, day.unserved) == (0, 0)));
        let powered: f64 = days.iter().map(|day| day.utilisation).sum();
        for one in published() {
            let forecaster = Forecaster::new(&series, &report, one.control.forecast, Sight::Past);
            let days = simulate(&series, &report, &one.control, &forecaster);
            assert!(days.iter().map(|day| day.utilisation).sum::<f64>() >= powered, "{}", one.name);
            assert!(days.iter().all(|day| day.utilisation <= 1.0), "{}", one.name);
            assert_eq!(days, simulate(&series, &report, &one.control, &forecaster));
        }
    }
}

#[test]
fn what_is_forecast_from_the_past_does_not_change_with_the_future() {
    let series = generate(30, 200, 1);
    let (_, report) = cut(&series, &Cut::default()).unwrap();
    let mut other = series.clone();
    let now = report.steps.start + 200;
    other.used[now + 1..].fill(0);
    let mut known = Vec::new();
    for forecast in [Forecast::Lag, Forecast::Regression] {
        for sight in [Sight::Past, Sight::Published] {
            let mean = |series| Forecaster::new(series, &report, forecast, sight).mean(now, 30);
            known.push(mean(&series) == mean(&other));
        }
    }
    // The published evaluation lets forecasts see what is later than the decision.
    assert_eq!(known, [true, false, true, false]);
}

#[test]
fn forecasts_are_means_of_what_they_say_of_each_step() {
    let (series, split) = series(1000, |step| step as u32);
    let mean = |forecast, sight, step, steps| {
        Forecaster::new(&series, &split, forecast, sight).mean(split.steps.start + step, steps)
    };
    assert_eq!(mean(Forecast::Oracle, Sight::Past, 50, 3), 51.0);
    assert_eq!(mean(Forecast::Lag, Sight::Published, 50, 3), 33.0);
    // 32, 33, 34, as published: all of them are three hours before the step that is forecast, and known.
    assert_eq!(mean(Forecast::Lag, Sight::Past, 50, 3), 33.0);
    // 32..=50 are known; the three hours before the step after that are not, those before them are: 33, 34.
    let known: f64 = (32..=50).map(f64::from).sum();
    assert_eq!(mean(Forecast::Lag, Sight::Past, 50, 19), known / 19.0);
    assert_eq!(mean(Forecast::Lag, Sight::Past, 50, 21), (known + 33.0 + 34.0) / 21.0);
    // Steps 51..=68 are forecast as 33..=50, and so are 69..=86.
    let round: f64 = (33..=50).map(f64::from).sum();
    assert_eq!(mean(Forecast::Lag, Sight::Past, 50, 37), (32.0 + 2.0 * round) / 37.0);
    // The split ends with step 143.
    assert_eq!(mean(Forecast::Oracle, Sight::Past, 142, 30), 142.5);
}

#[test]
fn a_rise_after_three_hours_is_seen_by_the_lag() {
    // Three hours before step 50, one node more was used: what is forecast for 50 is above what is forecast for the 18 steps after it.
    let (series, split) = series(100, |step| if step == 32 { 41 } else { 40 });
    let forecaster = Forecaster::new(&series, &split, Forecast::Lag, Sight::Past);
    let now = split.steps.start + 50;
    assert!(forecaster.mean(now, 18) > forecaster.mean(now, 36));
    // A window of eighteen steps that repeats would have equal means.
    let (series, split) = self::series(100, |step| if step == 32 { 39 } else { 40 });
    let forecaster = Forecaster::new(&series, &split, Forecast::Lag, Sight::Past);
    assert!(forecaster.mean(now, 18) < forecaster.mean(now, 36));
}

#[test]
fn a_series_that_has_just_begun_is_forecast_from_what_there_is() {
    let series =
        Series { first_day: 0, total: vec![99; STEPS_PER_DAY], used: (0..STEPS_PER_DAY as u32).collect() };
    let split = Split { steps: 0..STEPS_PER_DAY };
    for sight in [Sight::Past, Sight::Published] {
        let forecaster = Forecaster::new(&series, &split, Forecast::Lag, sight);
        // Nothing is known of three hours before: the first step stands for it.
        assert_eq!(forecaster.mean(5, 3), 0.0);
    }
}

#[test]
fn splits_are_whole_days_one_after_the_other() {
    let series = generate(27, 100, 1);
    let (selection, report) = cut(&series, &Cut::default()).unwrap();
    assert_eq!((selection.days(), report.days()), (10, 10));
    assert_eq!((selection.steps.start, selection.steps.end), (7 * STEPS_PER_DAY, report.steps.start));
    let dates = |begin: &str, report: &str, end: &str| {
        cut(&series, &Cut { begin: begin.into(), report: report.into(), end: end.into() })
    };
    let (selection, report) = dates("2017-10-05", "2017-10-15", "2017-10-17").unwrap();
    assert_eq!((selection.days(), report.days()), (10, 2));
    assert!(dates("", "2017-10-40", "").unwrap_err().to_string().contains("`cut` is `2017-10-40`"));
    assert!(
        dates("2017-10-15", "2017-10-12", "").unwrap_err().to_string().contains("do not follow each other")
    );
    assert!(dates("", "", "2018-01-01").is_err());
    assert!(cut(&generate(5, 100, 1), &Cut::default()).unwrap_err().to_string().contains("5 whole days"));
}
