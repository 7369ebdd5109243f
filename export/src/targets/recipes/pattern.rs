//! Names of tensors as regular expressions that nothing else matches.

/// `^model\.layers\.0\.self_attn\.(?:q_proj|k_proj)$` of a place and the names in it.
pub(super) fn anchored(place: &str, names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| escaped(name)).collect();
    let names = if let [only] = &names[..] { only.clone() } else { format!("(?:{})", names.join("|")) };
    format!("^{}\\.{names}$", escaped(place))
}

/// The subset that Python, Rust and ECMAScript read alike: names have letters, digits, dots, underscores and dashes.
fn escaped(name: &str) -> String {
    name.replace('.', "\\.")
}
