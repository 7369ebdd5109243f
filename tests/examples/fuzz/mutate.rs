//! Seeded mutations that suit both binary files and texts.

use attune_core::rng::Rng;
use rand::RngExt as _;

/// Largest input.
const LONGEST: usize = 1 << 20;

/// What parsers stumble over.
const TOKENS: [&[u8]; 40] = [
    b"0",
    b"-1",
    b"1",
    b"4294967295",
    b"4294967296",
    b"18446744073709551615",
    b"18446744073709551616",
    b"-9223372036854775808",
    b"1e308",
    b"1e-320",
    b"1e999",
    b"NaN",
    b"inf",
    b"-0.0",
    b"null",
    b"true",
    b"false",
    b"{}",
    b"[]",
    b"\"\"",
    b"[[[[[[[[",
    b"{\"a\":",
    b"}",
    b"]",
    b"\"",
    b"\\u0000",
    b"\\ud800",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xf0\x9f\x92\xa9",
    b"\n",
    b"\r\n",
    b"\t",
    b"\0",
    b"..",
    b"/",
    b"Some(",
    b"(",
    b")",
    b",",
];

/// One of the seeds with a few changes.
pub(crate) fn mutated(seeds: &[Vec<u8>], random: &mut Rng) -> Vec<u8> {
    let mut input = seeds[random.random_range(0..seeds.len())].clone();
    for _ in 0..1_u32 << random.random_range(0..4) {
        change(&mut input, seeds, random);
    }
    input.truncate(LONGEST);
    input
}

fn change(input: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Rng) {
    let place = random.random_range(0..=input.len());
    let stretch = |random: &mut Rng, len: usize| {
        let from = random.random_range(0..=len);
        from..(from + random.random_range(0..=64_usize)).min(len)
    };
    match random.random_range(0..9) {
        0 if place < input.len() => input[place] ^= 1 << random.random_range(0..8),
        1 if place < input.len() => input[place] = random.random(),
        2 => {
            let range = stretch(random, input.len());
            input.drain(range);
        }
        3 => {
            let copied = input[stretch(random, input.len())].to_vec();
            input.splice(place..place, copied);
        }
        4 => {
            let other = &seeds[random.random_range(0..seeds.len())];
            let copied = other[stretch(random, other.len())].to_vec();
            input.splice(place..place, copied);
        }
        5 => input.truncate(place),
        6 => number(input, place, random),
        _ => {
            let token = TOKENS[random.random_range(0..TOKENS.len())];
            input.splice(place..place, token.iter().copied());
        }
    }
}

/// Puts a token in place of the next number of a text.
fn number(input: &mut Vec<u8>, place: usize, random: &mut Rng) {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let Some(from) = input[place..].iter().position(is_digit).map(|found| place + found) else { return };
    let to = input[from..].iter().position(|byte| !is_digit(byte)).map_or(input.len(), |found| from + found);
    let token = TOKENS[random.random_range(0..17)];
    input.splice(from..to, token.iter().copied());
}
