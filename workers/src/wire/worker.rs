//! What a worker says.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Choice, Failure, Outcome, Outputs};

/// One line of a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum WorkerLine {
    /// A request is done. What the result is, is said by the request.
    Answer {
        /// The request.
        id: u64,
        /// The result.
        result: Map<String, Value>,
    },
    /// A request has failed as a whole.
    Refusal {
        /// The request.
        id: u64,
        /// Why.
        error: Failure,
    },
    /// Something happened while a request runs.
    Event {
        /// The request.
        id: u64,
        /// What.
        #[serde(flatten)]
        event: Event,
    },
    /// The worker lives.
    Heartbeat {
        /// `heartbeat`.
        event: Heartbeat,
    },
}

/// The one event that belongs to no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Heartbeat {
    /// The worker lives.
    Heartbeat,
}

/// Something that happens while a request runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// It goes on.
    Progress {
        /// Of `evaluate`, `signal` and `outputs`: so many evaluations of one plan on one item are done, in all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        evaluations: Option<f64>,
        /// Of `open` and `load`: how far it is, in words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// Of `evaluate`: what became of one plan.
    Outcome(Outcome),
    /// Of `outputs`: those of one sequence.
    Outputs(Outputs),
    /// Of `choices`: bytes for an edit.
    Choice(Choice),
}

impl WorkerLine {
    /// Reads a line.
    ///
    /// # Errors
    /// In words, what is wrong with it.
    pub fn read(line: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8".to_owned())?;
        let value: Value = serde_json::from_str(text).map_err(|error| {
            format!("it is not JSON ({error}); what a worker prints for people goes to standard error")
        })?;
        let Value::Object(object) = value else { return Err("it is not a JSON object".to_owned()) };
        let typed = |value: Value| serde_json::from_value(value);
        let wrong = |what: &str, error: serde_json::Error| {
            format!("its {what} is not as the protocol has it: {error}")
        };
        let Some(id) = object.get("id") else {
            let heartbeat = object.get("event").and_then(Value::as_str) == Some("heartbeat");
            return match heartbeat {
                true => Ok(Self::Heartbeat { event: Heartbeat::Heartbeat }),
                false => Err("it has no `id` and is no heartbeat".to_owned()),
            };
        };
        let id = id.as_u64().ok_or_else(|| format!("its id is {id}, expected that of a request"))?;
        match (object.contains_key("result"), object.contains_key("error"), object.contains_key("event")) {
            (true, false, false) => match object.into_iter().find(|(key, _)| key == "result") {
                Some((_, Value::Object(result))) => Ok(Self::Answer { id, result }),
                _ => Err("its result is not a JSON object".to_owned()),
            },
            (false, true, false) => {
                let error = object.get("error").cloned().unwrap_or_default();
                let error = serde_json::from_value(error).map_err(|error| wrong("error", error))?;
                Ok(Self::Refusal { id, error })
            }
            (false, _, true) => {
                let event = typed(Value::Object(object)).map_err(|error| wrong("event", error))?;
                Ok(Self::Event { id, event })
            }
            _ => Err("it has not exactly one of `result`, `error` and `event`".to_owned()),
        }
    }
}
