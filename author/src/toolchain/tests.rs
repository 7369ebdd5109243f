//! What is said where a toolchain is missing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{Installed, TARGET, Toolchain};

/// A compiler that says where it is, and nothing else.
fn compiler(folder: &Path, with_target: bool) -> Installed {
    let sysroot = folder.join("sysroot");
    let libraries = sysroot.join("lib/rustlib").join(if with_target { TARGET } else { "x86_64-made-up" });
    fs::create_dir_all(libraries.join("lib")).unwrap();
    let rustc = folder.join("rustc");
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in\n'--print sysroot') echo '{}';;\n'--print host-tuple') echo x86_64-made-up;;\n\
         --version) echo rustc 9.9.9;;\n*) echo \"what is $*\" >&2; exit 1;;\nesac\n",
        sysroot.display()
    );
    fs::write(&rustc, script).unwrap();
    fs::set_permissions(&rustc, fs::Permissions::from_mode(0o755)).unwrap();
    Installed {
        rustc: rustc.into(),
        debian_rustc: folder.join("debian/rustc"),
        debian_sources: folder.join("debian/library"),
    }
}

fn message(installed: &Installed, folder: &Path) -> String {
    let message = Toolchain::find(installed, folder, None).err().unwrap().to_string();
    message.replace(&folder.display().to_string(), "PLACE")
}

#[test]
fn without_rust_the_way_to_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let installed = Installed { rustc: "no-such-rustc".into(), ..compiler(folder.path(), true) };
    assert_eq!(
        message(&installed, folder.path()),
        "there is no `no-such-rustc` here, which compiles a component; install Rust (https://rustup.rs), then run \
         `rustup target add wasm32-unknown-unknown`"
    );
}

#[test]
fn without_the_target_the_command_that_brings_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        message(&compiler(folder.path(), false), folder.path()),
        "no toolchain builds for wasm32-unknown-unknown here: PLACE/sysroot lacks the target; run `rustup target add \
         wasm32-unknown-unknown`, or on Debian `apt-get install rustc-web rust-web-src`"
    );
}

#[test]
fn debians_compiler_without_a_linker_says_so_and_does_not_matter_beside_rustup() {
    let folder = tempfile::tempdir().unwrap();
    let bare = compiler(folder.path(), false);
    fs::create_dir_all(&bare.debian_sources).unwrap();
    fs::copy(&bare.rustc, &bare.debian_rustc).unwrap();
    assert_eq!(
        message(&bare, folder.path()),
        "Debian's compiler for WebAssembly is here, but PLACE/sysroot/lib/rustlib/x86_64-made-up/bin/rust-lld is not, with \
         which it links; install Rust with rustup (https://rustup.rs), whose toolchains bring it"
    );
    let both = compiler(folder.path(), true);
    assert_eq!(Toolchain::find(&both, folder.path(), None).unwrap().identity(), "rustc 9.9.9");
}
