//! Clips in YUV4MPEG2 files (`.y4m`), of which the luma is read: `ffmpeg -i clip.mp4 clip.y4m` writes them.

use std::fmt;

use crate::clip::{Clip, ClipError};

/// Pixels that a side may have, and frames that a clip may.
const MOST: usize = 1 << 16;

/// Why bytes are no clip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Y4mError {
    /// The first line is not one of YUV4MPEG2.
    Signature,
    /// A part of the first line is missing or no number from 1 to 65536.
    Size {
        /// `W` or `H`.
        field: char,
        /// What it says.
        found: Option<String>,
    },
    /// A layout of colours that is not read.
    Layout(String),
    /// What should be a frame is none, at a byte.
    Frame {
        /// Which one.
        frame: usize,
        /// Byte of the file.
        offset: usize,
    },
    /// The file ends within a frame.
    Cut {
        /// Which one.
        frame: usize,
        /// Bytes of it that are there.
        found: usize,
        /// Bytes that a frame has.
        expected: usize,
    },
    /// Frames that make no clip.
    Clip(ClipError),
}

impl fmt::Display for Y4mError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature => write!(
                to,
                "the file does not begin with a line `YUV4MPEG2 …`; write it with `ffmpeg -i clip.mp4 clip.y4m`"
            ),
            Self::Size { field, found: None } => {
                write!(to, "the first line has no `{field}`, which says the size")
            }
            Self::Size { field, found: Some(found) } => {
                write!(to, "the first line says `{field}{found}`, which is no number from 1 to {MOST}")
            }
            Self::Layout(layout) => write!(
                to,
                "colours are laid out as `C{layout}`; mono, 420, 422 and 444 with 8 bits are read: write the file with `-pix_fmt yuv420p`"
            ),
            Self::Frame { frame, offset } => {
                write!(to, "at byte {offset} there is no line `FRAME` of frame {frame}")
            }
            Self::Cut { frame, found, expected } => {
                write!(to, "frame {frame} has {found} of {expected} bytes; the file is cut off")
            }
            Self::Clip(error) => write!(to, "{error}"),
        }
    }
}

impl std::error::Error for Y4mError {}

/// The clip of a file.
///
/// # Errors
/// Bytes that are no YUV4MPEG2 of 8 bits, and frames that make no clip.
pub fn read(name: &str, bytes: &[u8]) -> Result<Clip, Y4mError> {
    let (head, mut at) = line(bytes, 0).ok_or(Y4mError::Signature)?;
    let mut fields = head.split(' ');
    if fields.next() != Some("YUV4MPEG2") {
        return Err(Y4mError::Signature);
    }
    let fields: Vec<&str> = fields.collect();
    let (width, height) = (size(&fields, 'W')?, size(&fields, 'H')?);
    let layout = fields.iter().find_map(|field| field.strip_prefix('C')).unwrap_or("420");
    let halves = (width.div_ceil(2), height.div_ceil(2));
    let colours = match layout {
        "mono" => 0,
        "420" | "420jpeg" | "420mpeg2" | "420paldv" => 2 * halves.0 * halves.1,
        "422" => 2 * halves.0 * height,
        "444" => 2 * width * height,
        other => return Err(Y4mError::Layout(other.chars().take(16).collect())),
    };
    let pixels = width * height;
    let mut frames = Vec::new();
    while at < bytes.len() {
        let frame = frames.len();
        let mark = line(bytes, at).filter(|(text, _)| *text == "FRAME" || text.starts_with("FRAME "));
        let Some((_, start)) = mark.filter(|_| frame < MOST) else {
            return Err(Y4mError::Frame { frame, offset: at });
        };
        let expected = pixels + colours;
        let Some(found) = bytes.get(start..start + expected) else {
            return Err(Y4mError::Cut { frame, found: bytes.len() - start, expected });
        };
        frames.push(found[..pixels].to_vec());
        at = start + expected;
    }
    Clip::new(name, width, height, frames).map_err(Y4mError::Clip)
}

/// The bytes of a clip as a gray file.
pub fn write(clip: &Clip) -> Vec<u8> {
    let mut bytes =
        format!("YUV4MPEG2 W{} H{} F25:1 Ip A1:1 Cmono\n", clip.width(), clip.height()).into_bytes();
    for frame in clip.frames() {
        bytes.extend_from_slice(b"FRAME\n");
        bytes.extend_from_slice(frame);
    }
    bytes
}

/// The line at a byte, and the byte after it.
fn line(bytes: &[u8], at: usize) -> Option<(&str, usize)> {
    // Heads of files and frames are short.
    let end = at + bytes[at..].iter().take(4096).position(|&byte| byte == b'\n')?;
    Some((std::str::from_utf8(&bytes[at..end]).ok()?, end + 1))
}

fn size(fields: &[&str], field: char) -> Result<usize, Y4mError> {
    let found = fields.iter().find_map(|text| text.strip_prefix(field));
    match found.map(str::parse) {
        Some(Ok(number)) if (1..=MOST).contains(&number) => Ok(number),
        _ => Err(Y4mError::Size { field, found: found.map(|text| text.chars().take(16).collect()) }),
    }
}
