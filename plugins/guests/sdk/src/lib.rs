//! Write a compression technique for attune: implement [`Technique`] for a type and [`export!`] it. A simulator that is to be tuned
//! is an evaluator: module [`evaluator`].
//!
//! The types of this crate are those of `attune:technique@0.1.0` (`plugins/wit/technique.wit`), with what is optional beside it
//! (`plugins/wit-plugin/plugin.wit` has the whole), and with
//! constructors that keep a technique short. A technique sees shapes and sizes of a model, never weights,
//! and has no file, clock, network or randomness of its own. Errors that a user can act on are returned
//! as sentences; a panic is a bug, and its message reaches the user through the host's log.

mod adapter;
#[doc(hidden)]
pub mod bindings;
mod cache;
mod describe;
mod edit;
mod embeddings;
pub mod evaluator;
mod facts;
mod linear_modules;
mod logging;
mod options;
mod progress;
mod random;
mod signals;
mod space;
mod target;

#[doc(hidden)]
pub use adapter::Adapter;
/// Number grids of engines, their constraints and their bytes: what evaluators round to and exporters write.
pub use attune_grids as grids;
pub use bindings::exports::attune::technique::technique::{
    AffineDomain, Axis, Baseline, Budget, BudgetTerm, Config, Constraint, Description, Dimension, Distinct,
    Domain, Exactly, IntRange, MatrixDomain, ModelFacts as Model, Open as Edit, OptionKind, OptionSpec,
    RealDomain, RealRange, ResourceCost as Cost, Scale, SearchSpace as Space, Setting, Settings, Signal,
    Slot, SubsetDomain, Value,
};
pub use bindings::exports::attune::variation::operators::Operator;
pub use embeddings::EmbeddingMatrix;
pub use linear_modules::LinearModule;
pub use logging::{debug, info, warn};
pub use options::Options;
pub use progress::progress;
pub use random::Random;
pub use signals::Signals;
pub use target::Target;

/// A signal that a technique asks for, with arguments: written like an [`Edit`].
pub type SignalRequest = Edit;

/// Estimated damages: dimension by dimension, cell by cell, option by option (or element by element).
pub type Damages = Vec<Vec<Vec<f64>>>;

/// A compression technique. Every function is called on a fresh instance and must be pure.
pub trait Technique {
    /// What it says about itself.
    fn describe() -> Description;

    /// Its search space for `model`.
    ///
    /// # Errors
    /// A sentence for the user when the technique does not apply or the options exclude each other.
    fn space(model: &Model, options: &Options) -> Result<Space, String>;

    /// What `config` does to the model.
    ///
    /// # Errors
    /// A sentence for the user.
    fn lower(model: &Model, options: &Options, config: &Config) -> Result<Vec<Edit>, String>;

    /// What `config` costs, resource by resource.
    ///
    /// # Errors
    /// A sentence for the user.
    fn cost(model: &Model, options: &Options, config: &Config) -> Result<Vec<Cost>, String>;

    /// The configs that a result has to beat; one whose signal is not there is left out.
    ///
    /// # Errors
    /// A sentence for the user, for example when a signal has the wrong shape.
    fn baselines(model: &Model, options: &Options, signals: &Signals) -> Result<Vec<Baseline>, String>;

    /// A child of `parents` (at least one); only called after [`Description::with_operators`], and by an attune that knows
    /// [`operators`](Self::operators) only where there are none.
    ///
    /// # Errors
    /// A sentence for the user.
    fn vary(
        _model: &Model,
        _options: &Options,
        _parents: &[Config],
        _random: &mut Random,
    ) -> Result<Config, String> {
        Err("this technique has no operators of its own".to_owned())
    }

    /// Operators with names, in the place of the one that [`vary`](Self::vary) is; none by default.
    fn operators() -> Vec<Operator> {
        Vec::new()
    }

    /// A child by one of the operators of [`operators`](Self::operators), of as many parents as it is made for where there are so
    /// many, the better one first.
    ///
    /// # Errors
    /// A sentence, for example when the operator has nothing to do here: the child is then made by the domains of the space.
    fn vary_by(
        _model: &Model,
        _options: &Options,
        operator: &str,
        _parents: &[Config],
        _random: &mut Random,
    ) -> Result<Config, String> {
        Err(format!("this technique has no operator `{operator}`"))
    }

    /// The signals that [`damages`](Self::damages) is made of, in its order; `None` when the technique makes no
    /// estimate.
    ///
    /// # Errors
    /// A sentence for the user.
    fn damage_signals(_model: &Model, _options: &Options) -> Result<Option<Vec<SignalRequest>>, String> {
        Ok(None)
    }

    /// What every choice does to the loss on its own, larger is worse, in a unit that is the same for all; only
    /// called when [`damage_signals`](Self::damage_signals) names signals.
    ///
    /// # Errors
    /// A sentence for the user, for example when a signal has the wrong shape.
    fn damages(_model: &Model, _options: &Options, _signals: &Signals) -> Result<Damages, String> {
        Err("this technique makes no estimate of damages".to_owned())
    }
}

/// Exports a type that implements [`Technique`] as the component's technique. Once per component.
#[macro_export]
macro_rules! export {
    ($technique:ty) => {
        type ExportedTechnique = $crate::Adapter<$technique>;
        $crate::bindings::export_plugin!(ExportedTechnique with_types_in $crate::bindings);
    };
}
