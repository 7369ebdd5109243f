//! The attune command line, built where the integration tests can find it.

use std::process::ExitCode;

fn main() -> ExitCode {
    attune_cli::main()
}
