//! A component whose functions answer with whatever bytes the caller passes in: a committed component in which the core module
//! is another one, so all types are those of the interface.

use wasmparser::{ExternalKind, FuncType, Parser, Payload, TypeRef, ValType};

/// Bytes of an answer. They arrive as the one argument of exactly this size and stay where they are put.
pub(crate) const ANSWER: usize = 64 << 10;
/// Where they are put, and where the answer of `space` begins.
pub(crate) const PLACE: u32 = 128 << 10;
/// Where the answers of all other functions begin.
pub(crate) const OTHERS: u32 = PLACE + ANSWER as u32 / 2;
/// Where the description is.
const DESCRIPTION: u32 = 1024;

/// `component` with a core module that describes itself as `description`, bytes of its memory from [`described_at`] on,
/// and answers everything else with what it is passed.
pub(crate) fn graft(component: &[u8], description: &[u8]) -> Vec<u8> {
    let (place, module) = largest_module(component);
    let header = section_start(component, place.start);
    let grafted = wat::parse_str(text(module, description)).unwrap_or_else(|error| panic!("{error}"));
    let mut section = vec![1];
    leb(grafted.len(), &mut section);
    [&component[..header], &section, &grafted, &component[place.end..]].concat()
}

/// The address of the first byte of a description.
pub(crate) const fn described_at() -> u32 {
    DESCRIPTION
}

fn largest_module(component: &[u8]) -> (std::ops::Range<usize>, &[u8]) {
    let modules = Parser::new(0).parse_all(component).filter_map(|payload| match payload {
        Ok(Payload::ModuleSection { unchecked_range, .. }) => Some(unchecked_range),
        _ => None,
    });
    let largest = modules.max_by_key(ExactSizeIterator::len).unwrap_or_default();
    (largest.clone(), &component[largest])
}

/// Where a section begins whose content begins at `content`: before its length and its kind.
fn section_start(component: &[u8], content: usize) -> usize {
    let continued = component[..content - 1].iter().rev().take_while(|byte| **byte & 0x80 != 0).count();
    content - 1 - continued - 1
}

fn leb(mut number: usize, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// A core module with the exports of `module`.
fn text(module: &[u8], description: &[u8]) -> String {
    let (mut types, mut functions, mut exports): (Vec<FuncType>, Vec<u32>, Vec<(String, u32)>) =
        (vec![], vec![], vec![]);
    for payload in Parser::new(0).parse_all(module).flatten() {
        match payload {
            Payload::TypeSection(section) => {
                types.extend(section.into_iter_err_on_gc_types().flatten());
            }
            Payload::ImportSection(section) => {
                functions.extend(section.into_imports().flatten().filter_map(|import| match import.ty {
                    TypeRef::Func(kind) => Some(kind),
                    _ => None,
                }));
            }
            Payload::FunctionSection(section) => functions.extend(section.into_iter().flatten()),
            Payload::ExportSection(section) => exports.extend(
                section
                    .into_iter()
                    .flatten()
                    .filter(|export| export.kind == ExternalKind::Func)
                    .map(|export| (export.name.to_owned(), export.index)),
            ),
            _ => {}
        }
    }
    let escaped: String = description.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let mut text = format!(
        "(module (memory (export \"memory\") 16) (global $free (mut i32) (i32.const 262144))\n\
         (data (i32.const {DESCRIPTION}) \"{escaped}\")\n"
    );
    for (name, index) in exports {
        let kind = &types[functions[index as usize] as usize];
        text += &format!("(func (export \"{name}\")");
        for (keyword, values) in [("param", kind.params()), ("result", kind.results())] {
            values.iter().for_each(|value| text += &format!(" ({keyword} {value})"));
        }
        text += &match name.as_str() {
            _ if name.starts_with("cabi_realloc") => realloc(),
            _ if kind.results().is_empty() => String::new(),
            _ if name.ends_with("#describe") => format!(" i32.const {DESCRIPTION}"),
            _ if name.ends_with("#space") => format!(" i32.const {PLACE}"),
            _ if kind.results() == [ValType::I32] => format!(" i32.const {OTHERS}"),
            _ => String::new(),
        };
        text += ")\n";
    }
    text + ")"
}

/// Allocates by counting up, but for the answer.
fn realloc() -> String {
    format!(
        " (local i32)\n local.get 3 i32.const {ANSWER} i32.eq if i32.const {PLACE} return end\n\
         global.get $free local.set 4\n\
         global.get $free local.get 3 i32.add i32.const 15 i32.add i32.const -16 i32.and global.set $free\n\
         local.get 4"
    )
}
