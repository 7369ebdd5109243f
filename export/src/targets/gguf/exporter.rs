//! The exporter: one file, and what is said of it.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use attune_core::exporter::{Exactness, ExportError, ExportInput, Exporter, FileSink, ModelFiles};
use attune_core::facts::Facts;
use attune_core::options::{OptionValue, Settings};
use attune_core::plan::Plan;
use attune_families::{ConfigError, DecoderConfig};
use attune_vocabulary::edits::KvBits;
use attune_vocabulary::{ChannelOrder, ModelEdit as _, ModelFacts};
use serde::Serialize;

use super::container::{self, Entry, MODEL, failed};
use super::kinds::Kind;
use super::pieces::{self, Piece};
use super::request::Request;
use super::sources::{self, Sources};
use super::tokenizer::{self, Tokenizer};
use super::{DESCRIPTION, TARGET, architecture, cache, command, metadata, others, unlike};
use crate::checkpoint::{CONFIG, Layout, bad, config_text, copy_terms, with_manifest, write};

/// Writes a GGUF file that llama.cpp loads.
#[derive(Clone, Copy, Debug)]
pub struct GgufExporter;

/// What was done.
#[derive(Serialize)]
struct Done {
    approximation: Option<String>,
    tensors: Tensors,
    tokenizer: tokenizer::Done,
    /// What has to stand in the environment of llama.cpp, and its arguments beside the model.
    environment: Option<&'static str>,
    arguments: Vec<String>,
    terms: Vec<String>,
}

/// What became of the tensors.
#[derive(Serialize)]
struct Tensors {
    /// How many there are of each type.
    types: BTreeMap<&'static str, usize>,
    /// Of their numbers, without the file's header and padding.
    bytes: u64,
    bytes_before: u64,
}

/// What config.json and the tokenizer say, with what the plan asks for.
struct Prepared {
    config: DecoderConfig,
    request: Request,
    tokenizer: Tokenizer,
}

impl Prepared {
    fn new(plan: &Plan, facts: &Facts, files: &dyn ModelFiles) -> Result<Self, ExportError> {
        let request = Request::new(plan, facts)?;
        let (config, json) = config(facts, files)?;
        const PACKED: &str = "quantization_config";
        if json.get(PACKED).is_some_and(|value| !value.is_null()) {
            let expected =
                "a model whose weights are not in few bits: dequantise it first, or use `--to plan`";
            return Err(bad(CONFIG, format!("`{PACKED}`"), expected));
        }
        unlike::check(&config, request.architecture, &request.layers)?;
        let tokenizer = Tokenizer::read(files, &json, config.vocab)?;
        Ok(Self { config, request, tokenizer })
    }
}

/// What config.json says: what the facts do.
fn config(facts: &Facts, files: &dyn ModelFiles) -> Result<(DecoderConfig, serde_json::Value), ExportError> {
    let model = ModelFacts::of(facts);
    let json: serde_json::Value = serde_json::from_str(&config_text(files)?)
        .map_err(|error| bad(CONFIG, error.to_string(), "a JSON object, as Transformers writes it"))?;
    let config = DecoderConfig::of(Path::new(CONFIG), &json).map_err(|error| match error {
        ConfigError::BadConfig { key, found, expected, .. } => {
            bad(CONFIG, format!("`{key}` is {found}"), expected)
        }
        other => bad(CONFIG, other.to_string(), "a config of a family that attune reads"),
    })?;
    let experts =
        |config: &DecoderConfig| config.mixture.as_ref().map_or(0, |mixture| mixture.experts as u32);
    let found = (config.family.name, config.layers as u32, experts(&config));
    if found != (model.family.as_str(), model.layers, model.experts) {
        let words = |(family, layers, experts): (&str, u32, u32)| {
            format!("a {family} of {layers} layers and {experts} experts")
        };
        return Err(bad(CONFIG, words(found), words((&model.family, model.layers, model.experts))));
    }
    Ok((config, json))
}

impl Exporter for GgufExporter {
    fn name(&self) -> &'static str {
        DESCRIPTION.name
    }

    fn summary(&self) -> &'static str {
        DESCRIPTION.summary
    }

    fn check(&self, plan: &Plan, facts: &Facts) -> Result<Exactness, ExportError> {
        let request = Request::new(plan, facts)?;
        Ok(request.approximation.map_or(Exactness::Exact, |reason| Exactness::Approximate { reason }))
    }

    fn check_config(&self, plan: &Plan, facts: &Facts, files: &dyn ModelFiles) -> Result<(), ExportError> {
        Prepared::new(plan, facts, files).map(|_| ())
    }

    fn facts(&self, model: &Facts) -> Settings {
        let model = ModelFacts::of(model);
        let order = architecture::find(&model.family).and_then(|found| cache::key_order(found, &model));
        let fact = |order: ChannelOrder| {
            (format!("target-{}-key-order", KvBits::KIND), OptionValue::Text(order.name().to_owned()))
        };
        order.map(fact).into_iter().collect()
    }

    fn other_bytes(&self, facts: &Facts, files: &dyn ModelFiles) -> Option<u64> {
        // A model that cannot be written is refused elsewhere, in words.
        let request = Request::new(&Plan::empty(), facts).ok()?;
        let (config, _) = config(facts, files).ok()?;
        others::bytes(&pieces::all(&config, &request), facts)
    }

    fn alignment(&self) -> u32 {
        container::ALIGNMENT as u32
    }

    fn export(&self, input: &ExportInput<'_>, sink: &mut dyn FileSink) -> Result<(), ExportError> {
        // Everything that can be refused is refused before the first byte is written.
        let Prepared { config, request, tokenizer } = Prepared::new(input.plan, input.model, input.files)?;
        let layout = Layout::open(input.files)?;
        let sources = Sources::new(&layout);
        let pieces = pieces::all(&config, &request);
        let entries = pieces.iter().map(|piece| sources.entry(piece)).collect::<Result<Vec<Entry>, _>>()?;
        let model = ModelFacts::of(input.model).name;
        let mut keys = metadata::keys(&model, &config, &request, commonest(&entries).file());
        keys.extend(tokenizer.keys);
        let header = container::header(&keys, &entries);
        let readme = command::readme(&model, request.cache, tokenizer.done.notes());

        with_manifest(TARGET, input, Some(DESCRIPTION.check), sink, |sink| {
            let terms = copy_terms(input.files, sink)?;
            write(sink, command::README, readme.as_bytes())?;
            write(sink, command::TYPES, command::types(&entries).as_bytes())?;
            let tensors = Tensors {
                types: count(&entries),
                bytes: entries.iter().map(|entry| entry.bytes() as u64).sum(),
                bytes_before: layout.tensors().map(|tensor| tensor.bytes as u64).sum(),
            };
            // Last, because a folder without it is no model.
            write_model(sink, &header, &pieces, &entries, input.files, &sources)?;
            Ok(Done {
                approximation: request.approximation.clone(),
                tensors,
                tokenizer: tokenizer.done,
                environment: request.cache.environment(),
                arguments: request.cache.arguments(),
                terms,
            })
        })
    }
}

/// Writes the file, tensor after tensor: where each begins is known from shapes and types.
fn write_model(
    sink: &mut dyn FileSink,
    header: &[u8],
    pieces: &[Piece],
    entries: &[Entry],
    files: &dyn ModelFiles,
    sources: &Sources<'_>,
) -> Result<(), ExportError> {
    let mut out = sink.begin(MODEL).map_err(failed)?;
    out.write_all(header).map_err(failed)?;
    for (piece, entry) in pieces.iter().zip(entries) {
        sources::write(&mut out, piece, entry.kind, sources, files)?;
        out.write_all(container::zeros_behind(entry.bytes())).map_err(failed)?;
    }
    out.finish().map_err(failed)
}

/// The type that most bytes are of.
fn commonest(entries: &[Entry]) -> Kind {
    let mut bytes: BTreeMap<Kind, usize> = BTreeMap::new();
    entries.iter().for_each(|entry| *bytes.entry(entry.kind).or_default() += entry.bytes());
    bytes.into_iter().max_by_key(|(_, bytes)| *bytes).map_or(Kind::F32, |(kind, _)| kind)
}

fn count(entries: &[Entry]) -> BTreeMap<&'static str, usize> {
    let mut types = BTreeMap::new();
    entries.iter().for_each(|entry| *types.entry(entry.kind.name()).or_default() += 1);
    types
}
