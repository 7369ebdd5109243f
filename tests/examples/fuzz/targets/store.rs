//! Journals, notes on runs and cached results, behind checksums that fit.

use attune_core::hash::ContentHash;
use attune_store::{ReadStore, health};

use crate::{Target, scratch};

pub(crate) const TARGET: Target = Target {
    name: "store",
    seeds: |root| {
        let mut seeds = Vec::new();
        let files = ["journal/one.jsonl", "journal/two.2.jsonl", "runs/one.jsonl", "cache.jsonl"];
        for (place, log) in scratch::contents(&root.join("store/fixtures/v1"), &files).into_iter().enumerate()
        {
            seeds.push([b"jjrc".get(place..=place).unwrap_or_default(), &log].concat());
        }
        seeds
    },
    run: |input| {
        // The first byte says which of the logs it is.
        let Some((kind, log)) = input.split_first() else { return };
        let folder = scratch::folder("store");
        scratch::write(&folder.join("FORMAT"), include_bytes!("../../../../store/fixtures/v1/FORMAT"));
        let good = include_bytes!("../../../../store/fixtures/v1/journal/one.jsonl").to_vec();
        let sealed: Vec<u8> = log.split_inclusive(|byte| *byte == b'\n').flat_map(sealed).collect();
        let part = |is: u8, otherwise: &[u8]| if *kind == is { sealed.clone() } else { otherwise.to_vec() };
        scratch::write(&folder.join("journal/one.jsonl"), &part(b'j', &good));
        scratch::write(&folder.join("runs/one.jsonl"), &part(b'r', b""));
        scratch::write(&folder.join("cache.jsonl"), &part(b'c', b""));
        if let Ok(store) = ReadStore::open(&folder) {
            let _ = (store.studies(), store.records("one"), store.notes_on("one"));
        }
        let _ = health(&folder);
    },
};

/// The line with the checksum that its record has now, so that what is in it is read.
fn sealed(line: &[u8]) -> Vec<u8> {
    let marker = b"\"record\":";
    let found = line.windows(marker.len()).position(|window| window == marker);
    let record = found.and_then(|place| line[place + marker.len()..].trim_ascii_end().strip_suffix(b"}"));
    let Some(record) = record else { return line.to_vec() };
    let sum = ContentHash::of(&[b"1 ", record].concat()).to_string();
    [format!("{{\"v\":1,\"sum\":\"{}\",\"record\":", &sum[..16]).as_bytes(), record, b"}\n"].concat()
}
