//! The evaluator through its trait.

use attune_frame_rate::generate::{self, Size};
use attune_frame_rate::{Quality, RATES, merging, optimum, y4m};
use attune_guest::evaluator::{Edit, Evaluator, Failure, Opening, Setting};

use super::videos::{CLIPS, GIVEN, PREVIEW, Videos};

fn opening(task: &str) -> Opening {
    let small = [("clips", 3), ("frames", 48), ("width", 32), ("height", 24)];
    small.iter().fold(Opening::new::<Videos>(task), |opening, &(name, value)| {
        opening.task_option(name, Setting::Int(value))
    })
}

fn fact(videos: &Videos, name: &str) -> Vec<u32> {
    match videos.subject().facts.into_iter().find(|(known, _)| known == name) {
        Some((_, Setting::Ints(values))) => values.into_iter().map(|value| value as u32).collect(),
        other => panic!("{other:?}"),
    }
}

fn ssim(videos: &Videos, plan: &[Edit], split: &str) -> Vec<f64> {
    let evaluation = videos.evaluate(plan, split, &[0, 1, 2]).unwrap();
    assert!(evaluation.metrics[1].items.iter().all(|&share| share <= 0.3 + 1e-9), "{evaluation:?}");
    evaluation.metrics[0].items.clone()
}

fn rates(every: &[u32]) -> [Edit; 1] {
    [Edit::new("frame-rates").ints("every", every)]
}

#[test]
fn rates_that_were_tuned_on_the_preview_beat_even_ones_and_stay_below_the_bound() {
    let videos = Videos::open(&opening(PREVIEW)).unwrap();
    let tuned = rates(&fact(&videos, "frame-tuned"));
    for split in ["selection", "report"] {
        let (tuned, even) = (ssim(&videos, &tuned, split), ssim(&videos, &[], split));
        assert_eq!(ssim(&videos, &rates(&fact(&videos, "frame-uniform")), split), even);
        assert!(tuned.iter().sum::<f64>() > even.iter().sum::<f64>(), "{tuned:?} {even:?}");
        let bounds = videos.known_bounds(split, &[0, 1, 2]);
        assert!(bounds[0].items.iter().zip(tuned).all(|(bound, found)| found <= bound.unwrap()));
    }
}

#[test]
fn a_given_clip_is_reported_as_it_was_searched_and_its_best_schedule_is_the_bound() {
    let videos = Videos::open(&opening(GIVEN)).unwrap();
    let every = |schedule: &dyn Fn(&Quality, usize) -> Vec<usize>| -> Vec<u32> {
        let chosen = videos.selection().iter().map(|video| {
            let quality = video.seen();
            schedule(quality, quality.chunks().budget(0.3))
        });
        chosen.flatten().map(|rate| RATES[rate] as u32).collect()
    };
    let best = every(&|quality, budget| {
        optimum::best(&quality.table(), quality.chunks(), budget)
            .expect("the budget is no less than the least")
            .0
    });
    let found = ssim(&videos, &rates(&best), "selection");
    assert_eq!(ssim(&videos, &rates(&best), "report"), found);
    for split in ["selection", "report"] {
        for (bound, found) in videos.known_bounds(split, &[0, 1, 2])[0].items.iter().zip(&found) {
            let above = bound.unwrap() - found;
            assert!((0.0..1e-9).contains(&above), "{above}");
        }
    }
    let tuned = ssim(&videos, &rates(&fact(&videos, "frame-tuned")), "report");
    assert!(tuned.iter().zip(&found).all(|(tuned, found)| tuned <= found), "{tuned:?} {found:?}");
    // What is decided on the preview of the same clips is another schedule.
    let preview = Videos::open(&opening(PREVIEW)).unwrap();
    assert_ne!(fact(&preview, "frame-tuned"), fact(&videos, "frame-tuned"));
    assert_ne!(ssim(&preview, &rates(&best), "selection"), found);
    assert_eq!(ssim(&preview, &rates(&best), "report"), found);
}

#[test]
fn a_clip_is_scored_alike_whatever_else_is_asked() {
    let videos = Videos::open(&opening(CLIPS)).unwrap();
    let plan = [Edit::new("frame-thresholds").reals("cuts", vec![0.01, 0.02, 0.04])];
    let all = ssim(&videos, &plan, "report");
    let alone = Videos::open(&opening(CLIPS)).unwrap().evaluate(&plan, "report", &[2]).unwrap();
    assert_eq!(alone.metrics[0].items, [all[2]]);
    assert_ne!(all, ssim(&videos, &plan, "selection"));
    ssim(&videos, &[Edit::new("frame-merging")], "report");
}

/// VGDFR's code keeps the last nine frames and more, whatever the budget.
#[test]
fn frames_that_are_merged_off_the_chunks_hold_the_budget() {
    let merging = [Edit::new("frame-merging")];
    let opened = |aligned: bool, budget: f64| {
        let opening = opening(CLIPS).task_option("aligned", Setting::Boolean(aligned));
        Videos::open(&opening.task_option("budget", Setting::Real(budget))).unwrap()
    };
    let (free, by_chunks) = (opened(false, 0.3), opened(true, 0.3));
    assert_ne!(ssim(&free, &merging, "report"), ssim(&by_chunks, &merging, "report"));
    assert!(free.known_bounds("report", &[0]).is_empty());
    // Where the budget is no matter, it is VGDFR's code.
    let wide = opened(false, 0.9);
    let clip = wide.video("report", 0).unwrap();
    let expected = merging::within(clip.seen(), clip.seen().chunks().budget(0.9)).len();
    let shares = wide.evaluate(&merging, "report", &[0]).unwrap().metrics[1].items.clone();
    assert_eq!(shares, [expected as f64 / 48.0]);
}

#[test]
fn plans_that_cannot_be_honoured_say_why() {
    let says = |task: &str, edit: Edit| match Videos::open(&opening(task)).unwrap().check(&[edit]) {
        Err(Failure::Unsupported { edit: 0, reason }) => reason,
        other => panic!("{other:?}"),
    };
    let cuts = |cuts: &[f64]| Edit::new("frame-thresholds").reals("cuts", cuts.to_vec());
    assert!(says(PREVIEW, cuts(&[0.2, 0.1, 0.3])).contains("do not fall"));
    assert!(says(CLIPS, Edit::new("frame-rates").ints("every", &[1])).contains("task `given` or `preview`"));
    assert!(says(PREVIEW, Edit::new("frame-rates").ints("every", &[1])).contains("each of 18 chunks"));
    assert!(says(PREVIEW, Edit::new("frame-rates").ints("every", &[3; 18])).contains("1, 2, 4 or 8"));
    assert!(says(PREVIEW, Edit::new("frame-rates").ints("every", &[1; 18])).contains("expected at most 14"));
}

#[test]
fn files_are_cut_in_halves_or_reported_in_full_and_never_both() {
    let clip = |seed| y4m::write(&generate::clip(Size { width: 24, height: 24, frames: 32 }, seed));
    let given = |task: &str| {
        let opening = Opening::new::<Videos>(task).file("selection", "a.y4m", &clip(1));
        opening.task_option("window", Setting::Int(16))
    };
    let halves = Videos::open(&given(CLIPS)).unwrap();
    assert_eq!(halves.subject().items, [("selection".to_owned(), 1), ("report".to_owned(), 1)]);
    let twice = given(CLIPS).file("report", "b.y4m", &clip(1));
    assert!(Videos::open(&twice).err().unwrap().message.contains("same clip"));
    assert!(Videos::open(&given(CLIPS).file("report", "b.y4m", &clip(2))).is_ok());
    assert!(
        Videos::open(&given(PREVIEW).file("report", "b.y4m", &clip(2)))
            .err()
            .unwrap()
            .message
            .contains("in full")
    );
    let small = given(PREVIEW).task_option("preview", Setting::Int(3));
    assert!(Videos::open(&small).err().unwrap().message.contains("11×11"));
    let broken = Opening::new::<Videos>(CLIPS).file("selection", "c.y4m", b"RIFF");
    assert!(Videos::open(&broken).err().unwrap().message.contains("YUV4MPEG2"));
}
