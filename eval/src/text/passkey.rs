//! Items that hide a pass key far back and ask for it at their end (Mohtashami & Jaggi, arXiv 2305.16300, §4.2): whether a
//! model with shortened attention can still look there.

use attune_core::rng;
use rand::RngExt as _;

use super::Items;
use super::options::PASSKEYS;
use crate::error::TaskError;
use crate::tokens::Tokens;

/// Raised when other items come of the same numbers: part of how keys are drawn.
const SEED: u64 = 1;
/// More items than this are a slip: their tokens are all in memory.
const MOST: usize = 4096;
/// Draws of one key until it has as many tokens as the first.
const DRAWS: usize = 1000;

const TASK: &str = "A pass key is hidden in the text below. Find it and remember it.\n";
const FILLER: &str = "The river runs past the mill. The road follows the river. Behind the hills the day is quiet. \
                      Somebody walks there and comes back. ";
const QUESTION: &str = "\nWhat is the pass key? The pass key is";

/// `count` items of `length` tokens; only the key that ends each of them is scored. The keys lie at evenly spaced
/// depths, from just behind the beginning to just before the question. The same for every call.
///
/// # Errors
/// [`TaskError::NoPasskey`] when the items are too short, or what the tokenizer says.
pub(super) fn items(tokens: &Tokens, length: usize, count: usize) -> Result<Items, TaskError> {
    if count > MOST {
        let reason = format!("{count} items; expected at most {MOST} of them");
        return Err(TaskError::NoPasskey { option: PASSKEYS, length, reason });
    }
    let split = super::with_passkey(length as u32);
    let encode = |text: &str| tokens.encode(text, &split);
    let (task, filler, question) = (encode(TASK)?, encode(FILLER)?, encode(QUESTION)?);
    let mut ids = Vec::with_capacity(length * count);
    let mut scored = 0;
    for item in 0..count {
        let mut random = rng::derive(SEED, "pass key", &[length as u64, item as u64]);
        let mut draws = (0..DRAWS).map(|_| {
            let key = random.random_range(10_000..100_000_u32);
            Ok((key, encode(&format!(" {key}"))?))
        });
        let alike = draws
            .find(|drawn| drawn.as_ref().map_or(true, |(_, answer)| scored == 0 || answer.len() == scored));
        let unlike = || TaskError::NoPasskey {
            option: PASSKEYS,
            length,
            reason: format!("the tokenizer writes no other key with {scored} tokens; leave them out"),
        };
        let (key, answer) = alike.ok_or_else(unlike)??;
        if answer.is_empty() {
            let reason = "the tokenizer knows no digits; leave them out".to_owned();
            return Err(TaskError::NoPasskey { option: PASSKEYS, length, reason });
        }
        scored = answer.len();
        let needle = encode(&format!("\nThe pass key is {key}. Remember it: {key} is the pass key.\n"))?;
        let fixed = task.len() + needle.len() + question.len() + answer.len();
        if fixed >= length || filler.is_empty() {
            let reason = format!("expected more than {fixed}, which task, key and question take");
            return Err(TaskError::NoPasskey { option: PASSKEYS, length, reason });
        }
        let rest = length - fixed;
        let before = rest * (2 * item + 1) / (2 * count);
        let fill = |tokens: usize| filler.iter().copied().cycle().take(tokens);
        ids.extend(&task);
        ids.extend(fill(before));
        ids.extend(&needle);
        ids.extend(fill(rest - before));
        ids.extend(&question);
        ids.extend(&answer);
    }
    Ok(Items { ids, length, scored })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn tokens() -> Tokens {
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/tiny-moe");
        Tokens::open(&model.join("tokenizer.json"), usize::MAX).unwrap()
    }

    #[test]
    fn every_item_hides_a_key_of_its_own_and_ends_with_it() {
        let tokens = tokens();
        let made = items(&tokens, 200, 5).unwrap();
        assert_eq!((made.count(), made.length), (5, 200));
        let mut keys = Vec::new();
        let mut places = Vec::new();
        for item in made.ids.chunks_exact(200) {
            let text = tokens.text(item);
            let key = tokens.text(&item[200 - made.scored..]);
            let key = key.trim().to_owned();
            assert!(key.len() == 5 && key.bytes().all(|byte| byte.is_ascii_digit()), "{key}");
            assert_eq!(text.matches(&key).count(), 3, "twice in the needle, once as the answer: {text}");
            assert!(text.starts_with(TASK) && text.ends_with(&format!("The pass key is {key}")), "{text}");
            places.push(text.find(&key).unwrap());
            keys.push(key);
        }
        assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "deeper from item to item: {places:?}");
        keys.dedup();
        assert_eq!(keys.len(), 5);
        assert_eq!(items(&tokens, 200, 5).unwrap(), made, "the same again");
    }

    #[test]
    fn another_implementation_hides_the_same_keys() {
        let recorded =
            std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/pass-keys.json"))
                .unwrap();
        let recorded: serde_json::Value = serde_json::from_slice(&recorded).unwrap();
        for record in recorded.as_array().unwrap() {
            let number = |name: &str| record[name].as_u64().unwrap() as usize;
            let made = items(&tokens(), number("length"), number("count")).unwrap();
            assert_eq!(made.scored, number("scored"));
            let items: Vec<serde_json::Value> =
                made.ids.chunks_exact(made.length).map(|item| item.to_vec().into()).collect();
            assert_eq!(serde_json::Value::from(items), record["items"]);
        }
    }

    #[test]
    fn a_key_needs_room() {
        let error = items(&tokens(), 40, 1).unwrap_err().to_string();
        assert!(error.starts_with("items of 40 tokens with a pass key: expected more than "), "{error}");
    }
}
