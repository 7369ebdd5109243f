//! Every screen at three sizes, and in styles of a terminal without colour. `ATTUNE_REWRITE_SCREENS=1` writes the
//! files anew; look at what changed.

use std::path::Path;

use attune_tui::{Key, Setup, recording};
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use crate::backend_harness::Harness;
use crate::demo::Demo;
use crate::system;

const SIZES: [(u16, u16); 3] = [(60, 18), (80, 24), (200, 60)];

fn scenes(columns: u16, rows: u16, colour: bool) -> Vec<(&'static str, Harness)> {
    let setup = || Setup { colour, ..Setup::default() };
    let fresh = || Harness::new(columns, rows, setup());
    let mut scenes = vec![("home", fresh())];

    scenes
        .push(("home-empty", Harness::over(Demo { empty: true, ..Demo::default() }, columns, rows, setup())));

    let mut help = fresh();
    help.keys("?");
    scenes.push(("help", help));

    let mut draft = fresh();
    draft.keys("nt");
    scenes.push(("draft", draft));

    let mut fault = Harness::new(80, 24, setup());
    fault.keys("n");
    fault.fill("keep", "8");
    fault.resize(columns, rows);
    scenes.push(("draft-fault", fault));

    for (name, digit) in [("curves", '1'), ("trials", '2'), ("map", '3'), ("now", '4'), ("log", '5')] {
        let mut live = fresh();
        live.key(Key::Tab);
        live.key(Key::Enter);
        live.keys("l");
        live.second(20);
        live.second(14);
        live.key(Key::Char(digit));
        scenes.push((name, live));
    }

    let mut dropped = fresh();
    dropped.key(Key::Tab);
    dropped.key(Key::Enter);
    dropped.keys("l");
    dropped.second(34);
    dropped.keys("4jjjj");
    scenes.push(("dropped", dropped));

    let mut leave = fresh();
    leave.key(Key::Tab);
    leave.key(Key::Enter);
    leave.keys("l");
    leave.second(5);
    leave.keys("q");
    scenes.push(("leave", leave));

    // The list: elsewhere, stopped, done, front, failed.
    let opened = |down: usize| {
        let mut opened = fresh();
        (0..down).for_each(|_| opened.key(Key::Down));
        opened.key(Key::Enter);
        opened
    };
    scenes.push(("result", opened(2)));

    let mut front = opened(3);
    front.key(Key::Tab);
    front.key(Key::Tab);
    (0..12).for_each(|_| front.key(Key::Down));
    scenes.push(("front", front));

    let mut trial = opened(2);
    trial.keys("i");
    scenes.push(("trial", trial));

    let mut items = opened(2);
    items.keys("i");
    items.key(Key::End);
    scenes.push(("trial-items", items));

    let mut compare = fresh();
    (0..2).for_each(|_| compare.key(Key::Down));
    compare.keys("vjv");
    scenes.push(("compare", compare));

    let mut failed = fresh();
    failed.key(Key::End);
    scenes.push(("home-failed", failed));

    let mut delete = fresh();
    delete.key(Key::End);
    delete.keys("D");
    scenes.push(("delete", delete));

    let mut rename = fresh();
    rename.key(Key::End);
    rename.keys("R2");
    scenes.push(("rename", rename));

    scenes.push(("stopped", opened(1)));

    let mut export = opened(2);
    export.keys("ejjj");
    scenes.push(("export", export));

    let system = || system::screen(columns, rows, setup());
    for (name, keys) in
        [("system-trials", "2"), ("system-map", "3d"), ("system-now", "4"), ("system-trial", "i")]
    {
        let mut live = system();
        live.keys(keys);
        scenes.push((name, live));
    }
    scenes
}

#[test]
fn every_screen_is_as_it_was() {
    for (columns, rows) in SIZES {
        for (name, harness) in scenes(columns, rows, true) {
            compare(&format!("{name}.{columns}x{rows}.txt"), &harness.text());
        }
    }
}

#[test]
fn without_colour_every_screen_still_says_everything() {
    for (name, harness) in scenes(80, 24, false) {
        let buffer = recording::screen(&harness.model, 80, 24);
        let painted = buffer.content.iter().any(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset);
        assert!(!painted, "{name} has colours");
        compare(&format!("{name}.plain.txt"), &format!("{}{}", recording::text(&buffer), weights(&buffer)));
    }
}

#[test]
fn only_the_sixteen_colours_and_no_background_are_used() {
    for (name, harness) in scenes(200, 60, true) {
        for cell in &recording::screen(&harness.model, 200, 60).content {
            assert!(!matches!(cell.fg, Color::Rgb(..) | Color::Indexed(_)), "{name}");
            // White and black are invisible on one kind of screen, yellow and blue nearly so.
            let risky = [Color::White, Color::Black, Color::Yellow, Color::Blue, Color::Gray];
            assert!(!risky.contains(&cell.fg), "{name} uses {:?}", cell.fg);
            assert_eq!(cell.bg, Color::Reset, "{name}");
        }
    }
}

#[test]
fn a_terminal_that_is_too_small_says_so() {
    let harness = Harness::new(50, 12, Setup::default());
    harness.sees("attune needs more room");
    harness.sees("60×18 at least, this is 50×12");
    for (columns, rows) in [(1, 1), (3, 2), (60, 18), (61, 19), (119, 35), (120, 36), (300, 100)] {
        scenes(columns, rows, true).iter().for_each(|(_, harness)| drop(harness.text()));
    }
}

/// Where text is bold, dim or reversed: one sign per cell.
fn weights(buffer: &Buffer) -> String {
    let sign = |modifier: Modifier| match modifier {
        m if m.contains(Modifier::REVERSED) => '#',
        m if m.contains(Modifier::BOLD) => '+',
        m if m.contains(Modifier::DIM) => '-',
        _ => ' ',
    };
    let rows = (0..buffer.area.height).map(|row| {
        let line: String = (0..buffer.area.width)
            .map(|column| &buffer[(column, row)])
            .map(|cell| {
                if cell.symbol() == " " && !cell.modifier.contains(Modifier::REVERSED) {
                    ' '
                } else {
                    sign(cell.modifier)
                }
            })
            .collect();
        format!("{}\n", line.trim_end())
    });
    format!("=== # reversed, + bold, - dim\n{}", rows.collect::<String>())
}

#[track_caller]
fn compare(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/screens").join(name);
    if std::env::var_os("ATTUNE_REWRITE_SCREENS").is_some() {
        std::fs::write(&path, found).expect("the folder of screens is there and can be written to");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == found, "{name} has changed (ATTUNE_REWRITE_SCREENS=1 keeps it); it is now\n{found}");
}
