//! Screens as files: what a terminal would show, as text or as a picture for a page.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
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
        for column in 0..buffer.area.width {
            let cell = &buffer[(column, row)];
            let symbol = cell.symbol();
            let reversed = cell.modifier.contains(Modifier::REVERSED);
            if symbol.trim().is_empty() && !reversed {
                continue;
            }
            let (x, y) = (u32::from(column) * wide + 8, u32::from(row) * high + 8);
            let ink = paint(cell.fg);
            if reversed {
                out.push_str(&format!(
                    "<rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\" fill=\"{ink}\"/>\n"
                ));
            }
            let ink = if reversed { "#16181d" } else { ink };
            let bold = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
            let dim = if cell.modifier.contains(Modifier::DIM) { " opacity=\"0.6\"" } else { "" };
            let symbol = symbol.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let base = y + high - 4;
            out.push_str(&format!(
                "<text x=\"{x}\" y=\"{base}\" fill=\"{ink}\"{bold}{dim}>{symbol}</text>\n"
            ));
        }
    }
    out.push_str("</g>\n</svg>\n");
    out
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
