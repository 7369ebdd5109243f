//! Questions with choices, in JSON Lines.

use std::collections::BTreeMap;
use std::path::Path;

use attune_eval::choice::{ChoiceSpec, ChoiceTask};

use crate::{Target, scratch};

pub(crate) const TARGET: Target = Target {
    name: "questions",
    seeds: |_| {
        let line = "{\"question\": \"Where, «na\\u00efve»?\", \"choices\": [\"by the river\", \"in the mill\"], \"answer\": 0}\n";
        let named = "{\"question\": \"\", \"choices\": [\"a\", \"b\", \" \"], \"answer\": \"b\", \"more\": [1, null]}\n";
        vec![line.repeat(3).into_bytes(), format!("{named}\n{line}").into_bytes()]
    },
    run: |input| {
        let folder = scratch::folder("questions");
        let selection = folder.join("selection.jsonl");
        scratch::write(&selection, input);
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for prompt in ["{question}", "Question: {question}\nAnswer:"] {
            let spec = ChoiceSpec {
                tokenizer: root.join("models/tiny-moe/tokenizer.json"),
                selection: selection.clone(),
                report: root.join("tests/golden/choice.report.jsonl"),
                elsewhere: BTreeMap::new(),
                prompt: prompt.to_owned(),
                delimiter: " ".to_owned(),
            };
            let _ = ChoiceTask::open(&spec, 1 << 20, 128, &|_| ());
        }
    },
};
