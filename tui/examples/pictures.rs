//! Pictures of the screens for the documentation: `cargo run -p attune-tui --example pictures -- FOLDER`.

#[path = "../tests/it/demo.rs"]
mod demo;
#[expect(dead_code, reason = "tests use more of it")]
#[path = "../tests/it/desk_harness.rs"]
mod desk_harness;

use std::path::PathBuf;

use attune_tui::{Key, Setup, recording};
use desk_harness::Harness;

const SIZE: (u16, u16) = (130, 40);

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    std::fs::create_dir_all(&folder)?;
    let keep = |name: &str, harness: &Harness| {
        let buffer = recording::screen(&harness.model, SIZE.0, SIZE.1);
        std::fs::write(folder.join(format!("{name}.svg")), recording::svg(&buffer))
    };
    let mut person = Harness::new(SIZE.0, SIZE.1, Setup::default());
    keep("home", &person)?;
    person.keys("nt");
    keep("new-study", &person)?;
    person.key(Key::Esc);
    person.key(Key::Tab);
    person.key(Key::Enter);
    person.keys("l");
    person.second(20);
    person.second(24);
    keep("live", &person)?;
    person.second(17);
    person.key(Key::Enter);
    keep("result", &person)?;
    person.keys("e");
    keep("export", &person)
}
