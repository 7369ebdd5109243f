//! The sensitivity table of a study, for people and for other tools: measured as the study would, and no study is run.

use std::sync::Arc;
use std::thread;

use attune_core::event::{Command, Event};
use attune_core::sensitivity::MeasuredTable;
use attune_core::space::Config;
use attune_core::technique::Technique;
use crossbeam_channel::Receiver;

use super::{phases, seeds, unnoted::Unnoted};
use crate::session::caught::caught;
use crate::session::counters::Counters;
use crate::session::measure::{
    Control, Executor, Measuring, Metered, Needed, PauseGate, Scoring, SensitivityProbe,
};
use crate::session::{SessionError, SessionSetup};
use crate::strategy::TableSource;

/// The table that the strategy of a study plans with, or that one would that plans: everything that was evaluated for it before
/// comes from the cache, and what is evaluated now stays there for the study. One that is doubted is measured to the end. The journal
/// and the notes of the study are left alone. `None` when someone asked to stop.
///
/// # Errors
/// [`SessionError`].
pub fn tabulate(
    setup: SessionSetup,
    events: &mut dyn FnMut(Event),
    commands: Receiver<Command>,
) -> Result<Option<MeasuredTable>, SessionError> {
    let metered = Arc::new(Metered::new(Arc::clone(&setup.technique)));
    let setup = SessionSetup {
        technique: Arc::clone(&metered) as Arc<dyn Technique>,
        store: Arc::new(Unnoted(Arc::clone(&setup.store))),
        ..setup
    };
    setup.check()?;
    let source = match setup.strategy.table()? {
        Some(TableSource::Gradient) => TableSource::Gradient,
        _ => TableSource::Measured,
    };
    let losses = setup.preflight().losses()?;
    let gate = PauseGate::default();
    thread::scope(|scope| {
        let executor = Executor::start(scope, &*setup.evaluator, setup.workers, &gate);
        let mut scoring = Scoring::new(&setup, executor, Control::new(commands, &gate));
        let tabulated = || {
            let mut counters = Counters::new(setup.trials);
            let mut meter = phases::measuring_of(&setup, Some(source))?;
            events(meter.event());
            let mut measuring = Measuring {
                setup: &setup,
                scoring: &mut scoring,
                counters: &mut counters,
                meter: &mut meter,
                events,
            };
            let Some(baselines) = seeds::baselines(&mut measuring)? else { return Ok(None) };
            let starts: Vec<Config> =
                seeds::starts(&setup.space, &baselines).into_iter().map(|(_, config)| config).collect();
            let mut needed = Needed::default();
            let mut probe = SensitivityProbe {
                measuring,
                metered: &metered,
                losses: &losses,
                needed: &mut needed,
                read: true,
            };
            probe.table(source, &starts)
        };
        caught(|| "measuring sensitivities".to_owned(), tabulated)
    })
}
