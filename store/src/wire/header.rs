//! Study headers.

use std::collections::BTreeMap;

use attune_core::space::{ActiveCondition, Dimension};
use attune_core::store::StudyHeader;
use serde::{Deserialize, Serialize};

use super::dimension::{ConditionV1, DimensionV1};
use super::{WireError, hash};

/// The identity of a study.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeaderV1 {
    study: String,
    profile: String,
    technique: String,
    technique_fingerprint: String,
    model: String,
    dimensions: Vec<DimensionV1>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<ConditionV1>,
    model_fingerprint: String,
    model_path: String,
    task_fingerprint: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    baselines: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sensitivities: Option<String>,
    numerics: String,
    device: String,
    seed: u64,
}

impl From<&StudyHeader> for HeaderV1 {
    fn from(header: &StudyHeader) -> Self {
        Self {
            study: header.study.clone(),
            profile: header.profile.clone(),
            technique: header.technique.clone(),
            technique_fingerprint: header.technique_fingerprint.to_string(),
            model: header.model.clone(),
            dimensions: header.dimensions.iter().map(DimensionV1::from).collect(),
            conditions: header.conditions.iter().map(ConditionV1::from).collect(),
            model_fingerprint: header.model_fingerprint.to_string(),
            model_path: header.model_path.clone(),
            task_fingerprint: header.task_fingerprint.to_string(),
            baselines: header.baselines.iter().map(|(name, hash)| (name.clone(), hash.to_string())).collect(),
            sensitivities: header.sensitivities.map(|hash| hash.to_string()),
            numerics: header.numerics.clone(),
            device: header.device.clone(),
            seed: header.seed,
        }
    }
}

impl TryFrom<HeaderV1> for StudyHeader {
    type Error = WireError;

    fn try_from(header: HeaderV1) -> Result<Self, WireError> {
        Ok(Self {
            study: header.study,
            profile: header.profile,
            technique: header.technique,
            technique_fingerprint: hash::from_wire("technique_fingerprint", &header.technique_fingerprint)?,
            model: header.model,
            dimensions: header.dimensions.into_iter().map(Dimension::from).collect(),
            conditions: header.conditions.into_iter().map(ActiveCondition::from).collect(),
            model_fingerprint: hash::from_wire("model_fingerprint", &header.model_fingerprint)?,
            model_path: header.model_path,
            task_fingerprint: hash::from_wire("task_fingerprint", &header.task_fingerprint)?,
            baselines: header
                .baselines
                .into_iter()
                .map(|(name, text)| Ok((name, hash::from_wire("baselines", &text)?)))
                .collect::<Result<_, WireError>>()?,
            sensitivities: header
                .sensitivities
                .map(|text| hash::from_wire("sensitivities", &text))
                .transpose()?,
            numerics: header.numerics,
            device: header.device,
            seed: header.seed,
        })
    }
}
