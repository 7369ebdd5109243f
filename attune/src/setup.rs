//! From a profile and the command line to a study that can run: who is who, and every check that can be
//! made before anything is evaluated.

#[cfg(feature = "native")]
mod baselines;
#[cfg(feature = "techniques")]
mod edits_technique;
#[cfg(feature = "native")]
mod folder;
#[cfg(feature = "techniques")]
mod logged;
#[cfg(feature = "native")]
mod model_facts;
#[cfg(feature = "native")]
mod profile;
#[cfg(feature = "native")]
mod reading;
#[cfg(feature = "native")]
mod sensitivities;
#[cfg(feature = "native")]
mod start;
#[cfg(feature = "native")]
mod study;
#[cfg(feature = "native")]
mod target;
#[cfg(feature = "native")]
mod task;
#[cfg(feature = "techniques")]
mod technique;

use std::sync::Arc;

use attune_core::store::{self, Record, Store, StudyHeader};

use crate::error::Error;
#[cfg(feature = "native")]
pub(crate) use baselines::{Compared, hashes};
#[cfg(feature = "techniques")]
pub(crate) use edits_technique::EditsTechnique;
#[cfg(feature = "techniques")]
pub use edits_technique::{EDITS, edits_info};
#[cfg(feature = "native")]
pub(crate) use folder::absolute;
#[cfg(feature = "native")]
pub use model_facts::model_facts;
#[cfg(feature = "backend")]
pub(crate) use profile::profile_for_form;
#[cfg(feature = "native")]
pub use profile::{PROFILE_BYTES, profile};
#[cfg(feature = "native")]
pub(crate) use profile::{ReadProfile, model_text};
#[cfg(feature = "native")]
pub(crate) use reading::told;
#[cfg(feature = "native")]
pub(crate) use sensitivities::Searched;
#[cfg(feature = "backend")]
pub(crate) use start::stored_start;
#[cfg(feature = "native")]
pub use study::study;
#[cfg(feature = "native")]
pub(crate) use study::{Parts, not_loaded, study_of_parts};
#[cfg(feature = "native")]
pub(crate) use target::ChosenTarget;
#[cfg(feature = "native")]
pub(crate) use task::ChosenTask;
#[cfg(feature = "native")]
pub use task::tasks;
#[cfg(feature = "native")]
pub(crate) use technique::{Found, found};
#[cfg(feature = "techniques")]
pub use technique::{host, technique};

/// Where complaints of techniques and word of long preparations go, each one sentence.
pub type Complaints = Arc<dyn Fn(String) + Send + Sync>;

/// Complaints that nobody hears.
pub fn nowhere() -> Complaints {
    Arc::new(|_| {})
}

/// Refuses to go on with a study of the same name that differs in anything but the weights, which are still to be read.
pub(crate) fn goes_on(store: &dyn Store, header: &StudyHeader) -> Result<(), Error> {
    let records = store.records(&header.study)?;
    match records.first() {
        Some(Record::Header(existing)) if store::has_scores(&records) => {
            let model_fingerprint = existing.model_fingerprint;
            let same = store::same_study(existing, &StudyHeader { model_fingerprint, ..header.clone() });
            Ok(same?)
        }
        _ => Ok(()),
    }
}
