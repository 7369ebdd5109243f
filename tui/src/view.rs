//! The model, drawn. Pure: the same model and size give the same screen.

mod chooser;
pub(crate) mod compare;
mod draft;
mod export;
mod help;
mod home;
mod modals;
pub(crate) mod result;
mod study;
pub(crate) mod trial;

use ratatui::Frame;
use ratatui::layout::{Alignment, Rect};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use crate::model::{Model, Screen};
use crate::widgets::{Page, only_visible, wrap};

/// The smallest terminal that the screens fit.
const SMALLEST: (u16, u16) = (60, 18);

/// Draws the screen and the dialogs over it.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return too_small(frame, area);
    }
    match &model.screen {
        Screen::Home => home::view(model, frame),
        Screen::Draft => draft::view(model, frame),
        Screen::Opening(what) => opening(model, what, frame),
        Screen::Live(name) => match model.studies.get(name) {
            Some(study) => study::view(model, study, frame),
            None => opening(model, name, frame),
        },
        Screen::Result(name) => match model.studies.get(name) {
            Some(study) => result::view(model, study, frame),
            None => opening(model, name, frame),
        },
        Screen::Trial(name) => match model.studies.get(name) {
            Some(study) => trial::view(model, study, frame),
            None => opening(model, name, frame),
        },
        Screen::Compare => match &model.compare {
            Some(compare) => compare::view(model, compare, frame),
            None => opening(model, "comparing", frame),
        },
    }
    if let Some(modal) = model.modals.last() {
        modals::view(model, modal, frame);
    }
    only_visible(frame.buffer_mut());
}

fn too_small(frame: &mut Frame<'_>, area: Rect) {
    let text = [
        "attune needs more room".to_owned(),
        format!("{}×{} at least, this is {}×{}", SMALLEST.0, SMALLEST.1, area.width, area.height),
        "Ctrl-C quits".to_owned(),
    ];
    let lines = text.iter().flat_map(|text| wrap(text, usize::from(area.width))).map(Line::from);
    let lines: Vec<Line<'_>> = lines.collect();
    frame.render_widget(Paragraph::new(lines).alignment(Alignment::Center), area);
}

fn opening(model: &Model, what: &str, frame: &mut Frame<'_>) {
    let page = Page { title: what.to_owned(), state: "please wait".into(), ..Page::default() };
    let body = page.draw(model, frame, &[("Esc", "back"), ("q", "quit")]);
    let dots = ".".repeat((model.now.as_secs() % 4) as usize);
    frame.render_widget(Paragraph::new(format!("\n {what}{dots}")), body);
}
