//! Function bodies, as a compiler sees them.

use wasmparser::{BlockType, FuncType, FunctionBody, Operator};

use crate::limits::Limits;

/// What is counted in a body, or in all of them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Body {
    /// Local variables.
    pub(super) locals: u64,
    /// Blocks: places that are jumped to.
    pub(super) blocks: u64,
    /// Those of them that are jumped back to, each with a look at the fuel and the clock.
    pub(super) loops: u64,
    /// Variables that are used times blocks: each may have to be carried into each.
    pub(super) live: u64,
    /// Values that calls and branches pass.
    pub(super) passed: u64,
    /// Calls.
    pub(super) calls: u64,
    /// Instructions that are calls of the engine.
    pub(super) engine_calls: u64,
}

impl Body {
    /// Counts in `body`; `None` when it does not parse. `functions` are the types of the module's functions.
    pub(super) fn of(body: &FunctionBody<'_>, types: &[FuncType], functions: &[u32]) -> Option<Self> {
        let mut found = Self { blocks: 1, ..Self::default() };
        for local in body.get_locals_reader().ok()? {
            found.locals = found.locals.saturating_add(u64::from(local.ok()?.0));
        }
        let signature = |index: u32| types.get(usize::try_from(index).ok()?);
        let callee = |function: u32| signature(*functions.get(usize::try_from(function).ok()?)?);
        let values = |signature: &FuncType| (signature.params().len() + signature.results().len()) as u64;
        let (mut used, mut branches, mut carried) = (Vec::new(), 0_u64, 1_u64);
        for operator in body.get_operators_reader().ok()? {
            match operator.ok()? {
                Operator::LocalGet { local_index }
                | Operator::LocalSet { local_index }
                | Operator::LocalTee { local_index } => {
                    // More than a valid function has; the engine will say so.
                    let most = Limits::RUNTIME.contents;
                    if u64::from(local_index) > most.locals + most.signature {
                        return None;
                    }
                    let index = usize::try_from(local_index).ok()?;
                    if used.len() <= index {
                        used.resize(index + 1, false);
                    }
                    used[index] = true;
                }
                Operator::Block { blockty } | Operator::If { blockty } => {
                    found.blocks += 1;
                    carried = carried.max(arity(blockty, types)?);
                }
                Operator::Loop { blockty } => {
                    found.blocks += 1;
                    found.loops += 1;
                    carried = carried.max(arity(blockty, types)?);
                }
                Operator::Else => found.blocks += 1,
                Operator::Br { .. } => branches += 1,
                Operator::BrIf { .. } => {
                    found.blocks += 1;
                    branches += 1;
                }
                Operator::BrTable { targets } => {
                    found.blocks += u64::from(targets.len()) + 1;
                    branches += u64::from(targets.len()) + 1;
                }
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                    found.calls += 1;
                    found.passed += values(callee(function_index)?);
                }
                Operator::CallIndirect { type_index, .. }
                | Operator::ReturnCallIndirect { type_index, .. } => {
                    found.calls += 1;
                    found.passed += values(signature(type_index)?);
                }
                Operator::MemoryGrow { .. }
                | Operator::MemoryCopy { .. }
                | Operator::MemoryFill { .. }
                | Operator::MemoryInit { .. }
                | Operator::TableGrow { .. }
                | Operator::TableCopy { .. }
                | Operator::TableFill { .. }
                | Operator::TableInit { .. }
                | Operator::TableGet { .. }
                | Operator::TableSet { .. } => found.engine_calls += 1,
                _ => {}
            }
        }
        let used = used.iter().filter(|used| **used).count() as u64;
        found.live = found.blocks.saturating_mul(used);
        found.passed = found.passed.saturating_add(branches.saturating_mul(carried));
        Some(found)
    }

    /// Both together.
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            locals: self.locals.saturating_add(other.locals),
            blocks: self.blocks.saturating_add(other.blocks),
            loops: self.loops.saturating_add(other.loops),
            live: self.live.saturating_add(other.live),
            passed: self.passed.saturating_add(other.passed),
            calls: self.calls.saturating_add(other.calls),
            engine_calls: self.engine_calls.saturating_add(other.engine_calls),
        }
    }

    /// The larger of each.
    pub(super) fn max(self, other: Self) -> Self {
        Self {
            locals: self.locals.max(other.locals),
            blocks: self.blocks.max(other.blocks),
            loops: self.loops.max(other.loops),
            live: self.live.max(other.live),
            passed: self.passed.max(other.passed),
            calls: self.calls.max(other.calls),
            engine_calls: self.engine_calls.max(other.engine_calls),
        }
    }
}

/// Values that a branch to a block, or its end, passes.
fn arity(kind: BlockType, types: &[FuncType]) -> Option<u64> {
    match kind {
        BlockType::Empty => Some(0),
        BlockType::Type(_) => Some(1),
        BlockType::FuncType(index) => {
            let signature = types.get(usize::try_from(index).ok()?)?;
            Some(signature.params().len().max(signature.results().len()) as u64)
        }
    }
}
