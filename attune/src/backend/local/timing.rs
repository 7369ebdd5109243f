//! How long a trial takes, by one real evaluation.

use std::sync::Arc;
use std::time::Instant;

use attune_core::evaluator::{EvalFailure, Request, Split};
use attune_core::plan::Plan;
use attune_core::profile::Profile;
use attune_core::rng;
use attune_search::session::SessionSetup;
use attune_store::MemoryStore;

use crate::backend::{DraftFile, Timing};
use crate::error::Error;
use crate::run_options::RunOptions;
use crate::setup;

/// Evaluates one random config of a profile that may not be on disk; nothing is kept.
pub(super) fn time(draft: &DraftFile, device: &str) -> Result<Timing, Error> {
    let begun = Instant::now();
    let profile = Profile::parse(&draft.path, &draft.text, &[]).map_err(Error::input)?;
    // What a study starts from changes no time, and lies in a store that is not opened here.
    let profile = Profile { start: None, ..profile };
    let args = RunOptions::new(&draft.path, device);
    let setup = setup::study(&args, &profile, Arc::new(MemoryStore::new()), setup::nowhere())?;
    let config = setup.space.sample(&mut rng::derive(profile.seed, "timing", &[])).map_err(Error::input)?;
    let plan = setup.technique.lower(setup.evaluator.model(), &setup.options, &config)?;
    // The dense model's logits are computed once and then compared with: that is preparing, too.
    evaluate(&setup, Plan::empty())?;
    let seconds_to_load = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    evaluate(&setup, plan)?;
    Ok(Timing {
        seconds_per_trial: begun.elapsed().as_secs_f64(),
        seconds_to_load,
        device: setup.evaluator.info().device.clone(),
    })
}

fn evaluate(setup: &SessionSetup, plan: Plan) -> Result<(), Error> {
    let request =
        Request { deadline: setup.deadline, ..Request::new(Split::Selection, setup.fidelity.all()) };
    let mut outcome = Err(EvalFailure::Internal("it returned no score".to_owned()));
    let evaluated = setup.evaluator.evaluate(&[plan], &request, &mut |_, result| {
        outcome = result.map(drop);
        std::ops::ControlFlow::Continue(())
    });
    evaluated.and(outcome).map_err(Error::run)
}
