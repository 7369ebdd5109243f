//! Between the generated interface and the [`Technique`] trait.

use std::marker::PhantomData;

use crate::bindings::exports::attune::profiling::damages;
use crate::bindings::exports::attune::technique::technique::Guest;
use crate::bindings::exports::attune::variation::operators;
use crate::{
    Baseline, Config, Cost, Damages, Description, Edit, Model, Operator, Options, Random, Settings, Signal,
    SignalRequest, Signals, Space, Technique, logging,
};

/// What [`export!`](crate::export) exports for a technique.
pub struct Adapter<T>(PhantomData<T>);

impl<T: Technique> Guest for Adapter<T> {
    fn describe() -> Description {
        logging::report_panics();
        T::describe()
    }

    fn space(model: Model, options: Settings) -> Result<Space, String> {
        logging::report_panics();
        T::space(&model, &Options::new(options))
    }

    fn lower(model: Model, options: Settings, config: Config) -> Result<Vec<Edit>, String> {
        logging::report_panics();
        T::lower(&model, &Options::new(options), &config)
    }

    fn cost(model: Model, options: Settings, config: Config) -> Result<Vec<Cost>, String> {
        logging::report_panics();
        T::cost(&model, &Options::new(options), &config)
    }

    fn baselines(model: Model, options: Settings, signals: Vec<Signal>) -> Result<Vec<Baseline>, String> {
        logging::report_panics();
        T::baselines(&model, &Options::new(options), &Signals::new(signals))
    }

    fn vary(model: Model, options: Settings, parents: Vec<Config>, seed: u64) -> Result<Config, String> {
        logging::report_panics();
        T::vary(&model, &Options::new(options), &parents, &mut Random::new(seed))
    }
}

impl<T: Technique> damages::Guest for Adapter<T> {
    fn signals(model: Model, options: Settings) -> Result<Option<Vec<SignalRequest>>, String> {
        logging::report_panics();
        T::damage_signals(&model, &Options::new(options))
    }

    fn damages(model: Model, options: Settings, signals: Vec<Signal>) -> Result<Damages, String> {
        logging::report_panics();
        T::damages(&model, &Options::new(options), &Signals::new(signals))
    }
}

impl<T: Technique> operators::Guest for Adapter<T> {
    fn operators() -> Vec<Operator> {
        logging::report_panics();
        T::operators()
    }

    fn vary(
        model: Model,
        options: Settings,
        operator: String,
        parents: Vec<Config>,
        seed: u64,
    ) -> Result<Config, String> {
        logging::report_panics();
        T::vary_by(&model, &Options::new(options), &operator, &parents, &mut Random::new(seed))
    }
}
