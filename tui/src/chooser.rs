//! The list from which a value of the form is chosen: words with a sentence about each, or files and folders. Where
//! anything may stand it can be typed, too.

mod folder;

pub(crate) use folder::{Browsing, Wanted, beside};

use attune::backend::{FolderEntry, Request};

use crate::effect::Effect;
use crate::key::Key;
use crate::line_edit::LineEdit;

/// Lines that a page key moves.
const PAGE: usize = 10;

/// Something that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) text: String,
    /// One sentence about it.
    pub(crate) note: String,
    /// It would not do, and the sentence says why.
    pub(crate) bad: bool,
    /// What the field says when it is chosen; `None` only opens the folder.
    pub(crate) value: Option<String>,
    /// The folder that it is, if it is one.
    pub(crate) folder: Option<String>,
}

impl Entry {
    /// A word and a sentence about it.
    pub(crate) fn word(word: &str, note: &str) -> Self {
        let (text, note) = (word.to_owned(), note.to_owned());
        Self { value: Some(text.clone()), text, note, bad: false, folder: None }
    }
}

/// The dialog.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chooser {
    /// The field.
    pub(crate) path: String,
    pub(crate) title: String,
    pub(crate) line: LineEdit,
    /// Words; of a path, what is likely.
    entries: Vec<Entry>,
    /// Something else may be typed.
    pub(crate) free: bool,
    /// Where files are looked for; `None` chooses among words.
    pub(crate) browsing: Option<Browsing>,
    /// Position among those that are shown; `None` is the line.
    pub(crate) chosen: Option<usize>,
    /// What does not begin or contain what was typed is left out.
    typed: bool,
}

impl Chooser {
    /// Chooses a word for the field `path`, which says `now`.
    pub(crate) fn words(path: &str, title: &str, now: &str, entries: Vec<Entry>, free: bool) -> Self {
        let at = entries.iter().position(|entry| entry.value.as_deref() == Some(now));
        Self {
            path: path.to_owned(),
            title: title.to_owned(),
            line: LineEdit::new(if free { now } else { "" }),
            entries,
            free,
            browsing: None,
            chosen: at.or((!free).then_some(0)),
            typed: false,
        }
    }

    /// Chooses a file or folder, beginning where that is which the field says `now`.
    pub(crate) fn files(path: &str, title: &str, now: &str, likely: Vec<Entry>, wanted: Wanted) -> Self {
        let browsing = Browsing::new(folder::split(now).0, wanted);
        Self { browsing: Some(browsing), ..Self::words(path, title, now, likely, true) }
    }

    /// What the backend has to be asked first.
    pub(crate) fn asks(&self, profile: &str) -> Vec<Effect> {
        let folder = self.browsing.iter().map(|browsing| browsing.folder.clone());
        let asked = folder.map(|folder| Request::Folder { folder, profile: profile.to_owned() });
        asked.map(Effect::Ask).collect()
    }

    /// What can be chosen now.
    pub(crate) fn shown(&self) -> Vec<Entry> {
        let typed = self.line.text().to_lowercase();
        let fits = |text: &str| !self.typed || text.to_lowercase().contains(&typed);
        let mut shown: Vec<Entry> = match &self.browsing {
            // Likely ones are no part of a folder that somebody has gone to.
            Some(browsing) if browsing.moved => Vec::new(),
            _ => self.entries.iter().filter(|entry| fits(&entry.text)).cloned().collect(),
        };
        match &self.browsing {
            Some(browsing) => {
                let begun = if self.typed { folder::split(&typed).1 } else { "" };
                let listed = browsing.entries().into_iter();
                let listed = listed.filter(|entry| entry.text.to_lowercase().starts_with(begun));
                let known = |entry: &Entry| {
                    entry.value.is_some() && shown.iter().any(|likely| likely.value == entry.value)
                };
                let new: Vec<Entry> = listed.filter(|entry| !known(entry)).collect();
                shown.extend(new);
            }
            None => shown.sort_by_key(|entry| !entry.text.to_lowercase().starts_with(&typed) && self.typed),
        }
        shown
    }

    pub(crate) fn paste(&mut self, text: &str) {
        self.line.paste(text);
        self.follow();
    }

    /// The backend has listed a folder.
    pub(crate) fn listed(&mut self, folder: &str, listing: Result<Vec<FolderEntry>, String>) {
        if let Some(browsing) = self.browsing.as_mut().filter(|browsing| browsing.folder == folder) {
            browsing.listing = Some(listing);
        }
    }

    /// After typing: words are chosen by their beginnings, paths are taken as they are typed.
    fn follow(&mut self) {
        self.typed = true;
        let typed = self.line.text().to_lowercase();
        let begins = self.shown().first().is_some_and(|entry| entry.text.to_lowercase().starts_with(&typed));
        let words = self.browsing.is_none() && !typed.is_empty();
        self.chosen = (!self.free || (words && begins)).then_some(0);
        if let Some(browsing) = &mut self.browsing {
            browsing.go(folder::split(self.line.text()).0);
        }
    }

    /// Goes to a folder.
    fn enter(&mut self, folder: &str) {
        self.line = LineEdit::new(&folder::inside(folder));
        self.typed = false;
        self.chosen = Some(0);
        if let Some(browsing) = &mut self.browsing {
            browsing.go(folder);
            browsing.moved = true;
        }
    }

    /// A key that moves in the list; says whether it was one.
    fn moves(&mut self, key: Key, len: usize) -> bool {
        let at = match (key, self.chosen) {
            (Key::Up, Some(0)) | (Key::PageUp, Some(0)) if self.free => None,
            (Key::Up, Some(at)) => Some(at.saturating_sub(1)),
            (Key::Down, Some(at)) => Some(at + 1),
            (Key::PageUp, Some(at)) => Some(at.saturating_sub(PAGE)),
            (Key::PageDown, Some(at)) => Some(at + PAGE),
            (Key::Down | Key::PageDown, None) => Some(0),
            (Key::Up | Key::PageUp, None) => None,
            _ => return false,
        };
        self.chosen = at.filter(|_| len > 0).map(|at| at.min(len - 1));
        true
    }

    /// A key other than Escape, which closes the dialog; what the field is to say once that is chosen.
    pub(crate) fn press(&mut self, key: Key) -> Option<String> {
        let shown = self.shown();
        let entry = self.chosen.and_then(|at| shown.get(at));
        match (key, entry) {
            (Key::Enter, Some(Entry { value: Some(value), .. })) => return Some(value.clone()),
            (Key::Enter | Key::Tab | Key::Right, Some(Entry { folder: Some(folder), .. })) => {
                let folder = folder.clone();
                self.enter(&folder);
            }
            (Key::Enter, _) if self.free => return Some(self.line.text().trim().to_owned()),
            (Key::Tab, _) => {
                if let Some(first) = entry.or(shown.first()) {
                    let text = first.folder.as_deref().map(folder::inside).or(first.value.clone());
                    self.line = LineEdit::new(&text.unwrap_or_default());
                    self.follow();
                }
            }
            _ if self.moves(key, shown.len()) => {}
            _ => {
                let text = self.line.text().to_owned();
                if self.line.press(key) && self.line.text() != text {
                    self.follow();
                }
            }
        }
        None
    }
}
