//! What config.json says about rotary embedding.
//!
//! Two forms are met: `rope_scaling` beside `rope_theta` (transformers up to 4), and `rope_parameters` (from 5 on). Each
//! is read as those who write it read it; a file in which both speak, or in which the versions read the same words
//! differently, is refused.

mod scaling;

use self::scaling::{kind, longrope, ntk, scaling};
use super::fields::{Fields, Found};
use super::keys::quoted;
use super::temperature::Temperature;
use crate::error::ConfigError;
use crate::rope::{Rope, Scaling};
use crate::schema::{PartRule, RotationRule, TemperatureRule};

const KNOWN: &str = "default, linear, dynamic, llama3 or yarn";
const OLD: &str = "rope_scaling";
const NEW: &str = "rope_parameters";
const BASE: &str = "rope_theta";
const KIND: &str = "rope_type";
/// The name of `rope_type` before 2024.
const OLD_KIND: &str = "type";
const ORIGINAL: &str = "original_max_position_embeddings";
/// What newer files have inside `rope_parameters` where layers differ: those without a window and those with one.
const KINDS: [&str; 2] = ["full_attention", "sliding_attention"];
const PART: &str = "partial_rotary_factor";

/// What config.json says about rotations.
pub(super) struct Rotations {
    pub(super) rope: Rope,
    /// Of layers with a window, where it is another one.
    pub(super) local: Option<Rope>,
    /// Share of the channels of a head that are rotated, where the file says so.
    pub(super) share: Option<f64>,
    /// Scales of queries that stand beside the numbers of the rotation.
    pub(super) temperature: Option<Temperature>,
    /// Longest context in tokens that the rotation is known for.
    pub(super) context: usize,
}

impl Rotations {
    /// `context` is `max_position_embeddings`.
    pub(super) fn read(
        fields: &Fields<'_>,
        rule: &RotationRule,
        context: usize,
    ) -> Result<Self, ConfigError> {
        let top = share(fields, rule, rule.part_key)?;
        let base = base_at(fields, rule.base_key)?;
        // An empty object says nothing.
        let given = |key| -> Result<_, ConfigError> {
            Ok(fields.object(key)?.value().filter(|object: &Fields<'_>| !object.is_empty()))
        };
        let reader = Reader { fields, rule, context };
        let local = match (rule.local_base, rule.local_key) {
            (None, _) => None,
            (Some(default), Some(key)) => {
                Some(Rope { base: base_at(fields, key)?.unwrap_or(default), scaling: Scaling::None })
            }
            (Some(default), None) => {
                if let Some(base) = base.filter(|&base| base != default) {
                    let expected = format!(
                        "{default}, or `{NEW}` for each kind of layer: whether it speaks of layers with a window is read \
                         differently by versions"
                    );
                    return Err(fields.bad(BASE, base, expected));
                }
                Some(Rope { base: default, scaling: Scaling::None })
            }
        };
        let rotations = match (given(OLD)?, given(NEW)?) {
            (Some(_), Some(_)) => {
                let expected =
                    format!("nothing beside `{NEW}`: the two are one thing under two names; keep one");
                return Err(fields.bad(OLD, "given", expected));
            }
            (None, None) if rule.given => {
                return Err(fields.bad(
                    OLD,
                    "absent",
                    "the numbers of the rotation: without them it is a scaled one",
                ));
            }
            (None, None) => Self {
                rope: Rope { base: base_or_default(fields, rule, base)?, scaling: Scaling::None },
                local,
                share: top,
                temperature: None,
                context,
            },
            (Some(old), None) => {
                let inside = share(&old, rule, PART)?;
                let base = base_or_default(fields, rule, old_base(&old, rule, base)?)?;
                let (scaling, temperature) = reader.old_scaling(&old)?;
                let share = agreed(fields, rule, top, inside)?;
                Self { rope: Rope { base, scaling }, local, share, temperature, context }
            }
            (None, Some(new)) if local.is_some() => reader.by_kind(&new, base, local)?,
            (None, Some(new)) => {
                let inside = share(&new, rule, PART)?;
                let base = base_or_default(fields, rule, new_base(&new, rule.base_key, base)?)?;
                let (scaling, temperature) = reader.new_scaling(&new)?;
                let share = agreed(fields, rule, top, inside)?;
                Self { rope: Rope { base, scaling }, local: None, share, temperature, context }
            }
        };
        if rule.longrope {
            // Written whatever the rotation is; read where it is a scaled one.
            fields.raw(ORIGINAL);
        } else {
            rotations.rope.agrees(fields)?;
        }
        rotations.rope.has_a_ramp(fields)?;
        let context = match rotations.rope.scaling {
            // Of longer sequences, versions take one list of divisors or the other.
            Scaling::LongRope { context: original, .. } if rule.magnitudes => context.min(original as usize),
            _ => context,
        };
        Ok(Self { context, ..rotations })
    }
}

/// The share of a head that is rotated, where an object says so.
fn share(fields: &Fields<'_>, rule: &RotationRule, key: &'static str) -> Result<Option<f64>, ConfigError> {
    if rule.part == PartRule::Whole {
        whole_heads(fields)?;
        return Ok(None);
    }
    match fields.real(key)? {
        Found::Absent => Ok(None),
        Found::Is(part) if part > 0.0 && part <= 1.0 => Ok(Some(part)),
        Found::Is(part) => Err(fields.bad(key, part, "a share above 0 and up to 1")),
        Found::Null => Err(fields.null(key, "a share above 0 and up to 1")),
    }
}

/// The base, or what its absence means where that is agreed on.
fn base_or_default(fields: &Fields<'_>, rule: &RotationRule, base: Option<f64>) -> Result<f64, ConfigError> {
    match base {
        Some(base) => Ok(base),
        None if rule.base_needed => {
            let expected = "a number above 0: versions of transformers differ in what its absence means";
            Err(fields.bad(rule.base_key, "absent", expected))
        }
        None => Ok(rule.base),
    }
}

/// The share, of which both places say the same.
fn agreed(
    fields: &Fields<'_>,
    rule: &RotationRule,
    top: Option<f64>,
    inside: Option<f64>,
) -> Result<Option<f64>, ConfigError> {
    if let (Some(top), Some(inside)) = (top, inside)
        && top != inside
    {
        return Err(fields.bad(
            rule.part_key,
            top,
            format!("{inside}, as beside the other numbers of the rotation"),
        ));
    }
    Ok(top.or(inside))
}

impl Rope {
    /// The ramp of YaRN goes by the logarithm of the base.
    fn has_a_ramp(&self, fields: &Fields<'_>) -> Result<(), ConfigError> {
        match self.scaling {
            Scaling::Yarn { .. } if self.base == 1.0 => {
                Err(fields.bad(BASE, 1, "another number: the logarithm of the base is divided by"))
            }
            _ => Ok(()),
        }
    }

    /// The rotation of heads of which so many channels are rotated.
    pub(super) fn of_channels(self, fields: &Fields<'_>, rotated: usize) -> Result<Self, ConfigError> {
        if rotated == 2 && matches!(self.scaling, Scaling::Dynamic { .. } | Scaling::Ntk { .. }) {
            let expected = "4 or more rotated ones, as the base of this rotation is computed";
            return Err(fields.bad("head_dim", "2 channels", expected));
        }
        Ok(self)
    }

    /// The length of the first training is beside the numbers that need it; on top of the file some versions read it and
    /// some do not.
    fn agrees(&self, fields: &Fields<'_>) -> Result<(), ConfigError> {
        let used = match self.scaling {
            Scaling::Llama3 { context, .. } | Scaling::Yarn { context, .. } => Some(context),
            _ => None,
        };
        let expected = || match used {
            Some(used) => format!("{used}, as beside the other numbers of the rotation"),
            None => "no such key: this rotation has no use for it".to_owned(),
        };
        match fields.real(ORIGINAL)? {
            Found::Absent => Ok(()),
            Found::Is(value) if used == Some(value) => Ok(()),
            Found::Is(value) => Err(fields.bad(ORIGINAL, value, expected())),
            Found::Null => Err(fields.bad(ORIGINAL, "null", expected())),
        }
    }
}

fn base(fields: &Fields<'_>) -> Result<Option<f64>, ConfigError> {
    base_at(fields, BASE)
}

fn base_at(fields: &Fields<'_>, key: &'static str) -> Result<Option<f64>, ConfigError> {
    match fields.real(key)? {
        Found::Absent => Ok(None),
        Found::Null => Err(fields.null(key, "a number above 0")),
        Found::Is(base) => above_zero(fields, key, base).map(Some),
    }
}

/// The older versions look for the base on top only, the newer ones inside first.
fn old_base(old: &Fields<'_>, rule: &RotationRule, top: Option<f64>) -> Result<Option<f64>, ConfigError> {
    let key = rule.base_key;
    match base(old)? {
        None => Ok(top),
        Some(inside) if Some(inside) == top => Ok(top),
        Some(inside) => {
            let expected = match top {
                Some(top) => format!("{top}, as `{key}` on top of the file"),
                None => format!("it on top of the file as `{key}`, beside `{OLD}`"),
            };
            Err(old.bad(BASE, inside, expected))
        }
    }
}

fn new_base(new: &Fields<'_>, key: &str, top: Option<f64>) -> Result<Option<f64>, ConfigError> {
    match (base(new)?, top) {
        (Some(inside), Some(top)) if inside != top => {
            Err(new.bad(BASE, inside, format!("{top}, as `{key}` on top of the file")))
        }
        (inside, top) => Ok(inside.or(top)),
    }
}

/// A scaling, and what stands beside its numbers.
type Scaled = (Scaling, Option<Temperature>);

/// What the numbers of a rotation are read by.
struct Reader<'a> {
    /// Path of the file, as the message names it.
    fields: &'a Fields<'a>,
    rule: &'a RotationRule,
    context: usize,
}

impl Reader<'_> {
    fn known(&self) -> &'static str {
        if self.rule.longrope { "default or longrope" } else { KNOWN }
    }

    fn old_scaling(&self, old: &Fields<'_>) -> Result<Scaled, ConfigError> {
        match kind(old)? {
            Some(kind) => self.scaling(old, kind),
            None => Err(old.bad(KIND, "absent", self.known())),
        }
    }

    fn new_scaling(&self, new: &Fields<'_>) -> Result<Scaled, ConfigError> {
        for layers in KINDS {
            if let Found::Is(value) = new.raw(layers) {
                let expected =
                    "the numbers themselves: rotations that differ from layer to layer are not computed here";
                return Err(new.bad(layers, quoted(value), expected));
            }
        }
        self.scaling(new, kind(new)?.unwrap_or("default"))
    }

    /// Numbers for layers without a window and for those with one.
    fn by_kind(
        &self,
        new: &Fields<'_>,
        top: Option<f64>,
        local: Option<Rope>,
    ) -> Result<Rotations, ConfigError> {
        let needed = |key: &'static str| match new.object(key)? {
            Found::Is(object) => Ok(object),
            Found::Absent | Found::Null => {
                Err(new.bad(key, "absent", "an object: layers with a window turn by other numbers"))
            }
        };
        let [full, sliding] = [needed(KINDS[0])?, needed(KINDS[1])?];
        if let Some((key, value)) = new.unread().next() {
            return Err(new.bad(
                key,
                quoted(value),
                "no such key beside `full_attention` and `sliding_attention`",
            ));
        }
        let read = |object: &Fields<'_>, default: f64, top: Option<f64>| -> Result<Rope, ConfigError> {
            let base = new_base(object, BASE, top)?.unwrap_or(default);
            // Versions look for it beside the two objects, or within.
            if let Found::Is(false) = object.flag("truncate")? {
                return Err(object.bad("truncate", false, "no such key: versions read it differently"));
            }
            let (scaling, _) = self.scaling(object, kind(object)?.unwrap_or("default"))?;
            let rope = Rope { base, scaling };
            rope.has_a_ramp(object)?;
            Ok(rope)
        };
        let rope = read(&full, self.rule.base, top)?;
        let top_local = self.rule.local_key.map(|key| base_at(self.fields, key)).transpose()?.flatten();
        let local_base = self.rule.local_base.unwrap_or(self.rule.base);
        let local = match local {
            Some(_) => Some(read(&sliding, local_base, top_local)?),
            None => None,
        };
        Ok(Rotations { rope, local, share: None, temperature: None, context: self.context })
    }

    fn scaling(&self, rope: &Fields<'_>, kind: &str) -> Result<Scaled, ConfigError> {
        let scaling = match kind {
            "longrope" if self.rule.longrope => {
                longrope(self.fields, rope, self.rule.magnitudes, self.context)?
            }
            "su" if self.rule.longrope && !self.rule.magnitudes => {
                longrope(self.fields, rope, self.rule.magnitudes, self.context)?
            }
            "dynamic" if self.rule.alpha => ntk(rope, self.context)?,
            kind if self.rule.longrope && kind != "default" => {
                return Err(rope.bad(KIND, kind, self.known()));
            }
            kind => scaling(rope, kind, self.context)?,
        };
        if self.rule.longrope {
            // On top of the file it has precedence; inside it is a copy.
            rope.raw(ORIGINAL);
        }
        share(rope, self.rule, PART)?;
        let temperature = match self.rule.temperature {
            TemperatureRule::WithRotation(key) => Some(self.temperature(rope, key, &scaling)?),
            _ => None,
        };
        match rope.unread().find(|(_, value)| !value.is_null()) {
            None => Ok((scaling, temperature)),
            Some((key, value)) => {
                let expected = format!("no such key: a rotation of type {kind} has no use for it");
                Err(rope.bad(key, quoted(value), expected))
            }
        }
    }

    fn temperature(
        &self,
        rope: &Fields<'_>,
        key: &'static str,
        scaling: &Scaling,
    ) -> Result<Temperature, ConfigError> {
        // Written by config classes and read by nobody.
        rope.raw("max_position_embeddings");
        let original = match (scaling, rope.real(ORIGINAL)?) {
            (_, Found::Is(original)) => Some(above_zero(rope, ORIGINAL, original)?),
            (Scaling::Llama3 { context, .. } | Scaling::Yarn { context, .. }, _) => Some(*context),
            _ => None,
        };
        Temperature::with_rotation(rope, key, original)
    }
}

fn above_zero(fields: &Fields<'_>, key: &str, value: f64) -> Result<f64, ConfigError> {
    if value > 0.0 { Ok(value) } else { Err(fields.bad(key, value, "a number above 0")) }
}

/// These families rotate whole heads.
fn whole_heads(fields: &Fields<'_>) -> Result<(), ConfigError> {
    match fields.real(PART)? {
        Found::Absent => Ok(()),
        Found::Is(1.0) => Ok(()),
        Found::Is(part) => Err(fields.bad(PART, part, "1: these families rotate whole heads")),
        Found::Null => Err(fields.null(PART, "1")),
    }
}
