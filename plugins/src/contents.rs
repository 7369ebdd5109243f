//! How much there is to compile, counted before anything is compiled: a small file can hold more than a compiler
//! gets through in minutes.

use wasmparser::{Parser, Payload};

use crate::limits;

/// A complaint about how much is in a component; `None` when it is little enough, or when the bytes do not even parse,
/// which the engine explains better.
pub(crate) fn complain_about_contents(bytes: &[u8]) -> Option<String> {
    let mut contents = Contents::default();
    let found = Parser::new(0).parse_all(bytes).try_for_each(|payload| contents.add(&payload.ok()?));
    found.and_then(|()| contents.complaint())
}

#[derive(Default)]
struct Contents {
    modules: usize,
    functions: usize,
    code: usize,
    /// Of the largest function.
    body: usize,
    locals: u64,
}

impl Contents {
    /// `None` when the payload does not parse.
    fn add(&mut self, payload: &Payload<'_>) -> Option<()> {
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => self.modules += 1,
            Payload::CodeSectionEntry(body) => {
                self.functions += 1;
                self.code += body.range().len();
                self.body = self.body.max(body.range().len());
                for local in body.get_locals_reader().ok()? {
                    self.locals = self.locals.saturating_add(u64::from(local.ok()?.0));
                }
            }
            _ => {}
        }
        Some(())
    }

    fn complaint(&self) -> Option<String> {
        let found = [
            (self.modules as u64, limits::COMPONENT_MODULES as u64, "modules"),
            (self.functions as u64, limits::COMPONENT_FUNCTIONS as u64, "functions"),
            (self.code as u64, limits::CODE_BYTES as u64, "bytes of code"),
            (self.body as u64, limits::FUNCTION_BYTES as u64, "bytes of code in one function"),
            (self.locals, limits::COMPONENT_LOCALS as u64, "local variables"),
        ];
        found.into_iter().find(|(found, limit, _)| found > limit).map(|(found, limit, what)| {
            format!(
                "it has {found} {what}, at most {limit} are compiled; build it with `opt-level = \"s\"` and `lto`, \
                 and without what it does not need"
            )
        })
    }
}
