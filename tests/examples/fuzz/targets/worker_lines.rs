//! Lines of workers: events and answers, and what workers say of themselves.

use attune_core::evaluator::TaskSpec;
use attune_core::options::OptionSpec;
use attune_core::plan::{EditSchema, Plan, Vocabulary};
use attune_workers::wire::{Hello, HostLine, OpenResult, SignalResult, WorkerLine};
use serde_json::Value;

use crate::Target;

pub(crate) const TARGET: Target = Target {
    name: "worker-lines",
    seeds: |root| {
        let session =
            std::fs::read_to_string(root.join("docs/evaluator-protocol/session.txt")).unwrap_or_default();
        let said = session.lines().filter_map(|line| line.strip_prefix("< ").or(line.strip_prefix("> ")));
        said.map(|line| line.as_bytes().to_vec()).collect()
    },
    run: |input| {
        let _ = serde_json::from_slice::<HostLine>(input);
        let Ok(WorkerLine::Answer { result, .. }) = WorkerLine::read(input) else { return };
        let result = Value::Object(result);
        let _ = serde_json::from_value::<OpenResult>(result.clone());
        let _ = serde_json::from_value::<SignalResult>(result.clone());
        let Ok(hello) = serde_json::from_value::<Hello>(result) else { return };
        let _ = hello.options.into_iter().map(OptionSpec::try_from).collect::<Result<Vec<_>, _>>();
        let _ = hello.tasks.into_iter().map(TaskSpec::try_from).collect::<Result<Vec<_>, _>>();
        let edits = hello.edits.into_iter().map(EditSchema::try_from).collect::<Result<Vec<_>, _>>();
        let _ = edits.map(|edits| Vocabulary::new(edits).describe(&Plan::empty()));
    },
};
