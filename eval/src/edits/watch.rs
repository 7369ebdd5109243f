//! Looking at what enters the modules of the dense model.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use attune_grids::feedback::Moments;
use attune_vocabulary::Module;
use burn_tensor::{DType, Tensor};

/// Second moments of what enters products, by the first module of the product and its expert, 0 for modules that no expert has.
pub(crate) type Watched = BTreeMap<(Module, usize), Moments>;

/// Adds up what enters some products of one layer.
#[derive(Clone, Debug)]
pub(crate) struct Watch(Arc<Mutex<Watched>>);

impl Watch {
    /// Of those that are in `wanted`, with nothing seen yet.
    pub(crate) fn new(wanted: Watched) -> Self {
        Self(Arc::new(Mutex::new(wanted)))
    }

    /// Sees the first `rows` rows of what enters the product of `modules`.
    pub(crate) fn see(&self, modules: &[Module], expert: usize, inputs: &Tensor<2>, rows: usize) {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(moments) = modules.first().and_then(|&module| watched.get_mut(&(module, expert))) else {
            return;
        };
        let inputs = inputs.clone().narrow(0, 0, rows).cast(DType::F32);
        let inputs: Vec<f32> = inputs.into_data().iter::<f32>().collect();
        moments.add(&inputs);
    }

    /// What was seen.
    pub(crate) fn seen(&self) -> Watched {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl PartialEq for Watch {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
