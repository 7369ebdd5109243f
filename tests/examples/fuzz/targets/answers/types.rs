//! The types of `attune:technique@0.1.0` and `attune:profiling@0.1.0` that a component returns.

use super::abi::Type::{self, Bool, F64, List, Record, S64, Text, U32, Variant};

const SETTING: Type =
    Variant(&[Some(Bool), Some(S64), Some(F64), Some(Text), Some(List(&S64)), Some(List(&F64))]);
const SETTINGS: Type = List(&Record(&[Text, SETTING]));
const OPEN: Type = Record(&[Text, SETTINGS]);
const INT_RANGE: Type = Record(&[S64, S64]);
const REAL_RANGE: Type = Record(&[F64, F64]);
const OPTION_KIND: Type =
    Variant(&[None, Some(INT_RANGE), Some(REAL_RANGE), Some(List(&Text)), Some(INT_RANGE), Some(OPEN)]);
const OPTION: Type = Record(&[Text, Text, OPTION_KIND, SETTING]);
const SCALE: Type = Variant(&[None, None]);
const DOMAIN: Type = Variant(&[
    Some(List(&Text)),
    Some(List(&F64)),
    Some(INT_RANGE),
    Some(Record(&[F64, F64, SCALE])),
    Some(Record(&[U32, U32, U32])),
    Some(U32),
    Some(Record(&[U32, F64, F64])),
    Some(Record(&[U32, U32, F64, F64])),
    Some(OPEN),
]);
const AXIS: Type = Record(&[Text, U32]);
const DIMENSION: Type = Record(&[Text, Text, List(&AXIS), DOMAIN]);
const TERM: Type = Record(&[U32, List(&List(&F64))]);
const SLOT: Type = Record(&[U32, U32]);
const CONSTRAINT: Type = Variant(&[
    Some(Record(&[Text, Text, F64, List(&TERM)])),
    Some(Record(&[U32, List(&Text), U32])),
    Some(Record(&[U32, U32, U32])),
    Some(List(&Record(&[SLOT, U32]))),
    Some(OPEN),
]);
const VALUE: Type = Variant(&[Some(U32), Some(S64), Some(F64), Some(List(&U32)), Some(List(&F64))]);
const CONFIG: Type = List(&List(&VALUE));
const COST: Type = Record(&[Text, Text, F64, F64]);
const BASELINE: Type = Record(&[Text, Text, CONFIG]);

pub(crate) const DESCRIPTION: Type =
    Record(&[Text, Text, Text, List(&OPTION), List(&Text), List(&Text), Bool, SETTINGS]);
pub(crate) const SPACE: Type = Variant(&[Some(Record(&[List(&DIMENSION), List(&CONSTRAINT)])), Some(Text)]);
pub(crate) const PLAN: Type = Variant(&[Some(List(&OPEN)), Some(Text)]);
pub(crate) const COSTS: Type = Variant(&[Some(List(&COST)), Some(Text)]);
pub(crate) const BASELINES: Type = Variant(&[Some(List(&BASELINE)), Some(Text)]);
pub(crate) const CHILD: Type = Variant(&[Some(CONFIG), Some(Text)]);
pub(crate) const SIGNALS: Type = Variant(&[Some(Variant(&[None, Some(List(&OPEN))])), Some(Text)]);
pub(crate) const DAMAGES: Type = Variant(&[Some(List(&List(&List(&F64)))), Some(Text)]);
