//! The result of a check for manifests and scripts.

use serde_json::{Value as Json, json};

use super::{Bound, Verification, made};
use crate::engines::{Apart, Figures, ItemFigures};

impl Verification {
    /// As it stands under `verified` in `attune-export.json`, and as `attune export --verify --json` prints it.
    pub fn document(&self) -> Json {
        let mut document = json!({
            "verdict": self.verdict.word(), "why": self.why, "engine": self.engine, "version": self.version,
            "attune": env!("CARGO_PKG_VERSION"),
        });
        if let Some(answered) = &self.answered {
            let (control, no_control) = match &answered.control {
                Ok(control) => (figures(control), Json::Null),
                Err(why) => (Json::Null, Json::from(why.as_str())),
            };
            let further = json!({
                "evaluator": self.evaluator, "split": "report", "items": self.items,
                "approximate": self.approximate, "tolerance": tolerance(self.bound),
                "with_plan": figures(&answered.figures), "without_plan": control, "without_plan_error": no_control,
                "sequences": answered.items.iter().map(sequence).collect::<Vec<_>>(),
            });
            if let (Json::Object(document), Json::Object(further)) = (&mut document, further) {
                document.extend(further);
            }
        }
        if let Some(made) = &self.made {
            let (control, no_control) = match &made.control {
                Ok(control) => (apart(control), Json::Null),
                Err(why) => (Json::Null, Json::from(why.as_str())),
            };
            let further = json!({
                "tolerance": tolerance(self.bound), "with_plan": apart(&made.apart),
                "without_plan": control, "without_plan_error": no_control,
            });
            if let (Json::Object(document), Json::Object(further)) = (&mut document, further) {
                document.extend(further);
            }
        }
        document
    }
}

fn apart(apart: &Apart) -> Json {
    json!({
        "max_difference": apart.max_difference, "mean_difference": apart.mean_difference, "numbers": apart.numbers,
    })
}

/// The same where the engine does not take the folder, and so has computed nothing.
pub(super) fn refused(engine: &str, version: &str, why: &str) -> Json {
    json!({
        "verdict": "refused", "why": why, "engine": engine, "version": version, "attune": env!("CARGO_PKG_VERSION"),
    })
}

fn tolerance(bound: Bound) -> Json {
    match bound {
        Bound::Same => Json::Null,
        Bound::Within(tolerance) => json!({
            "max_difference": tolerance.log_probability, "argmax_agreement": tolerance.agreement, "why": tolerance.why,
        }),
        Bound::Rounding(number) => json!({ "max_difference": number, "why": made::WHY }),
        Bound::Nearer => json!({
            "mean_difference": "half of that without the plan", "loss": "within half of what was scored",
        }),
    }
}

fn figures(figures: &Figures) -> Json {
    json!({
        "max_difference": figures.max_difference, "mean_difference": figures.mean_difference, "kl": figures.kl,
        "argmax_agreement": figures.agreement, "positions": figures.positions,
    })
}

fn sequence(of: &ItemFigures) -> Json {
    let losses = of.losses.map(|losses| json!({ "scored": losses.scored, "engine": losses.engine }));
    json!({
        "item": of.item, "tokens": of.tokens, "max_difference": of.figures.max_difference,
        "argmax_agreement": of.figures.agreement, "loss": losses,
    })
}
