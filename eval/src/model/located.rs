//! Where a module lies among the matrices of a model.

use std::ops::Range;

use attune_vocabulary::Module;

use super::quantised::{Site, turned};
use super::{FeedForward, Gated, Linear, Model, Projections};

impl Model {
    /// The module whose input is that of `module`: the first of those that one product computes.
    pub(crate) fn entered_with(&self, module: Module) -> Module {
        match module {
            Module::Key | Module::Value => Module::Query,
            Module::Up if self.config.is_gated() => Module::Gate,
            other => other,
        }
    }

    /// The weights of a module as they are, `[outputs, inputs]` in float32; `None` where the model has no such module.
    pub(crate) fn module_rows(&self, site: Site) -> Option<Vec<f32>> {
        let (linear, columns) = self.located(site)?;
        let outputs = columns.len();
        Some(turned(&linear.columns(columns).weights(), outputs))
    }

    /// The matrix that has a module among its columns, and which they are.
    fn located(&self, site: Site) -> Option<(&Linear, Range<usize>)> {
        const HEADS: &[Module] = &[Module::Query, Module::Key, Module::Value];
        let layer = self.weights.layers.get(site.layer)?;
        let gated = || -> Option<&Gated> {
            match &layer.feed_forward {
                FeedForward::Dense(gated) => Some(gated),
                FeedForward::Mixture(part) => part.experts.get(site.expert),
            }
        };
        let inner = if self.config.is_gated() { &[Module::Gate, Module::Up][..] } else { &[Module::Up] };
        let (linear, beside): (&Linear, &[Module]) = match (site.module, &layer.projections) {
            (Module::Output, _) => (&layer.attention_output, &[Module::Output]),
            (Module::Down, _) => (&gated()?.down, &[Module::Down]),
            (Module::Gate | Module::Up, _) => (&gated()?.inner, inner),
            (Module::Query | Module::Key | Module::Value, Projections::Heads(qkv)) => (qkv, HEADS),
            (Module::Query, Projections::Latent(latent)) => (&latent.query, &[Module::Query]),
            (Module::QueryDown, Projections::Latent(latent)) => (&latent.query, &[Module::QueryDown]),
            (Module::QueryUp, Projections::Latent(latent)) => {
                (&latent.query_up.as_ref()?.1, &[Module::QueryUp])
            }
            (Module::KeyValueDown, Projections::Latent(latent)) => (&latent.kv_down, &[Module::KeyValueDown]),
            (Module::KeyValueUp, Projections::Latent(latent)) => (&latent.kv_up, &[Module::KeyValueUp]),
            _ => return None,
        };
        let shapes = self.config.layer(site.layer);
        let place = beside.iter().position(|&module| module == site.module)?;
        let first = beside[..place].iter().map(|&module| shapes.outputs(module)).sum::<usize>();
        Some((linear, first..first + shapes.outputs(site.module)))
    }
}
