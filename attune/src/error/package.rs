//! A Python package that is not there.

/// No Python with a package was found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the Python package {package}, which no {} has; `{install}` in a checkout of attune brings it, and {variable} may name the Python that has it", tried.join(" nor "))]
pub struct NoPackage {
    /// The package.
    pub package: &'static str,
    /// The command that brings it.
    pub install: &'static str,
    /// The variable that may name a Python.
    pub variable: &'static str,
    /// Where it was looked for.
    pub tried: Vec<String>,
}
