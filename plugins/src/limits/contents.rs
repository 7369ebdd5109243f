//! How much there may be to compile.

/// Limits on what is in a component, counted before anything is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Contents {
    /// Core modules and components inside a component.
    pub modules: u64,
    /// Functions of all modules together. The built-in techniques have a few hundred.
    pub functions: u64,
    /// Local variables of all functions together: a few bytes declare thousands, and the compiler keeps track of each.
    pub locals: u64,
    /// Bytes of code of all functions together.
    pub code: u64,
    /// Bytes of code of one function: compilers need more than twice the time for twice the code.
    pub function: u64,
    /// Blocks of all functions together: whatever is jumped to.
    pub blocks: u64,
    /// Blocks of one function. The built-in techniques have a few hundred in one.
    pub function_blocks: u64,
    /// Loops of all functions together.
    pub loops: u64,
    /// Loops of one function.
    pub function_loops: u64,
    /// The sum of `function_live` over all functions.
    pub live: u64,
    /// Blocks of a function times variables that it uses: a variable may have to be carried into every block.
    pub function_live: u64,
    /// Calls of functions.
    pub calls: u64,
    /// Instructions that are calls of the engine: to grow, copy and fill memory and tables.
    pub engine_calls: u64,
    /// Values that all calls and branches pass together.
    pub passed: u64,
    /// Parameters, or results, of one type of function.
    pub signature: u64,
    /// Types, imports, exports, globals, segments and instances of everything in a component.
    pub declarations: u64,
    /// Functions between a component and its host, and between the components in it, in either direction.
    pub canonical: u64,
}

impl Contents {
    pub(super) const COMPILED: Self = Self {
        modules: 16,
        functions: 10_000,
        locals: 200_000,
        code: 4 << 20,
        function: 256 << 10,
        blocks: 1 << 17,
        function_blocks: 1 << 13,
        loops: 1 << 13,
        function_loops: 1 << 9,
        live: 1 << 22,
        function_live: 1 << 20,
        calls: 1 << 16,
        engine_calls: 1 << 13,
        passed: 1 << 19,
        signature: 64,
        declarations: 1 << 15,
        canonical: 64,
    };

    pub(super) const RUNTIME: Self = Self {
        modules: 128,
        functions: 40_000,
        locals: 200_000,
        code: 16 << 20,
        function: 1 << 20,
        blocks: 1 << 20,
        function_blocks: 1 << 15,
        loops: 1 << 15,
        function_loops: 1 << 9,
        live: 1 << 24,
        function_live: 1 << 20,
        calls: 1 << 18,
        engine_calls: 1 << 13,
        passed: 1 << 21,
        signature: 64,
        declarations: 1 << 16,
        canonical: 512,
    };
}
