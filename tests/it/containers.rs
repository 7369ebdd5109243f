//! The container file: what it copies is there, its versions are ours, nobody is root. Nothing is built, so no Docker is needed.

use std::path::Path;

use toml::Table;

use crate::support::root;

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The instructions of the container file: a word and what follows it, with continued lines as one.
fn instructions() -> Vec<(String, String)> {
    let text = read("docker/Dockerfile");
    let lines = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    let lines = lines.replace("\\\n", " ");
    let lines = lines.lines().filter_map(|line| line.split_once(' '));
    lines.map(|(word, rest)| (word.to_owned(), rest.trim().to_owned())).collect()
}

/// Whether a path from the root is left out of what is sent to a build.
fn is_ignored(path: &str) -> bool {
    let ignored = read(".dockerignore");
    let mut patterns = ignored.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    patterns.any(|pattern| matches(pattern, path))
}

/// Whether a pattern of .dockerignore names a path or a folder above it. `*` is within one name, `**/` any folders.
fn matches(pattern: &str, path: &str) -> bool {
    if let Some(name) = pattern.strip_prefix("**/") {
        return path.split('/').any(|part| part == name);
    }
    let (patterns, parts): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    let alike = |(pattern, part): (&&str, &&str)| match pattern.split_once('*') {
        Some((before, after)) => {
            part.len() >= before.len() + after.len() && part.starts_with(before) && part.ends_with(after)
        }
        None => pattern == part,
    };
    patterns.len() <= parts.len() && patterns.iter().zip(&parts).all(alike)
}

/// Files and folders that a source of COPY names, from the root.
fn named(source: &str) -> Vec<String> {
    let Some((folder, pattern)) = source.rsplit_once('/').filter(|(_, pattern)| pattern.contains('*')) else {
        return Vec::from([source.to_owned()]);
    };
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| matches(pattern, name)).map(|name| format!("{folder}/{name}")).collect()
}

#[test]
fn what_images_copy_is_there_and_is_sent() {
    let mut copied = Vec::new();
    for (_, rest) in instructions().iter().filter(|(word, rest)| word == "COPY" && !rest.starts_with("--")) {
        let words: Vec<&str> = rest.split_whitespace().collect();
        let (_, sources) = words.split_last().unwrap();
        copied.extend(sources.iter().filter(|source| **source != ".").flat_map(|source| named(source)));
    }
    assert!(copied.len() > 8, "{copied:?}");
    let sent: Vec<_> = copied.iter().filter(|path| !is_ignored(path)).collect();
    for path in &sent {
        assert!(root().join(path).exists(), "{path} is not there");
    }
    for needed in ["models/tiny-moe", "models/tiny-digits", "profiles/quickstart.ron", "LICENSE-MIT"] {
        assert!(sent.iter().any(|path| *path == needed), "{needed} is not sent: {sent:?}");
    }
    // Profiles that are sent find the models that they name.
    for profile in sent.iter().filter(|path| path.ends_with(".ron")) {
        for model in read(profile).split("\"../models/").skip(1) {
            let model = format!("models/{}", model.split(['/', '"']).next().unwrap());
            assert!(sent.iter().any(|path| **path == model), "{profile} names {model}, which is not sent");
        }
    }
    // The workspace is built whole: no member may be missing.
    let manifest: Table = read("Cargo.toml").parse().unwrap();
    for member in manifest["workspace"]["members"].as_array().unwrap() {
        let member = member.as_str().unwrap();
        assert!(!is_ignored(member) && Path::new(&root()).join(member).exists(), "{member}");
    }
    for (embedded, why) in [
        ("python/attune-torch/src/attune_torch/exported", "exports take its code along"),
        ("plugins/guests/sdk/src/lib.rs", "projects get the guest SDK"),
        ("plugins/dist/kv-bits.wasm", "techniques come with attune"),
    ] {
        assert!(!is_ignored(embedded), "{embedded}: {why}");
    }
}

#[test]
fn images_have_the_versions_of_the_workspace() {
    let manifest: Table = read("Cargo.toml").parse().unwrap();
    let rust = manifest["workspace"]["package"]["rust-version"].as_str().unwrap();
    let said = |expected: &str| instructions().iter().any(|(_, rest)| rest.contains(expected));
    assert!(said(&format!("RUST={rust}")), "the container file has another Rust than {rust}");
    let version = format!("org.opencontainers.image.version=\"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(said(&version), "the container file does not say {version}");
    assert!(said("cargo build --release --locked"), "a build takes the lock file");
}

#[test]
fn images_are_made_of_stages_that_are_there_and_end_with_a_user() {
    let all = instructions();
    let arguments: Vec<&str> = all
        .iter()
        .filter(|(word, _)| word == "ARG")
        .map(|(_, rest)| rest.split('=').next().unwrap())
        .collect();
    let mut stages: Vec<(&str, &str)> = Vec::new();
    for (word, rest) in &all {
        match word.as_str() {
            "FROM" => {
                let (from, name) = rest.split_once(" AS ").unwrap_or((rest, "default"));
                let argument = from.strip_prefix("${").and_then(|from| from.strip_suffix('}'));
                let user = stages.iter().find(|(stage, _)| *stage == from).map(|(_, user)| *user);
                assert!(user.is_some() || argument.is_some_and(|name| arguments.contains(&name)), "{rest}");
                stages.push((name, user.unwrap_or("root")));
            }
            "COPY" => {
                let stage = rest.strip_prefix("--from=").map(|rest| rest.split(' ').next().unwrap());
                assert!(stage.is_none_or(|stage| stages.iter().any(|(name, _)| *name == stage)), "{rest}");
            }
            "USER" => stages.last_mut().unwrap().1 = rest,
            _ => {}
        }
    }
    let users: Vec<_> = stages.iter().filter(|(name, _)| *name != "build").collect();
    assert_eq!(users, [&("cpu", "attune"), &("torch", "attune"), &("default", "attune")]);
}
