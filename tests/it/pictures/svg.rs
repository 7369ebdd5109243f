//! What a terminal shows, as a picture for a page: dark, with the colours that most terminals have.

use vt100::{Cell, Color, Screen};

/// Pixels of one character.
const CELL: (u32, u32) = (8, 17);
/// Around everything.
const MARGIN: u32 = 10;
const BACKGROUND: &str = "#16181d";

/// The picture. Its text is text: it can be searched and read aloud.
pub(super) fn svg(screen: &Screen) -> String {
    let (wide, high) = CELL;
    let (rows, columns) = screen.size();
    let (width, height) =
        (u32::from(columns.get()) * wide + 2 * MARGIN, u32::from(rows.get()) * high + 2 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{BACKGROUND}\"/>\n\
         <g font-family=\"DejaVu Sans Mono, Menlo, Consolas, monospace\" font-size=\"13\" xml:space=\"preserve\">\n"
    );
    for row in 0..rows.get() {
        for run in runs(screen, row, columns.get()) {
            let (x, y) = (u32::from(run.column) * wide + MARGIN, u32::from(row) * high + MARGIN);
            let across = run.cells * wide;
            let mut ink = paint(run.cell.fgcolor());
            if run.cell.inverse() {
                out.push_str(&format!(
                    "<rect x=\"{x}\" y=\"{y}\" width=\"{across}\" height=\"{high}\" fill=\"{ink}\"/>\n"
                ));
                ink = BACKGROUND;
            }
            let bold = if run.cell.bold() { " font-weight=\"bold\"" } else { "" };
            let dim = if run.cell.dim() { " opacity=\"0.6\"" } else { "" };
            let dots = dots(&run.text, x, y);
            if !dots.is_empty() {
                out.push_str(&format!(
                    "<path d=\"{dots}\" stroke=\"{ink}\" stroke-width=\"2\" stroke-linecap=\"round\"{dim}/>\n"
                ));
            }
            let text = run.text.replace(is_braille, " ");
            if text.trim().is_empty() && !run.cell.inverse() {
                continue;
            }
            let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
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

fn is_braille(letter: char) -> bool {
    ('\u{2800}'..='\u{28ff}').contains(&letter)
}

/// The dots of Braille letters, as subpaths of no length: not every font has these letters.
fn dots(text: &str, x: u32, y: u32) -> String {
    // Column and row of the dots 1 to 8, which are the bits of a letter.
    const PLACES: [(u32, u32); 8] = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
    let letters = (0..).zip(text.chars()).filter(|(_, letter)| is_braille(*letter));
    let dot = |(at, letter): (u32, char)| {
        let bits = u32::from(letter) - 0x2800;
        let set = PLACES.into_iter().enumerate().filter(move |(bit, _)| bits >> bit & 1 == 1);
        set.map(move |(_, (column, row))| {
            format!("M{} {}h.01", x + at * CELL.0 + 2 + 4 * column, y + 3 + 4 * row)
        })
    };
    letters.flat_map(dot).collect()
}

/// Neighbouring cells that look alike.
struct Run<'a> {
    column: u16,
    cells: u32,
    cell: &'a Cell,
    text: String,
}

/// The runs of a row; what is blank and plain is in none.
fn runs(screen: &Screen, row: u16, columns: u16) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    for (column, cell) in (0..columns).filter_map(|column| Some((column, screen.cell(row, column)?))) {
        let blank = cell.contents().trim().is_empty();
        if blank && !cell.inverse() {
            continue;
        }
        let text = if blank { " " } else { cell.contents() };
        let look = |cell: &Cell| (cell.fgcolor(), cell.bold(), cell.dim(), cell.inverse());
        match runs.last_mut() {
            Some(run)
                if u32::from(run.column) + run.cells == u32::from(column) && look(run.cell) == look(cell) =>
            {
                run.cells += 1;
                run.text.push_str(text);
            }
            _ => runs.push(Run { column, cells: 1, cell, text: text.to_owned() }),
        }
    }
    runs
}

fn paint(colour: Color) -> &'static str {
    match colour {
        Color::Idx(1) => "#ef6b73",
        Color::Idx(2) => "#8cc265",
        Color::Idx(5) => "#d55fde",
        Color::Idx(6) => "#42b3c2",
        _ => "#d7dae0",
    }
}
