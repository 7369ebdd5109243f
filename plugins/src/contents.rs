//! Size of a component: how much there is to compile, counted before anything is compiled: a small file can hold more
//! than a compiler gets
//! through in minutes.
//!
//! Most of it grows with the code, so bytes are a bound. What does not is bounded by itself: a variable that is live in many
//! blocks is a parameter of each of them, loops are looked at together, a signature of a thousand values is work at every
//! call and branch, and a call of the engine takes two bytes and becomes hundreds.

mod body;

use wasmparser::{CompositeInnerType, FuncType, Parser, Payload, TypeRef};

use crate::limits;
use body::Body;

/// A complaint about how much is in a component; `None` when it is little enough, or when the bytes do not even parse,
/// which the engine explains better.
pub(crate) fn complain_about_contents(bytes: &[u8]) -> Option<String> {
    let mut contents = Contents::default();
    let found = Parser::new(0).parse_all(bytes).try_for_each(|payload| contents.add(&payload.ok()?));
    found.and_then(|()| contents.complaint())
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
            Payload::ComponentCanonicalSection(section) => self.canonical += u64::from(section.count()),
            _ => {}
        }
        Some(())
    }

    fn complaint(&self) -> Option<String> {
        let found = [
            (self.modules as u64, limits::COMPONENT_MODULES as u64, "modules"),
            (self.functions as u64, limits::COMPONENT_FUNCTIONS as u64, "functions"),
            (self.code as u64, limits::CODE_BYTES as u64, "bytes of code"),
            (self.largest as u64, limits::FUNCTION_BYTES as u64, "bytes of code in one function"),
            (self.all.locals, limits::COMPONENT_LOCALS as u64, "local variables"),
            (self.most.blocks, limits::FUNCTION_BLOCKS, "blocks in one function"),
            (self.most.loops, limits::FUNCTION_LOOPS, "loops in one function"),
            (self.most.live, limits::FUNCTION_LIVE, "blocks times variables in one function"),
            (self.all.blocks, limits::CODE_BLOCKS, "blocks"),
            (self.all.loops, limits::CODE_LOOPS, "loops"),
            (self.all.live, limits::CODE_LIVE, "blocks times variables in all functions"),
            (self.all.calls, limits::CODE_CALLS, "calls"),
            (
                self.all.engine_calls,
                limits::ENGINE_CALLS,
                "instructions that grow, copy or fill memory and tables",
            ),
            (
                self.values as u64,
                limits::SIGNATURE_VALUES as u64,
                "parameters or results of one function type",
            ),
            (self.all.passed, limits::CODE_PASSED, "values that calls and branches pass"),
            (
                self.declarations,
                limits::DECLARATIONS,
                "types, imports, exports, globals, segments and instances",
            ),
            (self.canonical, limits::CANONICAL_FUNCTIONS, "functions to and from the host"),
        ];
        found.into_iter().find(|(found, limit, _)| found > limit).map(|(found, limit, what)| {
            format!(
                "it has {found} {what}, at most {limit} are compiled; build it with `opt-level = \"s\"` and `lto`, \
                 and without what it does not need"
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
