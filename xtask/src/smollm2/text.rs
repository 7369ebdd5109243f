//! Texts out of JSON lines.

use std::collections::{BTreeMap, HashSet};

use super::FetchError;

/// The key of the original text; the others hold its sentences in other orders.
const KEY: &str = "0";

/// The different texts of a file, in order, without surrounding white space.
pub(super) fn articles(file: &str, bytes: &[u8]) -> Result<Vec<String>, FetchError> {
    let text = std::str::from_utf8(bytes).map_err(|error| FetchError::bad(file, &error))?;
    let mut seen = HashSet::new();
    let mut articles = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = || format!("{file}, line {}", index + 1);
        let mut fields: BTreeMap<String, serde_json::Value> =
            serde_json::from_str(line).map_err(|error| FetchError::bad(place(), &error))?;
        let Some(serde_json::Value::String(article)) = fields.remove(KEY) else {
            return Err(FetchError::bad(place(), &format!("expected a text under the key \"{KEY}\"")));
        };
        let article = article.trim().to_owned();
        if !article.is_empty() && seen.insert(article.clone()) {
            articles.push(article);
        }
    }
    Ok(articles)
}

/// One text, articles apart by an empty line.
pub(super) fn join(articles: &[String]) -> String {
    articles.join("\n\n") + "\n"
}
