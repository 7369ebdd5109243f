//! Size of a component: how much there is to compile, counted before anything is compiled: a small file can hold more
//! than a compiler gets through in minutes. It also decides which limits a component is held to.
//!
//! Most of it grows with the code, so bytes are a bound. What does not is bounded by itself: a variable that is live in many
//! blocks is a parameter of each of them, loops are looked at together, a signature of a thousand values is work at every
//! call and branch, and a call of the engine takes two bytes and becomes hundreds.

mod body;

use wasmparser::{CompositeInnerType, FuncType, Parser, Payload, TypeRef};

use crate::limits::{self, Limits};
use crate::wasi;
use body::Body;

/// The limits that a component is held to, of two: those of compiled code, where it is little enough for them and needs no WASI, which
/// nothing but a runtime does. Bytes that do not even parse are little, too: the engine explains them better.
///
/// # Errors
/// A complaint about how much is in it, when it is more than any component may have.
pub(crate) fn limits_of(
    bytes: &[u8],
    [compiled, runtime]: [&'static Limits; 2],
) -> Result<&'static Limits, String> {
    let mut contents = Contents::default();
    let parsed = Parser::new(0).parse_all(bytes).try_for_each(|payload| contents.add(&payload.ok()?));
    let small = bytes.len() as u64 <= compiled.file && !contents.wasi;
    if small && (parsed.is_none() || contents.complaint(&compiled.contents).is_none()) {
        return Ok(compiled);
    }
    match contents.complaint(&runtime.contents).filter(|_| parsed.is_some()) {
        Some(complaint) => Err(complaint),
        None => Ok(runtime),
    }
}

#[derive(Debug, Default)]
struct Contents {
    modules: usize,
    functions: usize,
    code: usize,
    /// Bytes of the largest function.
    largest: usize,
    all: Body,
    most: Body,
    /// Of the function type that has most.
    values: usize,
    declarations: u64,
    /// Functions that are lifted or lowered.
    canonical: u64,
    /// Whether it, or a component in it, imports anything of WASI.
    wasi: bool,
    module: Module,
}

/// The types of the functions of the module that is being read.
#[derive(Debug, Default)]
struct Module {
    types: Vec<FuncType>,
    functions: Vec<u32>,
}

impl Contents {
    /// `None` when the payload does not parse.
    fn add(&mut self, payload: &Payload<'_>) -> Option<()> {
        self.declarations = self.declarations.saturating_add(declared(payload));
        match payload {
            Payload::ModuleSection { .. } => {
                self.modules += 1;
                self.module = Module::default();
            }
            Payload::ComponentSection { .. } => self.modules += 1,
            Payload::TypeSection(types) => {
                for group in types.clone() {
                    for found in group.ok()?.into_types() {
                        let CompositeInnerType::Func(signature) = found.composite_type.inner else {
                            return None;
                        };
                        self.values =
                            self.values.max(signature.params().len().max(signature.results().len()));
                        self.module.types.push(signature);
                    }
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.clone().into_imports() {
                    if let TypeRef::Func(kind) = import.ok()?.ty {
                        self.module.functions.push(kind);
                    }
                }
            }
            Payload::FunctionSection(functions) => {
                for kind in functions.clone() {
                    self.module.functions.push(kind.ok()?);
                }
            }
            Payload::CodeSectionEntry(body) => {
                self.functions += 1;
                self.code += body.range().len();
                self.largest = self.largest.max(body.range().len());
                let found = Body::of(body, &self.module.types, &self.module.functions)?;
                self.all = self.all.plus(found);
                self.most = self.most.max(found);
            }
            Payload::ComponentImportSection(imports) => {
                for import in imports.clone() {
                    self.wasi |= wasi::is_known(import.ok()?.name.name);
                }
            }
            Payload::ComponentCanonicalSection(section) => self.canonical += u64::from(section.count()),
            _ => {}
        }
        Some(())
    }

    fn complaint(&self, limits: &limits::Contents) -> Option<String> {
        let found = [
            (self.modules as u64, limits.modules, "modules"),
            (self.functions as u64, limits.functions, "functions"),
            (self.code as u64, limits.code, "bytes of code"),
            (self.largest as u64, limits.function, "bytes of code in one function"),
            (self.all.locals, limits.locals, "local variables"),
            (self.most.blocks, limits.function_blocks, "blocks in one function"),
            (self.most.loops, limits.function_loops, "loops in one function"),
            (self.most.live, limits.function_live, "blocks times variables in one function"),
            (self.all.blocks, limits.blocks, "blocks"),
            (self.all.loops, limits.loops, "loops"),
            (self.all.live, limits.live, "blocks times variables in all functions"),
            (self.all.calls, limits.calls, "calls"),
            (
                self.all.engine_calls,
                limits.engine_calls,
                "instructions that grow, copy or fill memory and tables",
            ),
            (self.values as u64, limits.signature, "parameters or results of one function type"),
            (self.all.passed, limits.passed, "values that calls and branches pass"),
            (
                self.declarations,
                limits.declarations,
                "types, imports, exports, globals, segments and instances",
            ),
            (self.canonical, limits.canonical, "functions to and from the host"),
        ];
        found.into_iter().find(|(found, limit, _)| found > limit).map(|(found, limit, what)| {
            format!(
                "it has {found} {what}, at most {limit} are compiled, even of a component that brings the runtime of its \
                 language; build it without what it does not need, and Rust with `opt-level = \"s\"` and `lto`"
            )
        })
    }
}

/// What a section declares.
fn declared(payload: &Payload<'_>) -> u64 {
    u64::from(match payload {
        Payload::TypeSection(section) => section.count(),
        Payload::ImportSection(section) => section.count(),
        Payload::TableSection(section) => section.count(),
        Payload::MemorySection(section) => section.count(),
        Payload::GlobalSection(section) => section.count(),
        Payload::ExportSection(section) => section.count(),
        Payload::ElementSection(section) => section.count(),
        Payload::DataSection(section) => section.count(),
        Payload::CoreTypeSection(section) => section.count(),
        Payload::InstanceSection(section) => section.count(),
        Payload::ComponentInstanceSection(section) => section.count(),
        Payload::ComponentAliasSection(section) => section.count(),
        Payload::ComponentTypeSection(section) => section.count(),
        Payload::ComponentImportSection(section) => section.count(),
        Payload::ComponentExportSection(section) => section.count(),
        _ => 0,
    })
}
