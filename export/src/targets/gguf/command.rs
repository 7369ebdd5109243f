//! How to run the file: what its folder says to people, and types of tensors for other quantisers.

use super::cache::Cache;
use super::container::Entry;

/// The file with the command lines.
pub(super) const README: &str = "README.md";
/// The file for `llama-quantize --tensor-type-file`.
pub(super) const TYPES: &str = "tensor-types.txt";

/// What the folder is, and how it is run.
pub(super) fn readme(model: &str, cache: Cache, notes: &[String]) -> String {
    let line = |program: &str| {
        let environment = cache.environment().map(|text| format!("{text} ")).unwrap_or_default();
        let arguments: String = cache.arguments().iter().map(|argument| format!(" {argument}")).collect();
        format!("    {environment}{program} -m model.gguf{arguments}\n")
    };
    let mut text = format!("# {model}\n\n`model.gguf` is for llama.cpp and what is built on it:\n\n");
    text.push_str(&line("llama-server"));
    text.push_str(&line("llama-cli"));
    text.push_str(
        "\nMatrices in blocks are the numbers that were scored, to the bit. On processors llama.cpp rounds what enters such a matrix \
         to 8 bits, and what enters one in 16 bits to 16; that is its arithmetic and was not scored. Its caches are in 16 bits where \
         nothing else is said; `-ctk f32 -ctv f32` is what was scored where the plan says nothing of the cache.\n",
    );
    if let Some(environment) = cache.environment() {
        text.push_str(&format!(
            "\nWith `{environment}` keys and values are stored as they were scored. Without it llama.cpp turns heads by a Hadamard \
             matrix before it rounds them, which often loses less, and was not scored.\n"
        ));
    }
    if !cache.arguments().is_empty() {
        text.push_str("\nollama and LM Studio have settings of their own for the types of the KV cache.\n");
    }
    text.push_str(
        "\n`tensor-types.txt` names the types of all matrices for `llama-quantize --tensor-type-file`, which rounds them as it likes: \
         with an importance matrix to other numbers than these.\n",
    );
    if !notes.is_empty() {
        text.push_str("\nThe tokenizer:\n\n");
        notes.iter().for_each(|note| text.push_str(&format!("* {note}.\n")));
    }
    text
}

/// One line for each matrix that a quantiser would touch: an expression that matches its whole name and nothing else.
pub(super) fn types<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> String {
    let matrix = |entry: &&Entry| entry.shape.len() > 1 && !entry.name.contains("_gate_inp");
    let line = |entry: &Entry| format!("^{}$={}\n", entry.name.replace('.', "\\."), entry.kind.name());
    entries.into_iter().filter(matrix).map(line).collect()
}
