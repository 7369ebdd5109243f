//! The pictures of the README: the command line itself on a terminal of its own, at the shipped quickstart, from the form
//! to the result. `cargo xtask pictures` draws them anew.

mod svg;

use crate::screens::{checkout, trials};
use crate::support::root;
use crate::terminal::Terminal;

/// Trials after which a search looks like one.
const AMID: u64 = 250;

#[test]
#[ignore = "searches for minutes and writes docs/screens; `cargo xtask pictures` runs it"]
fn pictures_of_the_real_thing() {
    let place = checkout();
    let mut person = Terminal::open_plainly(&place);
    let keep = |person: &Terminal, name: &str| {
        std::fs::write(root().join(format!("docs/screens/{name}.svg")), svg::svg(&person.screen())).unwrap();
    };
    person.sees("profiles/quickstart.ron");
    person.press("\r");
    person.sees("ready to launch");
    person.press("t");
    person.sees("s a trial on");
    keep(&person, "new-study");
    person.press("l");
    person.sees("searching");
    person.waits_for("half of the trials", |text| trials(text) >= AMID);
    keep(&person, "live");
    person.sees("Enter result");
    person.press("\r");
    person.sees("The found config is ");
    keep(&person, "result");
    person.press("q");
    assert_eq!(person.code(), Some(0));
}
