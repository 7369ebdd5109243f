//! What `quantization_config` of config.json says, read or refused by name.

use std::path::Path;

use serde_json::{Map, Value};

use attune_families::config::{Keys, quoted};

use crate::error::LoadError;

const KEY: &str = "quantization_config";

/// How matrices of a checkpoint are packed, those that are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Packing {
    /// None is.
    #[default]
    None,
    Fp8(Fp8),
    Gptq(Gptq),
    Awq(Awq),
    Mxfp4,
}

/// Rows and columns of a block; those at the end of a matrix may be smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fp8 {
    pub(super) block: [usize; 2],
}

/// How GPTQ packed matrices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gptq {
    /// 2, 4 or 8.
    pub(super) bits: u32,
    /// Inputs of a group; `None`: all of them.
    pub(super) group: Option<usize>,
    /// Whether zero points are stored one too low.
    pub(super) one_less: bool,
}

/// How AWQ packed matrices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Awq {
    /// Inputs of a group; `None`: all of them.
    pub(super) group: Option<usize>,
}

/// Keys that say how a model was packed or which kernels multiply it, not what its numbers are.
const WITHOUT_EFFECT: [&str; 40] = [
    "activation_scheme",
    "backend",
    "batch_size",
    "block_name_to_quantize",
    "cache_block_outputs",
    "damp_auto_increment",
    "damp_percent",
    "dataset",
    "dequantize",
    "desc_act",
    "disable_exllama",
    "do_fuse",
    "exllama_config",
    "fuse_max_seq_len",
    "ignored_layers",
    "lm_head",
    "max_input_length",
    "meta",
    "model_file_base_name",
    "model_name_or_path",
    "model_seqlen",
    "module_name_preceding_first_block",
    "modules_in_block_to_quantize",
    "modules_to_fuse",
    "modules_to_not_convert",
    "mse",
    "pad_token_id",
    "quant_method",
    "quantizer",
    "scale_fmt",
    "static_groups",
    "sym",
    "tokenizer",
    "true_sequential",
    "use_cuda_fp16",
    "use_exllama",
    "act_group_aware",
    "hyb_act",
    "offload_to_disk",
    "vram_strategy",
];

struct Config<'a> {
    keys: Keys<'a>,
    object: &'a Map<String, Value>,
}

impl Packing {
    /// Reads what `file`, a config.json, holds.
    ///
    /// # Errors
    /// [`LoadError::Config`]: a method that is not read here, with what dequantises it, or a key of one that is.
    pub(crate) fn of(file: &Path, value: &Value) -> Result<Self, LoadError> {
        let keys = Keys { file };
        match value.get(KEY) {
            None | Some(Value::Null) => Ok(Self::None),
            Some(Value::Object(object)) => Config { keys, object }.read(),
            Some(other) => Err(keys.bad(KEY, quoted(other), "an object").into()),
        }
    }
}

impl Config<'_> {
    fn read(&self) -> Result<Packing, LoadError> {
        let method = self.object.get("quant_method").and_then(Value::as_str).unwrap_or_default();
        let (packing, own): (Packing, &[&str]) = match method {
            "fp8" => (self.fp8()?, &["fmt", "weight_block_size"]),
            "gptq" => {
                let own = &[
                    "bits",
                    "group_size",
                    "checkpoint_format",
                    "format",
                    "dynamic",
                    "pack_dtype",
                    "is_marlin_format",
                ];
                (self.gptq()?, own)
            }
            "awq" => (self.awq()?, &["bits", "group_size", "version", "zero_point"]),
            "mxfp4" => (Packing::Mxfp4, &[]),
            _ => return Err(self.bad("quant_method", &advice(method))),
        };
        let known = |key: &String| own.contains(&key.as_str()) || WITHOUT_EFFECT.contains(&key.as_str());
        match self.object.iter().find(|(key, value)| !known(key) && !value.is_null()) {
            None => Ok(packing),
            Some((key, _)) => Err(self.bad(
                key,
                "no such key: it is unknown here, and it may change what the codes mean; remove it from a copy of the file if \
                 it does not",
            )),
        }
    }

    fn fp8(&self) -> Result<Packing, LoadError> {
        self.only("fmt", &["e4m3"])?;
        let sides = self.object.get("weight_block_size").and_then(Value::as_array);
        let side = |value: &Value| {
            value.as_u64().and_then(|side| usize::try_from(side).ok()).filter(|&side| side > 0)
        };
        let sides: Option<Vec<usize>> = sides.and_then(|sides| sides.iter().map(side).collect());
        match sides.as_deref() {
            Some(&[rows, columns]) => Ok(Packing::Fp8(Fp8 { block: [rows, columns] })),
            _ => Err(self.bad(
                "weight_block_size",
                "rows and columns of a block, such as [128, 128]: fp8 with other scales is not read; take the folder that it \
                 was made of",
            )),
        }
    }

    fn gptq(&self) -> Result<Packing, LoadError> {
        let bits = match self.object.get("bits").and_then(Value::as_u64) {
            Some(bits @ (2 | 4 | 8)) => bits as u32,
            _ => return Err(self.bad("bits", "2, 4 or 8: codes of others do not end with words")),
        };
        self.only("pack_dtype", &["int32"])?;
        for key in ["checkpoint_format", "format"] {
            self.only(key, &["gptq", "gptq_v2"])?;
        }
        if self.object.get("is_marlin_format").and_then(Value::as_bool) == Some(true) {
            return Err(
                self.bad("is_marlin_format", "false: codes in the order of marlin's kernels are not read")
            );
        }
        if self.object.get("dynamic").and_then(Value::as_object).is_some_and(|rules| !rules.is_empty()) {
            return Err(self.bad("dynamic", "no rules for single modules: they are not read"));
        }
        let format = |key| self.object.get(key).and_then(Value::as_str);
        let second = [format("checkpoint_format"), format("format")].contains(&Some("gptq_v2"));
        Ok(Packing::Gptq(Gptq { bits, group: self.group()?, one_less: !second }))
    }

    fn awq(&self) -> Result<Packing, LoadError> {
        if self.object.get("bits").and_then(Value::as_u64) != Some(4) {
            return Err(self.bad("bits", "4"));
        }
        self.only("version", &["gemm", "GEMM"])?;
        if self.object.get("zero_point").is_some_and(|value| value.as_bool() != Some(true)) {
            return Err(self.bad("zero_point", "true: codes without zero points are not read"));
        }
        Ok(Packing::Awq(Awq { group: self.group()? }))
    }

    /// Inputs of a group; −1 is all of them.
    fn group(&self) -> Result<Option<usize>, LoadError> {
        match self.object.get("group_size").and_then(Value::as_i64) {
            Some(-1) => Ok(None),
            Some(size @ 1..) => Ok(usize::try_from(size).ok()),
            _ => Err(self.bad("group_size", "the inputs of a group, or -1 for all of them")),
        }
    }

    /// Refuses a word that is there and none of these.
    fn only(&self, key: &str, words: &[&str]) -> Result<(), LoadError> {
        match self.object.get(key) {
            None | Some(Value::Null) => Ok(()),
            Some(value) if value.as_str().is_some_and(|word| words.contains(&word)) => Ok(()),
            Some(_) => Err(self.bad(key, &format!("{}: others are not read", words.join(" or ")))),
        }
    }

    fn bad(&self, key: &str, expected: &str) -> LoadError {
        let found = self.object.get(key).map_or_else(|| "absent".to_owned(), quoted);
        self.keys.bad(&format!("{KEY}.{key}"), found, expected).into()
    }
}

/// What is read, and what makes a folder that can be read of another.
fn advice(method: &str) -> String {
    const READ: &str = "one of fp8, gptq, awq and mxfp4, which are read here";
    let how = match method {
        "bitsandbytes" | "bitsandbytes_4bit" | "bitsandbytes_8bit" => {
            "; dequantise it with `python -c 'from transformers import AutoModelForCausalLM as M; \
             M.from_pretrained(\"FROM\").dequantize().save_pretrained(\"TO\")'`, or take the folder that it was made of"
        }
        "compressed-tensors" => {
            "; dequantise it with transformers (`CompressedTensorsConfig(dequantize=True)` for `quantization_config` of \
             `from_pretrained`, then `save_pretrained`), or take the folder that it was made of"
        }
        _ => "; dequantise the model first, or take the folder that it was made of",
    };
    format!("{READ}{how}")
}
