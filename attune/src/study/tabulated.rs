//! The sensitivity table of a study.

use std::collections::BTreeMap;

use attune_core::event::Event;
use attune_core::sensitivity::{MeasuredTable, reference, table_from};
use attune_export::{TableFormat, Tabled, WrittenTable, write_table};
use attune_search::session::{self, SessionError, SessionSetup};

use super::Study;
use crate::error::{Cause, Error};

/// The sensitivity table of a study, with what it takes to write it down.
pub struct Tabulated {
    setup: SessionSetup,
    table: MeasuredTable,
}

impl Study {
    /// Refuses a form of tables that has no place for what this study searches, before anything is measured.
    ///
    /// # Errors
    /// As [`Tabulated::write`].
    pub fn can_tabulate(&self, format: TableFormat, bits: Option<&[u32]>) -> Result<(), Error> {
        let space = &self.setup.space;
        let reference = reference(space, None).map_err(SessionError::from)?;
        let objectives: Vec<(String, bool)> = self.setup.measured_objectives();
        let nothing = vec![0.0; objectives.len()];
        let table = MeasuredTable {
            table: table_from(space, &reference, &nothing, &[], &[]),
            reference,
            at_reference: None,
            objectives,
            items: 0,
            told: BTreeMap::new(),
            best: None,
        };
        written(&self.setup, &table, format, bits).map(drop)
    }

    /// The sensitivity table that the strategy plans with, or that one would that plans: measured as far as the store has no
    /// evaluations of it, and no trial is run. `listener` hears every event.
    ///
    /// # Errors
    /// Why there is none; [`Cause::Interrupted`] when it was told to stop.
    pub fn tabulate(self, listener: &mut dyn FnMut(&Event)) -> Result<Tabulated, Error> {
        let Self { setup, store, mut listeners, handle, commands } = self;
        drop(handle);
        let mut tell = |event: Event| {
            for message in store.notes() {
                let warning = Event::Warning { message };
                listeners.tell(&warning);
                listener(&warning);
            }
            listeners.tell(&event);
            listener(&event);
        };
        match session::tabulate(setup.clone(), &mut tell, commands)? {
            Some(table) => Ok(Tabulated { setup, table }),
            None => Err(Error::run(Cause::Interrupted(setup.header.study))),
        }
    }
}

impl Tabulated {
    /// The table.
    pub fn table(&self) -> &MeasuredTable {
        &self.table
    }

    /// The table as a file of that form. `bits` says of which bits one tells that has not all of them.
    ///
    /// # Errors
    /// When the form has no place for something.
    pub fn write(&self, format: TableFormat, bits: Option<&[u32]>) -> Result<WrittenTable, Error> {
        written(&self.setup, &self.table, format, bits)
    }
}

fn written(
    setup: &SessionSetup,
    table: &MeasuredTable,
    format: TableFormat,
    bits: Option<&[u32]>,
) -> Result<WrittenTable, Error> {
    let SessionSetup { technique, options, space, evaluator, .. } = setup;
    let lower = |config: &_| technique.lower(evaluator.model(), options, config);
    let of = Tabled { space, objectives: &table.objectives, facts: evaluator.model(), lower: &lower };
    write_table(format, table, &of, bits).map_err(Error::input)
}
