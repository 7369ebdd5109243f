//! Where the norms of a model stand.

use super::fields::{Fields, Found};
use crate::error::ConfigError;
use crate::schema::{Arrangement, NormRule, Placement};

const NEW: &str = "new_decoder_architecture";
const PARALLEL: &str = "parallel_attn";
const NORMS: &str = "num_ln_in_parallel_attn";

pub(super) fn read(fields: &Fields<'_>, rule: &NormRule) -> Result<Placement, ConfigError> {
    match rule.arrangement {
        Arrangement::Same => Ok(rule.placement),
        Arrangement::Switched(flag, off) => Ok(if fields.of(flag)? { rule.placement } else { off }),
        Arrangement::NewDecoder { sequential, two_norms } => {
            let new = is_new_decoder(fields)?;
            let parallel = fields.flag_or(PARALLEL, true)?;
            let norms = match fields.whole(NORMS)? {
                Found::Is(norms) => norms,
                Found::Absent | Found::Null if new => 2,
                Found::Absent | Found::Null => 1,
            };
            match (new, parallel, norms) {
                (true, false, _) => Err(fields.bad(
                    PARALLEL,
                    false,
                    format!("true: with `{NEW}` the parts stand side by side"),
                )),
                (false, false, _) => Ok(sequential),
                (_, true, 1) => Ok(rule.placement),
                (true, true, 2) => Ok(two_norms),
                (false, true, _) => Err(fields.bad(NORMS, norms, format!("1 without `{NEW}`"))),
                (true, true, _) => Err(fields.bad(NORMS, norms, "1 or 2")),
            }
        }
    }
}

/// Whether a Falcon is one of the second kind. Null is as good as absent.
pub(super) fn is_new_decoder(fields: &Fields<'_>) -> Result<bool, ConfigError> {
    Ok(fields.flag(NEW)?.value().unwrap_or(false))
}
