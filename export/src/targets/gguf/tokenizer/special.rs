//! Special tokens, what is put around a text, and the chat template.

use attune_core::exporter::{ExportError, ModelFiles};
use serde_json::Value as Json;

use super::super::container::Value;
use super::file::{TokenizerFile, steps};
use crate::checkpoint::{bad, read};

const CONFIG: &str = "tokenizer_config.json";
const TEMPLATE: &str = "chat_template.jinja";
/// What they are called in the tokenizer's config, and in the file.
const SPECIAL: [(&str, &str); 6] = [
    ("bos", "bos"),
    ("eos", "eos"),
    ("unk", "unknown"),
    ("sep", "seperator"),
    ("pad", "padding"),
    ("mask", "mask"),
];

pub(super) fn keys(
    files: &dyn ModelFiles,
    file: &TokenizerFile,
    config: &Json,
    notes: &mut Vec<String>,
) -> Result<Vec<(String, Value)>, ExportError> {
    let said = json(files)?;
    let mut keys = Vec::new();
    let number = |name: &str| {
        let token = &said[format!("{name}_token")];
        let token = token.as_str().or_else(|| token["content"].as_str());
        let listed = &config[format!("{name}_token_id")];
        let listed =
            listed.as_u64().or_else(|| listed[0].as_u64()).and_then(|number| usize::try_from(number).ok());
        token.and_then(|token| file.number(token)).or(listed)
    };
    for (name, key) in SPECIAL {
        if let Some(number) = number(name).and_then(|number| u32::try_from(number).ok()) {
            keys.push((format!("tokenizer.ggml.{key}_token_id"), Value::U32(number)));
        }
    }
    if number("eos").is_none() {
        notes.push(format!(
            "neither {CONFIG} nor config.json names a token that ends a text: llama.cpp takes one of its own"
        ));
    }
    let around = around(file);
    for (name, at) in [("bos", around[0]), ("eos", around[1])] {
        let added = match at {
            Some(token) => {
                let own = number(name);
                if file.number(token) != own {
                    let what = if name == "bos" { "before" } else { "behind" };
                    notes.push(format!("`{token}` is put {what} a text and is not the {name} token: llama.cpp does not put it there"));
                }
                file.number(token) == own
            }
            None => file.post_processor.is_null() && said[format!("add_{name}_token")] == Json::Bool(true),
        };
        keys.push((format!("tokenizer.ggml.add_{name}_token"), Value::Bool(added)));
    }
    keys.extend(templates(files, &said)?);
    Ok(keys)
}

/// The tokens that are put before and behind a text.
fn around(file: &TokenizerFile) -> [Option<&str>; 2] {
    let mut around = [None; 2];
    for step in steps(&file.post_processor, "processors") {
        let Some(single) = step["single"].as_array().filter(|_| step["type"] == "TemplateProcessing") else {
            continue;
        };
        let text = single.iter().position(|part| part.get("Sequence").is_some()).unwrap_or(single.len());
        let token = |part: Option<&Json>| -> Option<String> {
            part?["SpecialToken"]["id"].as_str().map(str::to_owned)
        };
        let of = |name: Option<String>| {
            name.and_then(|name| file.added().iter().find(|added| added.content == name))
        };
        let first = of(token(single.first().filter(|_| text > 0)));
        let last = of(token(single.last().filter(|_| text + 1 < single.len())));
        around = [first, last].map(|added| added.map(|added| added.content.as_str()));
    }
    around
}

fn json(files: &dyn ModelFiles) -> Result<Json, ExportError> {
    if !files.names().iter().any(|name| name == CONFIG) {
        return Ok(Json::Null);
    }
    serde_json::from_slice(&read(files, CONFIG)?)
        .map_err(|error| bad(CONFIG, error.to_string(), "a JSON object, as Transformers writes it"))
}

/// The default template, and others by name.
fn templates(files: &dyn ModelFiles, said: &Json) -> Result<Vec<(String, Value)>, ExportError> {
    const KEY: &str = "tokenizer.chat_template";
    let text = |text: &str| Value::Text(text.to_owned());
    match &said["chat_template"] {
        Json::String(template) => Ok(vec![(KEY.to_owned(), text(template))]),
        Json::Array(named) => {
            let pair =
                |one: &Json| Some((one["name"].as_str()?.to_owned(), one["template"].as_str()?.to_owned()));
            let all: Vec<(String, String)> = named.iter().filter_map(pair).collect();
            let key = |name: &str| if name == "default" { KEY.to_owned() } else { format!("{KEY}.{name}") };
            let others: Vec<String> =
                all.iter().map(|(name, _)| name.clone()).filter(|name| name != "default").collect();
            let mut keys: Vec<(String, Value)> =
                all.iter().map(|(name, template)| (key(name), text(template))).collect();
            if !others.is_empty() {
                keys.push(("tokenizer.chat_templates".to_owned(), Value::Texts(others)));
            }
            Ok(keys)
        }
        _ if files.names().iter().any(|name| name == TEMPLATE) => {
            let bytes = read(files, TEMPLATE)?;
            let template = std::str::from_utf8(&bytes)
                .map_err(|error| bad(TEMPLATE, error.to_string(), "a text in UTF-8"))?;
            Ok(vec![(KEY.to_owned(), text(template))])
        }
        _ => Ok(Vec::new()),
    }
}
