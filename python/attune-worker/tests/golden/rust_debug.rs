// Prints `bits text` of f64 by `{:?}`, and texts by `{:?}`.
fn main() {
    let mut state: u64 = 1;
    let mut next = || { state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407); state ^ (state >> 33) };
    let fixed = [0.0_f64, -0.0, 1.0, 0.1, 1e-4, 9.999e-5, 1e-5, 1e-7, 1e15, 9007199254740993.0, 9999999999999998.0, 1e16, 1.5e16, 1e22, 5e-324, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 1.0/3.0, 123456.789, -2.5e-10, 4.5, 100.0];
    println!("{{\n  \"reals\": {{");
    let mut rows = vec![];
    for x in fixed { rows.push(x); }
    while rows.len() < 150 { let x = f64::from_bits(next()); if x.is_finite() { rows.push(x); } }
    while rows.len() < 300 { let x = (next() % 1_000_000) as f64 * 10f64.powi((next() % 44) as i32 - 26); rows.push(x); }
    while rows.len() < 400 { let x = (next() as f64) / (u64::MAX as f64); rows.push(x); }
    let lines: Vec<String> = rows.iter().map(|x| format!("    \"{:016x}\": \"{:?}\"", x.to_bits(), x)).collect();
    println!("{}\n  }},\n  \"texts\": [", lines.join(",\n"));
    let texts = ["affine", "fp8-e4m3", "a b", "q\"uote", "back\\slash", "tab\tline\nend\r\0", "naïve", "cafe\u{301}", "日本語", "\u{1b}[2J", "\u{200b}x", "a\u{a0}b", "\u{3000}", "'single'", "😀", "\u{e000}", "\u{7f}", "\u{ad}"];
    let hex = |s: &str| s.bytes().map(|b| format!("{b:02x}")).collect::<String>();
    let lines: Vec<String> = texts.iter().map(|t| format!("    [\"{}\", \"{}\"]", hex(t), hex(&format!("{t:?}")))).collect();
    println!("{}\n  ]\n}}", lines.join(",\n"));
}
