//! The `attune` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    attune_cli::main()
}
