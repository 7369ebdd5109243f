//! Opening and reading.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::error::{FileKind, ReadError};

/// Opens a regular file of at most `limit` bytes; returns it with its size. It is looked at before it is opened, since
/// opening a pipe waits for somebody who writes to it.
///
/// # Errors
/// [`ReadError::Io`], [`ReadError::NotAFile`] or [`ReadError::TooLarge`].
pub fn open(path: &Path, limit: u64) -> Result<(File, u64), ReadError> {
    let io = |source| ReadError::Io { path: path.to_owned(), source };
    let before = std::fs::metadata(path).map_err(io)?;
    regular(path, &before)?;
    let file = opened(path).map_err(io)?;
    let now = file.metadata().map_err(io)?;
    regular(path, &now)?;
    if now.len() > limit {
        return Err(ReadError::TooLarge { path: path.to_owned(), bytes: now.len(), limit });
    }
    Ok((file, now.len()))
}

/// Opens a file without waiting for anybody: some files of the system look like regular ones and are read like pipes.
fn opened(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(libc::O_NONBLOCK);
    }
    options.open(path)
}

/// The bytes of a regular file of at most `limit` bytes.
///
/// # Errors
/// As [`open`].
pub fn bytes(path: &Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    let (file, size) = open(path, limit)?;
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    // A file may grow while it is read, and those of the system have no size at all.
    let read = file.take(limit.saturating_add(1)).read_to_end(&mut content);
    read.map_err(|source| ReadError::Io { path: path.to_owned(), source })?;
    if content.len() as u64 > limit {
        return Err(ReadError::TooLarge { path: path.to_owned(), bytes: limit.saturating_add(1), limit });
    }
    Ok(content)
}

/// The text of a regular file of at most `limit` bytes, without a byte order mark at its beginning.
///
/// # Errors
/// As [`open`], or [`ReadError::NotUtf8`] with the place.
pub fn text(path: &Path, limit: u64) -> Result<String, ReadError> {
    let mut text = String::from_utf8(bytes(path, limit)?).map_err(|error| {
        let offset = error.utf8_error().valid_up_to();
        let content = error.as_bytes();
        let line = 1 + content[..offset].iter().filter(|byte| **byte == b'\n').count();
        ReadError::NotUtf8 { path: path.to_owned(), line, offset, byte: content[offset] }
    })?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(text)
}

fn regular(path: &Path, metadata: &std::fs::Metadata) -> Result<(), ReadError> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(ReadError::NotAFile { path: path.to_owned(), kind: FileKind::of(metadata.file_type()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: u64 = 16;

    fn refusal(path: &Path) -> String {
        text(path, LIMIT).unwrap_err().to_string()
    }

    #[test]
    fn files_within_the_bound_are_read_and_larger_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ron");
        std::fs::write(&path, "x".repeat(16)).unwrap();
        assert_eq!(text(&path, LIMIT).unwrap().len(), 16);
        std::fs::write(&path, "x".repeat(20)).unwrap();
        let found = refusal(&path);
        assert!(
            found.contains("a.ron") && found.contains("20 bytes") && found.contains("at most 16"),
            "{found}"
        );
        // A hole takes no space on the disk and would take all of the memory.
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert!(refusal(&path).contains("1099511627776 bytes"));
    }

    #[test]
    fn a_mark_is_dropped_and_bytes_that_are_no_text_are_placed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, "\u{feff}one").unwrap();
        assert_eq!(text(&path, LIMIT).unwrap(), "one");
        std::fs::write(&path, b"one\ntwo \xff").unwrap();
        let found = refusal(&path);
        assert!(found.contains("a.txt:2: byte 8 of the file is 0xff"), "{found}");
    }

    #[test]
    fn folders_and_missing_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        assert!(refusal(folder.path()).contains("is a folder, expected a regular file"));
        let found = refusal(&folder.path().join("none.ron"));
        assert!(
            found.contains("none.ron: no such file or directory") && !found.contains("os error"),
            "{found}"
        );
    }

    #[cfg(unix)]
    #[test]
    fn devices_and_sockets_are_never_read() {
        for device in ["/dev/zero", "/dev/null", "/dev/random"] {
            assert!(refusal(Path::new(device)).contains("is a device, expected a regular file"));
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert!(refusal(&path).contains("is a socket"));
        // It looks like a file and never ends; whoever may not read it is told so, which is as good.
        let log = Path::new("/proc/kmsg");
        if log.exists() {
            assert!(
                refusal(log).contains("cannot read /proc/kmsg") || refusal(log).contains("has more than")
            );
        }
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        // Where there is no such command, there is nothing to try.
        if made.is_ok_and(|status| status.success()) {
            assert!(refusal(&pipe).contains("is a pipe"));
        }
    }
}
