//! Every key of every screen.

use crate::model::Screen;

/// Keys and what they do, for the help dialog.
pub(crate) fn keys(screen: &Screen) -> &'static [(&'static str, &'static str)] {
    match screen {
        Screen::Home => &[
            ("↑ ↓", "move; PageUp, PageDown, Home and End too"),
            ("Tab", "between studies and profiles"),
            ("Enter", "open the study, or start from the profile"),
            ("n", "new study"),
            ("c", "continue an unfinished study"),
            ("/", "filter by words; Esc clears the filter"),
            ("q, Ctrl-C", "quit"),
        ],
        Screen::Draft => &[
            ("↑ ↓ Tab", "move between fields"),
            ("← → Space", "choose another value"),
            ("Enter", "type a value; Tab completes, Enter keeps, Esc leaves it as it was"),
            ("r", "reset the field to its default"),
            ("t", "time one trial by a real evaluation"),
            ("s", "save the profile"),
            ("l", "launch (saves first)"),
            ("Esc", "back"),
        ],
        Screen::Opening(_) => &[("Esc", "back; a study that is starting goes on")],
        Screen::Live(_) => &[
            ("1-5 Tab", "curves, trials, map, now, log"),
            ("↑ ↓", "select a trial (scroll the log in the log)"),
            ("b", "follow the best trial"),
            ("o O", "sort trials by number, score, cost, state; reverse"),
            ("d", "next dimension of the map; PageUp and PageDown scroll it"),
            ("p", "pause, resume"),
            ("s", "stop after this stage"),
            ("x", "stop now; what has finished is kept"),
            ("c", "continue a study that rests"),
            ("e", "export the selected trial"),
            ("Enter", "result, once there is one"),
            ("Esc", "back to the list; the study goes on"),
        ],
        Screen::Result(_) => &[
            ("↑ ↓", "scroll"),
            ("m", "differences of the next metric"),
            ("e", "export the winner"),
            ("t", "trials, curves and maps"),
            ("Esc", "back to the list"),
        ],
    }
}
