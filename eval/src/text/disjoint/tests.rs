use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;

use super::*;

const NOUNS: [&str; 20] = [
    "baker",
    "sailor",
    "neighbour",
    "clock",
    "cousin",
    "gardener",
    "woman",
    "postman",
    "dog",
    "choir",
    "mayor",
    "painter",
    "train",
    "brother",
    "cat",
    "ferry",
    "teacher",
    "bridge",
    "radio",
    "harbour",
];
const VERBS: [&str; 10] = [
    "watches",
    "repairs",
    "forgets",
    "carries",
    "sells",
    "paints",
    "borrows",
    "counts",
    "remembers",
    "follows",
];

/// Sentences of one vocabulary: 20 × 10 × 20 × 20 × 20 different ones.
fn sentences(seed: u64, count: usize) -> Vec<String> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut pick = |words: &[&'static str]| words[random.random_range(0..words.len())];
    let sentence = |_| {
        let (who, does, whom) = (pick(&NOUNS), pick(&VERBS), pick(&NOUNS));
        format!("The {who} {does} the {whom} near the {} with a {}.", pick(&NOUNS), pick(&NOUNS))
    };
    (0..count).map(sentence).collect()
}

fn overlap(selection: &str, report: &str) -> Option<String> {
    let found = Known::new(selection).compare(report, &Split::Report, Path::new("report.txt"));
    found.err().map(|error| error.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn independent_texts_of_one_vocabulary_are_accepted(seed: u64, count in 40..1500usize, line: bool) {
        let between = if line { "\n" } else { " " };
        let (one, other) = (sentences(seed, count), sentences(seed ^ 1, 400));
        prop_assert_eq!(overlap(&one.join(between), &other.join(between)), None);
    }

    #[test]
    fn independent_records_that_repeat_by_chance_are_accepted(seed: u64, kinds in 1500..5000u32) {
        let records = |seed: u64| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let lines = (0..2000).map(|_| random.random_range(0..kinds));
            lines.map(|number| format!("record {number} = {}\n", number % 7)).collect::<String>()
        };
        prop_assert_eq!(overlap(&records(seed), &records(seed ^ 1)), None);
    }

    #[test]
    fn copies_in_another_order_or_another_dress_are_refused(seed: u64, count in 30..400usize, dress in 0..6usize) {
        let selection = sentences(seed, count);
        let mut report = selection.clone();
        report.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let report = match dress {
            0 => report.join("\n"),
            1 => report.join(" "),
            2 => report.join("\r\n").replace(' ', "  "),
            3 => report.join("\n").to_uppercase(),
            4 => report.join("\n\n").replace('.', " !"),
            _ => report.join("\n").replace("near", "\u{feff}ne\u{ad}ar"),
        };
        let message = overlap(&selection.join("\n"), &report);
        prop_assert!(message.is_some());
    }

    #[test]
    fn a_part_that_was_copied_is_found(seed: u64, part in 8..40usize) {
        let (selection, mut report) = (sentences(seed, 400), sentences(seed ^ 1, 200));
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        for _ in 0..part {
            report.push(selection[random.random_range(0..selection.len())].clone());
        }
        report.shuffle(&mut random);
        prop_assert!(overlap(&selection.join("\n"), &report.join("\n")).is_some());
    }
}

#[test]
fn the_same_text_is_refused_whatever_it_is() {
    let lines: String =
        (0..400).map(|number: u32| format!("{number} + {number} = {}\n", 2 * number)).collect();
    for text in [
        sentences(3, 12).join(" "),
        lines,
        "春眠暁を覚えず処処啼鳥を聞く夜来風雨の声花落つること知る多少".repeat(8),
    ] {
        assert!(overlap(&text, &text).is_some(), "{text}");
        assert!(overlap(&text, &text.replace(' ', "\n\n")).is_some(), "{text}");
    }
}

#[test]
fn boilerplate_is_tolerated_and_a_page_is_not() {
    let (selection, report) = (sentences(5, 400), sentences(6, 400));
    let header = "Permission is granted, free of charge, to any person who obtains a copy of this text, to use it without limit.";
    let with = |parts: &[String], extra: &str| format!("{extra}\n{}", parts.join(" "));
    assert_eq!(overlap(&with(&selection, header), &with(&report, header)), None);
    let page = selection[100..112].join(" ");
    let message = overlap(&with(&selection, ""), &with(&report, &page)).unwrap();
    assert!(message.contains("runs of 100 characters or more") && message.contains("The "), "{message}");
}

#[test]
fn headers_that_every_file_of_the_selection_repeats_explain_themselves() {
    let header = "Licensed under the terms of this licence; you may not use this file except in compliance with this licence, of which \
                  a copy was given to you.";
    let files = |seed: u64, count| {
        let file = |number| format!("{header}\n{}\n", sentences(seed + number, 20).join("\n"));
        (0..count).map(file).collect::<String>()
    };
    assert_eq!(overlap(&files(100, 12), &files(900, 12)), None);
}

#[test]
fn texts_that_come_along_are_apart() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/tiny-moe/data");
    let read = |name: &str| std::fs::read_to_string(data.join(name)).unwrap();
    for kind in ["arithmetic", "code", "prose", "recall"] {
        let known = Known::new(&read(&format!("{kind}.selection.txt")));
        for other in ["arithmetic", "code", "prose", "recall"] {
            let report = read(&format!("{other}.report.txt"));
            known.compare(&report, &Split::Report, Path::new(other)).unwrap();
        }
    }
}
