//! Why a device, a model or a task cannot be opened.
//!
//! Every message says which file, where in it, what was found, what was expected and what to do.

use std::path::{Path, PathBuf};

use attune_core::evaluator::{EvalFailure, OpenFailure, OpenFault};
use attune_families::ConfigError;
use attune_files::{ReadError, nearest};

/// Why a device cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// Not a device name.
    #[error(
        "unknown device `{device}`; expected auto, cpu, or one of cuda, rocm, metal, vulkan, wgpu, optionally \
         with an index such as vulkan:0"
    )]
    Unknown {
        /// What was given.
        device: String,
    },
    /// The part after the colon is no index, or the device takes none.
    #[error("device `{device}`: expected a number after `:` (such as vulkan:0), and none for auto and cpu")]
    BadIndex {
        /// What was given.
        device: String,
    },
    /// The backend exists but this build lacks it.
    #[error("device `{device}` is not compiled in; build with `--features {feature}`, or use `--device cpu`")]
    NotCompiledIn {
        /// What was given.
        device: String,
        /// Cargo feature that adds it.
        feature: String,
    },
    /// The backend is compiled in and finds no such device.
    #[error("device `{device}` cannot be opened: {reason}; use `--device cpu`, or install its driver")]
    Unavailable {
        /// What was given.
        device: String,
        /// What the backend said.
        reason: String,
    },
    /// The device does not compute in the wanted element type.
    #[error("device `{device}` does not compute in {precision}; use f32")]
    NoPrecision {
        /// What was given.
        device: String,
        /// The element type.
        precision: &'static str,
    },
}

/// Why a model cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// config.json, or another file, cannot be read or asks for something that is not there.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The folder is no model in the Hugging Face layout.
    #[error("{folder} is no model folder: {found}; expected a folder with config.json and model.safetensors")]
    NotAModel {
        /// The folder.
        folder: PathBuf,
        /// What it is instead, and what to do.
        found: String,
    },
    /// The folder holds no weights in a format that is read here.
    #[error("{folder} holds neither model.safetensors nor model.safetensors.index.json; {found}")]
    NoWeights {
        /// The folder.
        folder: PathBuf,
        /// What it holds instead, and what to do.
        found: String,
    },
    /// The index of several weight files is of other files.
    #[error(
        "{index} and {shard} disagree on tensor `{tensor}`: {found}; the index is of another version of the model: \
         download it and its files again"
    )]
    StaleIndex {
        /// The index.
        index: PathBuf,
        /// A tensor of which they disagree.
        tensor: String,
        /// The weight file.
        shard: PathBuf,
        /// What each of the two says.
        found: &'static str,
    },
    /// A safetensors file cannot be parsed.
    #[error("{file} is not a complete safetensors file: {reason}; {advice}")]
    BadShard {
        /// Path of the file, as the message names it.
        file: PathBuf,
        /// What the parser said.
        reason: String,
        /// What to do.
        advice: &'static str,
    },
    /// A tensor that the architecture needs is absent.
    #[error("{place} has no tensor `{tensor}` (expected shape {expected:?}): {hint}")]
    MissingTensor {
        /// File or folder that should hold it.
        place: PathBuf,
        /// Its name.
        tensor: String,
        /// The shape that config.json implies.
        expected: Vec<usize>,
        /// The nearest that is there, what it means and what would help.
        hint: String,
    },
    /// A tensor that would have no effect, although it was saved as a part of the model.
    #[error("{file}: nothing reads tensor `{tensor}`{}: {reason}", and_others(*others))]
    UnreadTensor {
        /// Path of the file, as the message names it.
        file: PathBuf,
        /// Its name.
        tensor: String,
        /// How many more there are.
        others: usize,
        /// Why, and what would help.
        reason: String,
    },
    /// A tensor has another shape than config.json implies.
    #[error("{file}: tensor `{tensor}` has shape {found:?}, expected {expected:?} by {keys} of config.json")]
    WrongShape {
        /// Path of the file, as the message names it.
        file: PathBuf,
        /// Its name.
        tensor: String,
        /// What was found.
        found: Vec<usize>,
        /// What config.json implies.
        expected: Vec<usize>,
        /// The keys that imply it.
        keys: &'static str,
    },
    /// A tensor is stored in an element type that is not read here.
    #[error("{file}: tensor `{tensor}` is stored as {found}, expected F32, F16 or BF16; {advice}")]
    UnsupportedDtype {
        /// Path of the file, as the message names it.
        file: PathBuf,
        /// Its name.
        tensor: String,
        /// What was found.
        found: String,
        /// What to do.
        advice: &'static str,
    },
    /// A part of a matrix in few bits holds what its format does not.
    #[error(
        "{file}: tensor `{tensor}` holds {found}, expected {expected}; dequantise the model first, or take the folder that it was made of"
    )]
    BadPacking {
        /// Path of the file, as the message names it.
        file: PathBuf,
        /// Its name.
        tensor: String,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// A weight is NaN or infinite.
    #[error(
        "{file}: tensor `{tensor}` holds {value} at element {index}, expected finite numbers; the file is damaged or the training diverged"
    )]
    NotFinite {
        /// Path of the file, as the message names it.
        file: PathBuf,
        /// Its name.
        tensor: String,
        /// Position in row-major order.
        index: usize,
        /// NaN, inf or -inf.
        value: f32,
    },
}

fn and_others(others: usize) -> String {
    if others == 0 { String::new() } else { format!(" (and {others} more)") }
}

/// Why a task cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaskError {
    /// A file is absent, no regular file, or unreadable.
    #[error("{source}{near}; expected {expected}")]
    Unreadable {
        /// What is in the way, with the file.
        source: ReadError,
        /// What may have been meant: a clause to append, or nothing.
        near: String,
        /// What the file is for.
        expected: &'static str,
    },
    /// The tokenizer cannot be used.
    #[error("{file} is not a tokenizer: {reason}; expected the tokenizer.json of the Hugging Face layout")]
    BadTokenizer {
        /// Path of the file, as the message names it.
        file: PathBuf,
        /// What the tokenizer library said.
        reason: String,
    },
    /// A file that holds no text that could be scored, or a place in it that is none.
    #[error("{file}{}: {found}; {remedy}", place.as_deref().map(|place| format!(", {place}")).unwrap_or_default())]
    BadText {
        /// Path of the file, as the message names it.
        file: PathBuf,
        /// Where in it: a line, a byte.
        place: Option<String>,
        /// What was found, and what was expected.
        found: String,
        /// What to do.
        remedy: String,
    },
    /// A token that the model has no embedding for.
    #[error(
        "{file}: token {token} ({text:?}) of the {split} text is not below the vocabulary size {vocab} of the model; is the \
         tokenizer of the same model?"
    )]
    TokenOutOfRange {
        /// The tokenizer file.
        file: PathBuf,
        /// Where it occurred.
        split: String,
        /// The token.
        token: u32,
        /// What it stands for.
        text: String,
        /// Entries of the embedding.
        vocab: usize,
    },
    /// The item length makes no sense for the model.
    #[error("items of {length} tokens: expected 2 to {context}, the context of the model")]
    BadLength {
        /// The option of the task that gave it.
        option: &'static str,
        /// What was given.
        length: usize,
        /// The longest context.
        context: usize,
    },
    /// Real images that cannot be compared with.
    #[error("{file}: {found}; expected {expected}")]
    BadImages {
        /// Path of the file, as the message names it.
        file: PathBuf,
        /// What was found.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// Selection images appear among the images that results are reported on.
    #[error(
        "selection and {other} images overlap: {count} of the {other} images are also selection images, the first is \
         image {index}; use disjoint images"
    )]
    SharedImages {
        /// The other split.
        other: String,
        /// How many.
        count: usize,
        /// The first of them, counted from 0.
        index: usize,
    },
    /// A split with too little text for one item.
    #[error(
        "the {split} text {file} has {tokens} tokens, too few for {items} {} of {length}; give more text, or {}shorter items",
        if *items == 1 { "item" } else { "items" },
        if *items == 1 { "" } else { "fewer or " }
    )]
    TooShort {
        /// Path of the file, as the message names it.
        file: PathBuf,
        /// The split.
        split: String,
        /// Tokens found.
        tokens: usize,
        /// Items wanted.
        items: usize,
        /// Tokens per item.
        length: usize,
    },
    /// Items with too little room for a pass key, or a tokenizer that writes no two keys with as many tokens.
    #[error("items of {length} tokens with a pass key: {reason}")]
    NoPasskey {
        /// The option of the task that asked for them.
        option: &'static str,
        /// Tokens per item.
        length: usize,
        /// What is in the way, and what to do.
        reason: String,
    },
    /// A question of the selection is asked in data that results are reported on, too.
    #[error(
        "selection and {other} data overlap: {count} of the {of} questions of the {other} data are also in the selection data, the \
         first at {place} and at {known}: {question:?}; use disjoint data"
    )]
    SharedQuestions {
        /// The other split.
        other: String,
        /// How many.
        count: usize,
        /// Questions of the other split.
        of: usize,
        /// Where the first of them is: file and line.
        place: String,
        /// Where it is in the selection.
        known: String,
        /// The question, shortened.
        question: String,
    },
    /// A text among the options of the task that is none.
    #[error("task.{option} is {found:?}, expected {expected}")]
    BadOption {
        /// The option.
        option: &'static str,
        /// What was given.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// Selection data appears in data that results are reported on.
    #[error(
        "selection and {other} data overlap: {share:.1} % of the {other} text {file} is also in the selection text ({what}; \
         {expected:.1} % would be chance), for example {example:?}; use disjoint texts"
    )]
    Overlap {
        /// The other split.
        other: String,
        /// Its file.
        file: PathBuf,
        /// Per cent of its characters.
        share: f64,
        /// Per cent that the selection text's own repetition explains.
        expected: f64,
        /// What was compared.
        what: String,
        /// The longest that is shared, shortened.
        example: String,
    },
}

impl TaskError {
    /// A file that cannot be read.
    pub(crate) fn unreadable(source: ReadError, expected: &'static str) -> Self {
        let near = match &source {
            ReadError::Io { path, .. } => nearest(path),
            _ => String::new(),
        };
        Self::Unreadable { source, near, expected }
    }

    /// What has to change.
    pub fn about(&self) -> About<'_> {
        match self {
            Self::Unreadable { source, .. } => match source {
                ReadError::Io { path, .. }
                | ReadError::NotAFile { path, .. }
                | ReadError::TooLarge { path, .. }
                | ReadError::NotUtf8 { path, .. } => About::File(path),
            },
            Self::BadText { file, .. } | Self::BadImages { file, .. } => About::File(file),
            Self::BadTokenizer { .. } | Self::TokenOutOfRange { .. } => About::Model,
            Self::BadLength { option, .. }
            | Self::NoPasskey { option, .. }
            | Self::BadOption { option, .. } => About::Option(option),
            Self::TooShort { split, .. } => About::Split(split),
            Self::Overlap { other, .. }
            | Self::SharedImages { other, .. }
            | Self::SharedQuestions { other, .. } => About::Split(other),
        }
    }
}

/// What has to change before a task can be set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum About<'a> {
    /// This file: data of the task, or what lies beside the model.
    File(&'a Path),
    /// The data of this split, by its name.
    Split(&'a str),
    /// This option of the task.
    Option(&'static str),
    /// What belongs to the model.
    Model,
}

/// Why an evaluator cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// See [`DeviceError`].
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// See [`LoadError`].
    #[error(transparent)]
    Model(#[from] LoadError),
    /// See [`TaskError`].
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The device failed while the data was prepared.
    #[error(transparent)]
    Evaluator(EvalFailure),
}

impl From<OpenError> for OpenFailure {
    fn from(error: OpenError) -> Self {
        let about = match &error {
            OpenError::Device(_) => OpenFault::Device,
            OpenError::Model(_) => OpenFault::Model,
            OpenError::Task(error) => match error.about() {
                About::File(file) => OpenFault::File(file.to_owned()),
                About::Split(split) => OpenFault::Split(split.to_owned()),
                About::Option(option) => OpenFault::TaskOption(option.to_owned()),
                About::Model => OpenFault::Model,
            },
            OpenError::Evaluator(_) => OpenFault::Evaluator,
        };
        Self::new(about, error)
    }
}

impl From<LoadError> for OpenFailure {
    fn from(error: LoadError) -> Self {
        OpenError::Model(error).into()
    }
}
