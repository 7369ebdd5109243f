//! Queries, keys and values before rotation.

use attune_families::Latent;
use attune_families::schema::Over;
use attune_vocabulary::Module;
use burn_tensor::Tensor;

use crate::model::{LatentProjections, Linear, Model, Projections, QkNorms};
use crate::ops::norm::Norm;

/// How rows go through matrices and norms: the forward pass has loops of its own that nothing can differentiate.
pub(crate) struct Through<'a> {
    /// Rows times a matrix that has these modules side by side.
    pub(crate) product: &'a dyn Fn(&Linear, &[Module], Tensor<2>) -> Tensor<2>,
    /// Rows normalised.
    pub(crate) norm: &'a dyn Fn(&Norm, Tensor<2>) -> Tensor<2>,
}

impl Through<'static> {
    /// The forward of the dense model.
    pub(crate) const DENSE: Self =
        Self { product: &|linear, _, x| linear.apply(x), norm: &|norm, x| norm.beside(x).1 };

    /// Operations that can be differentiated.
    pub(crate) const DIFFERENTIABLE: Self =
        Self { product: &|linear, _, x| linear.apply(x), norm: &|norm, x| norm.generic(x) };
}

impl Model {
    /// Queries, keys and values of all heads of layer `number` side by side, with the norms over all heads but without those
    /// of each head: `[rows, heads·head_dim + kv_heads·(head_dim + value_dim)]`. Channels that turn are a head's first ones.
    pub(crate) fn projections(&self, number: usize, normed: Tensor<2>, through: &Through<'_>) -> Tensor<2> {
        let layer = &self.weights.layers[number];
        match &layer.projections {
            Projections::Latent(latent) => self.expanded(latent, normed, through),
            Projections::Heads(qkv) => {
                let qkv = (through.product)(qkv, &[Module::Query, Module::Key, Module::Value], normed);
                self.normed_over_heads(layer.qk_norms.as_ref(), qkv, through)
            }
        }
    }

    /// `qkv` with queries and keys normalised over all of their heads, and all three within bounds, in families that do that.
    fn normed_over_heads(&self, norms: Option<&QkNorms>, qkv: Tensor<2>, through: &Through<'_>) -> Tensor<2> {
        let (q, kv) = (self.config.heads * self.config.head_dim, self.config.kv_heads * self.config.head_dim);
        let qkv = match norms {
            Some(QkNorms { over: Over::Projection, queries, keys, .. }) => {
                let part = |first: usize, width: usize| qkv.clone().narrow(1, first, width);
                let norm = through.norm;
                Tensor::cat(vec![norm(queries, part(0, q)), norm(keys, part(q, kv)), part(q + kv, kv)], 1)
            }
            _ => qkv,
        };
        match self.config.clip {
            None => qkv,
            Some(bound) => qkv.clamp(-bound, bound),
        }
    }

    /// Queries, keys and values out of latents (DeepSeek-V2, arXiv 2405.04434, §2.1, Eq. 9 to 19).
    fn expanded(&self, latent: &LatentProjections, normed: Tensor<2>, through: &Through<'_>) -> Tensor<2> {
        let Through { product, norm } = through;
        let (heads, rows) = (self.config.heads, normed.dims()[0]);
        let Latent { rank, unrotated, rotated, value, .. } = latent.sizes;
        let queries = match &latent.query_up {
            None => product(&latent.query, &[Module::Query], normed.clone()),
            Some((query_norm, up)) => {
                let down = product(&latent.query, &[Module::QueryDown], normed.clone());
                product(up, &[Module::QueryUp], norm(query_norm, down))
            }
        };
        let down = product(&latent.kv_down, &[Module::KeyValueDown], normed);
        let shared = down.clone().narrow(1, rank, rotated);
        let kv = norm(&latent.kv_norm, down.narrow(1, 0, rank));
        let kv = product(&latent.kv_up, &[Module::KeyValueUp], kv);
        let queries = queries.reshape([rows, heads, unrotated + rotated]);
        let kv = kv.reshape([rows, heads, unrotated + value]);
        let shared = shared.reshape([rows, 1, rotated]).expand([rows, heads, rotated]);
        let turning_first = |turning: Tensor<3>, rest: Tensor<3>| {
            Tensor::cat(vec![turning, rest], 2).reshape([rows, heads * (unrotated + rotated)])
        };
        Tensor::cat(
            vec![
                turning_first(queries.clone().narrow(2, unrotated, rotated), queries.narrow(2, 0, unrotated)),
                turning_first(shared, kv.clone().narrow(2, 0, unrotated)),
                kv.narrow(2, unrotated, value).reshape([rows, heads * value]),
            ],
            1,
        )
    }
}
