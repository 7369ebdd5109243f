//! Schedules: what they keep, what they are worth, and which is best.

use attune_frame_rate::generate::{self, Size};
use attune_frame_rate::{
    Chunks, Clip, Quality, RATES, Random, exchange, frame_similarities, merging, optimum, thresholds,
    uniform, y4m,
};
use proptest::prelude::*;

const SIZE: Size = Size { width: 24, height: 16, frames: 61 };

fn quality(seed: u64) -> Quality {
    Quality::new(generate::clip(SIZE, seed), 8)
}

/// A schedule of as many chunks as asked, by counting up.
fn counted(number: usize, chunks: usize) -> Vec<usize> {
    (0..chunks).map(|chunk| number / RATES.len().pow(chunk as u32) % RATES.len()).collect()
}

#[test]
fn chunks_are_worth_what_the_reconstructed_clip_says() {
    let quality = quality(3);
    let mut random = Random::new(5);
    for _ in 0..6 {
        let schedule: Vec<usize> = (0..quality.chunks().count()).map(|_| random.below(RATES.len())).collect();
        let kept = quality.chunks().schedule(&schedule);
        assert_eq!(kept.len(), quality.chunks().total(&schedule));
        let all = frame_similarities(quality.clip(), &kept);
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        assert!((quality.of(&schedule) - mean).abs() < 1e-12);
        assert!((quality.of_frames(&kept) - mean).abs() < 1e-12);
        assert!(kept.iter().all(|&frame| all[frame] == 1.0));
    }
}

#[test]
fn the_optimum_is_the_best_of_all_schedules() {
    let whole = generate::clip(Size { frames: 45, ..SIZE }, 11);
    let quality = Quality::new(whole, 8);
    let (chunks, table) = (quality.chunks(), quality.table());
    assert_eq!(chunks.count(), 6);
    for budget in [chunks.least(), 12, 14, 22, 31, 45] {
        let (found, worth) =
            optimum::best(&table, chunks, budget).expect("the budget is no less than the least");
        assert!(chunks.total(&found) <= budget);
        let all = (0..RATES.len().pow(6)).map(|number| counted(number, 6));
        let best =
            all.filter(|schedule| chunks.total(schedule) <= budget).map(|schedule| quality.of(&schedule));
        let best = best.fold(f64::NEG_INFINITY, f64::max);
        assert!(
            (quality.of(&found) - best).abs() < 1e-12 && (worth / 45.0 - best).abs() < 1e-12,
            "at {budget} frames"
        );
    }
    assert_eq!(optimum::best(&table, chunks, chunks.least() - 1), None);
}

#[test]
fn nothing_within_a_budget_is_better_than_the_optimum() {
    for seed in 0..4 {
        let quality = quality(seed);
        let chunks = quality.chunks();
        for share in [0.3, 0.5, 0.75] {
            let budget = chunks.budget(share);
            let (_, best) = optimum::best(&quality.table(), chunks, budget).expect("the budget holds");
            let complexities = quality.complexities();
            let (cuts, tuned) =
                thresholds::tuned(&complexities, chunks, budget, 64, |schedule| quality.of(schedule));
            assert_eq!(thresholds::schedule(&complexities, &cuts), tuned);
            let others = [
                tuned,
                uniform::schedule(chunks, budget),
                merging::schedule(&quality, budget),
                uniform::random(chunks, budget, &mut Random::new(seed)),
                thresholds::within(&complexities, &[0.001, 0.002, 0.004], chunks, budget),
            ];
            for schedule in others {
                assert!(chunks.total(&schedule) <= budget, "{schedule:?} keeps more than {budget}");
                assert!(quality.of(&schedule) <= best / 61.0 + 1e-12);
            }
        }
    }
}

#[test]
fn exchanges_close_at_least_half_of_what_thresholds_leave() {
    for share in [0.3, 0.5] {
        let (mut left, mut closed) = (0.0, 0.0);
        for seed in 0..6 {
            let quality = Quality::new(generate::clip(Size { frames: 160, ..SIZE }, seed), 8);
            let chunks = quality.chunks();
            let budget = chunks.budget(share);
            let worth = |schedule: &[usize]| quality.of(schedule);
            let (_, tuned) = thresholds::tuned(&quality.complexities(), chunks, budget, 64, worth);
            let starts = [tuned, uniform::schedule(chunks, budget)];
            let found = exchange::search(&starts, chunks, budget, 1000, &mut Random::new(seed), worth);
            assert!(chunks.total(&found) <= budget);
            let (_, best) = optimum::best(&quality.table(), chunks, budget).expect("the budget holds");
            let best = best / chunks.frames() as f64;
            let [before, after] = [&starts[0], &found].map(|schedule| best - worth(schedule));
            assert!(starts.iter().all(|start| worth(start) <= worth(&found)));
            left += before;
            closed += before - after;
        }
        assert!(left > 0.001 && closed >= left / 2.0, "{closed} of {left} at {share}");
    }
}

#[test]
fn a_search_without_a_start_that_fits_begins_with_the_fewest_frames() {
    let quality = quality(1);
    let chunks = quality.chunks();
    let worth = |schedule: &[usize]| quality.of(schedule);
    let all = vec![0; chunks.count()];
    let found = exchange::search(&[all], chunks, chunks.budget(0.5), 1, &mut Random::new(1), worth);
    assert_eq!(chunks.total(&found), chunks.least());
}

/// Eight equal frames, then eight of noise: thresholds keep the noise.
#[test]
fn chunks_that_stand_still_lose_their_frames_first() {
    let mut random = Random::new(2);
    let frames = (0..16).map(|frame| {
        (0..24 * 16).map(|pixel| if frame < 8 { pixel as u8 } else { random.below(256) as u8 }).collect()
    });
    let quality = Quality::new(Clip::new("half", 24, 16, frames.collect()).expect("a clip"), 8);
    let complexities = quality.complexities();
    assert!(complexities[0].abs() < 1e-12 && complexities[1] > 0.5, "{complexities:?}");
    assert_eq!(thresholds::schedule(&complexities, &[0.1, 0.2, 0.3]), [3, 0]);
    assert_eq!(optimum::best(&quality.table(), quality.chunks(), 9).expect("enough").0, [3, 0]);
}

#[test]
fn merging_keeps_both_ends_and_fewer_frames_for_lower_thresholds() {
    let still = Clip::new("still", 24, 16, vec![vec![9; 24 * 16]; 61]).expect("a clip");
    let still = Quality::new(still, 8);
    // The first frame, three times sixteen to four, eight to four, and the last four.
    assert_eq!(merging::kept(&still, 0.3).len(), 1 + 12 + 4 + 4);
    assert_eq!(merging::kept(&still, 0.6).len(), 1 + 7 * 4 + 4);
    for seed in 0..3 {
        let quality = quality(seed);
        let kept = merging::within(&quality, 45);
        assert_eq!((kept[0], kept[kept.len() - 1]), (0, 60));
        assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(merging::kept(&quality, 0.99).len() >= merging::kept(&quality, 0.01).len());
    }
}

#[test]
fn uniform_frames_are_evenly_spaced() {
    assert_eq!(uniform::frames(9, 5), [0, 2, 4, 6, 8]);
    assert_eq!(uniform::frames(10, 4), [0, 3, 6, 9]);
    assert_eq!(uniform::frames(5, 99), [0, 1, 2, 3, 4]);
}

#[test]
fn a_preview_is_the_mean_of_blocks() {
    let frame: Vec<u8> = (0..24 * 24).map(|pixel| if pixel % 24 < 2 { 10 } else { 40 }).collect();
    let clip = Clip::new("columns", 24, 24, vec![frame.clone(), frame]).expect("a clip");
    let small = clip.preview(2).expect("still large enough");
    assert_eq!((small.width(), small.height()), (12, 12));
    assert_eq!(small.frames()[1][..3], [10, 40, 40]);
    assert!(clip.preview(3).is_err(), "8×8 is smaller than the window");
}

/// What is decided on previews is nearer to the optimum of the clips than thresholds that know these.
#[test]
fn a_preview_sees_as_much_of_the_scene_as_the_clip() {
    let (mut decided, mut tuned) = (0.0, 0.0);
    for seed in 100..106 {
        let clip = generate::clip(Size { width: 48, height: 36, frames: 96 }, seed);
        let (seen, full) = (Quality::of_preview(&clip, 2, 8).expect("large enough"), Quality::new(clip, 8));
        let chunks = full.chunks();
        let budget = chunks.budget(0.3);
        let best =
            |quality: &Quality| optimum::best(&quality.table(), chunks, budget).expect("the budget holds").0;
        let cuts =
            thresholds::tuned(&full.complexities(), chunks, budget, 64, |schedule| full.of(schedule)).1;
        let most = full.of(&best(&full));
        decided += most - full.of(&best(&seen));
        tuned += most - full.of(&cuts);
    }
    assert!(decided < tuned / 2.0, "{decided} is not half of {tuned}");
}

#[test]
fn files_that_are_cut_or_of_another_kind_say_where() {
    let clip = generate::clip(SIZE, 1);
    let mut bytes = y4m::write(&clip);
    assert_eq!(y4m::read(clip.name(), &bytes).expect("our own file"), clip);
    bytes.pop();
    assert_eq!(
        y4m::read("cut", &bytes).expect_err("cut").to_string(),
        "frame 60 has 383 of 384 bytes; the file is cut off"
    );
    let says = |bytes: &[u8]| y4m::read("x", bytes).expect_err("no clip").to_string();
    assert!(says(b"RIFF....").contains("YUV4MPEG2"));
    assert!(says(b"YUV4MPEG2 H8\n").contains("`W`"));
    assert!(says(b"YUV4MPEG2 W0 H8\n").contains("`W0`"));
    assert!(says(b"YUV4MPEG2 W16 H16 C420p10\n").contains("420p10"));
    // Luma of 4:2:0 is what is read.
    let mut colour = b"YUV4MPEG2 W12 H12 F25:1 C420jpeg\n".to_vec();
    for level in [7u8, 9] {
        colour.extend_from_slice(b"FRAME\n");
        colour.extend_from_slice(&[level; 144]);
        colour.extend_from_slice(&[128; 72]);
    }
    assert_eq!(y4m::read("colour", &colour).expect("colours are skipped").frames()[1], [9; 144]);
}

proptest! {
    #[test]
    fn kept_frames_are_counted_and_have_both_ends(frames in 2usize..70, length in 1usize..20, seed in 0u64..1000) {
        let chunks = Chunks::new(frames, length);
        let mut random = Random::new(seed);
        let schedule: Vec<usize> = (0..chunks.count()).map(|_| random.below(RATES.len())).collect();
        let kept = chunks.schedule(&schedule);
        prop_assert_eq!(kept.len(), chunks.total(&schedule));
        prop_assert_eq!((kept[0], kept[kept.len() - 1]), (0, frames - 1));
        prop_assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(chunks.least() <= kept.len());
    }

    #[test]
    fn neighbours_leave_no_frames_that_a_chunk_could_take(
        frames in 30usize..200, share in 0.2f64..0.9, seed in 0u64..1000,
    ) {
        let chunks = Chunks::new(frames, 8);
        let budget = chunks.budget(share);
        let mut random = Random::new(seed);
        let parent = uniform::random(chunks, budget, &mut random);
        let child = exchange::neighbour(&parent, chunks, budget, &mut random);
        prop_assert!(chunks.total(&child) <= budget);
        for chunk in 0..chunks.count() {
            if child[chunk] > 0 {
                let mut denser = child.clone();
                denser[chunk] -= 1;
                prop_assert!(chunks.total(&denser) > budget);
            }
        }
    }

    #[test]
    fn windows_have_every_frame_once(frames in 2usize..90, length in 0usize..40) {
        let clip = Clip::new("c", 11, 11, (0..frames).map(|frame| vec![frame as u8; 121]).collect()).expect("a clip");
        let windows = clip.clone().windows(length);
        let all: Vec<Vec<u8>> = windows.iter().flat_map(|window| window.frames().to_vec()).collect();
        prop_assert_eq!(all.as_slice(), clip.frames());
        prop_assert!(windows.iter().all(|window| length < 2 || window.frames().len() < 2 * length));
    }
}
