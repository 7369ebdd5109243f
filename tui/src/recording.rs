//! Screens as files: what a terminal would show, as text or as a picture for a page.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use crate::model::Model;
use crate::view::view;

/// Pixels of one character.
const CELL: (u32, u32) = (8, 17);

/// The cells of a screen of this size.
pub fn screen(model: &Model, columns: u16, rows: u16) -> Buffer {
    let Ok(mut terminal) = Terminal::new(TestBackend::new(columns, rows));
    let Ok(_) = terminal.draw(|frame| view(model, frame));
    terminal.backend().buffer().clone()
}

/// A screen as text, without the spaces at the ends of its lines.
pub fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for row in 0..buffer.area.height {
        let line: String = (0..buffer.area.width).map(|column| buffer[(column, row)].symbol()).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A screen as a picture: dark, with the colours that most terminals have.
pub fn svg(buffer: &Buffer) -> String {
    let (wide, high) = CELL;
    let (columns, rows) = (u32::from(buffer.area.width), u32::from(buffer.area.height));
    let (width, height) = (columns * wide + 16, rows * high + 16);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#16181d\"/>\n\
         <g font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"13\" xml:space=\"preserve\">\n"
    );
    for row in 0..buffer.area.height {
        for run in runs(buffer, row) {
            let (x, y) = (u32::from(run.column) * wide + 8, u32::from(row) * high + 8);
            let across = run.cells * wide;
            let mut ink = paint(run.cell.fg);
            if reversed(run.cell) {
                out.push_str(&format!(
                    "<rect x=\"{x}\" y=\"{y}\" width=\"{across}\" height=\"{high}\" fill=\"{ink}\"/>\n"
                ));
                ink = "#16181d";
            }
            let bold = if run.cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
            let dim = if run.cell.modifier.contains(Modifier::DIM) { " opacity=\"0.6\"" } else { "" };
            let text = run.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let base = y + high - 4;
            // Fonts differ in width: the length keeps every character in its column.
            out.push_str(&format!(
                "<text x=\"{x}\" y=\"{base}\" textLength=\"{across}\" lengthAdjust=\"spacingAndGlyphs\" \
                 fill=\"{ink}\"{bold}{dim}>{text}</text>\n"
            ));
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
}

/// Neighbouring cells that look alike.
struct Run<'a> {
    column: u16,
    cells: u32,
    cell: &'a Cell,
    text: String,
}

/// The runs of a row; what is blank and plain is in none.
fn runs(buffer: &Buffer, row: u16) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    for column in 0..buffer.area.width {
        let cell = &buffer[(column, row)];
        if cell.symbol().trim().is_empty() && !reversed(cell) {
            continue;
        }
        let look = |cell: &Cell| (cell.fg, cell.modifier);
        match runs.last_mut() {
            Some(run)
                if u32::from(run.column) + run.cells == u32::from(column) && look(run.cell) == look(cell) =>
            {
                run.cells += 1;
                run.text.push_str(cell.symbol());
            }
            _ => runs.push(Run { column, cells: 1, cell, text: cell.symbol().to_owned() }),
        }
    }
    runs
}

fn reversed(cell: &Cell) -> bool {
    cell.modifier.contains(Modifier::REVERSED)
}

fn paint(colour: Color) -> &'static str {
    match colour {
        Color::Red => "#ef6b73",
        Color::Green => "#8cc265",
        Color::Magenta => "#d55fde",
        Color::Cyan => "#42b3c2",
        _ => "#d7dae0",
    }
}
