//! Every key of every screen.

use crate::model::Screen;

/// Keys and what they do, for the help dialog.
pub(crate) fn keys(screen: &Screen) -> &'static [(&'static str, &'static str)] {
    match screen {
        Screen::Home => &[
            ("↑ ↓", "move; PageUp, PageDown, Home and End too"),
            ("Tab", "between studies and profiles"),
            ("Enter", "open the study, or start from the profile"),
            ("n e", "new study; edit the profile in $EDITOR"),
            ("c", "continue an unfinished study"),
            ("o O", "sort studies: newest, name, state, best; reverse"),
            ("v", "compare: once on each of two studies"),
            ("D R C", "delete, rename, clone a study"),
            ("/", "filter by words; Esc clears the filter"),
            ("q, Ctrl-C", "quit"),
        ],
        Screen::Draft => &[
            ("↑ ↓ Tab", "move between fields"),
            ("Enter", "list what the field can be, or type it; Esc leaves it as it was"),
            ("← →", "next value of a choice, next number"),
            ("a", "show the fields that few need, in all groups"),
            ("r", "reset the field: it follows what was chosen again"),
            ("e", "open the saved profile in your editor (EDITOR)"),
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
            ("i", "the selected trial: its whole config, scores of items, differences"),
            ("e", "export the selected trial"),
            ("Enter", "result, once there is one"),
            ("Esc", "back to the list; the study goes on"),
        ],
        Screen::Trial(_) => &[
            ("↑ ↓", "scroll"),
            ("← →", "the trial before and after in the table"),
            ("c", "compare with the next baseline, the best or a parent"),
            ("g", "compare with any trial: type its number"),
            ("e", "export this trial"),
            ("Esc", "back"),
        ],
        Screen::Compare => &[("↑ ↓", "scroll"), ("Esc", "back to the list")],
        Screen::Result(_) => &[
            ("↑ ↓", "scroll"),
            ("Tab", "choose a config of the front, where there are several objectives"),
            ("i", "the winner, or what is chosen, with its whole config and scores"),
            ("e", "export the winner, or what is chosen"),
            ("t", "trials, curves and maps"),
            ("Esc", "back to the list"),
        ],
    }
}
