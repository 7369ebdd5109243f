//! Reading facts that came after 0.1.

use crate::{LinearModule, Model, Setting};

impl Model {
    /// Inner width of a feed-forward part, or of one expert.
    ///
    /// # Errors
    /// A sentence when the host is so old that it does not say.
    pub fn feed_forward(&self) -> Result<u32, String> {
        match self.fact("feed-forward") {
            Some(Setting::Int(width)) => Ok(*width as u32),
            _ => Err(format!(
                "this attune does not say how wide the feed-forward part of model `{}` is; use a newer one",
                self.name
            )),
        }
    }

    /// The layers that have experts, ascending.
    pub fn expert_layers(&self) -> Vec<u32> {
        match self.whole_numbers("expert-layers") {
            Some(layers) => layers.iter().map(|&layer| layer as u32).collect(),
            None if self.experts > 0 => (0..self.layers).collect(),
            None => Vec::new(),
        }
    }

    /// Bytes of all stored tensors, without those of the linear modules; `None` where the host does not say.
    pub fn other_bytes(&self) -> Option<u64> {
        match self.fact("other-bytes") {
            Some(Setting::Int(bytes)) => u64::try_from(*bytes).ok(),
            _ => None,
        }
    }

    /// What the router of a layer has for each expert: one weight per residual channel, and where there are any a bias
    /// and a correction.
    pub fn router_parameters(&self) -> f64 {
        match self.fact("router-parameters") {
            Some(Setting::Int(parameters)) => *parameters as f64,
            _ => f64::from(self.hidden),
        }
    }

    /// Which mappings of a router's scores are defined: `any`, `one-hot` (each row is the score of one expert) or `none`.
    pub fn router_mapping(&self) -> &str {
        match self.fact("router-mapping") {
            Some(Setting::Text(mapping)) => mapping,
            _ => "any",
        }
    }

    /// For each layer, the weights of attention and those of the feed-forward part: with all experts, their router, and
    /// what answers for every token. Norms and biases, which are a fraction of a per cent, are not counted.
    ///
    /// # Errors
    /// A sentence when the host does not say enough.
    pub fn block_parameters(&self) -> Result<Vec<[f64; 2]>, String> {
        if let Some(parameters) = self.whole_numbers("block-parameters") {
            let blocks = parameters.chunks_exact(2).map(|halves| [halves[0] as f64, halves[1] as f64]);
            return Ok(blocks.collect());
        }
        let experts = f64::from(self.experts);
        let block = |layer: &Vec<LinearModule>| {
            let of = |feed_forward: bool| -> f64 {
                let modules = layer.iter().filter(|module| is_feed_forward(&module.name) == feed_forward);
                modules.map(LinearModule::weights).sum()
            };
            let mixture = experts * (self.expert_parameters as f64 + self.router_parameters());
            let has_experts = layer.iter().any(LinearModule::is_of_experts);
            [of(false), if has_experts { mixture } else { of(true) }]
        };
        Ok(self.linear_modules()?.iter().map(block).collect())
    }

    /// The fact of that name.
    pub(crate) fn fact(&self, name: &str) -> Option<&Setting> {
        self.extra.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(crate) fn whole_numbers(&self, name: &str) -> Option<&[i64]> {
        match self.fact(name) {
            Some(Setting::Ints(values)) => Some(values),
            _ => None,
        }
    }
}

/// Whether a module of that name belongs to the feed-forward part, where nobody says how large that is.
fn is_feed_forward(name: &str) -> bool {
    ["gate", "up", "down"].contains(&name)
}
