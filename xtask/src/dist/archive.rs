//! Files as a compressed tar archive whose bytes depend on nothing but them.

use std::fs;
use std::io;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use super::DistError;
use super::content::Entry;

/// When all files are said to have changed: 1980-01-01, the first day that zip files know, too.
const MODIFIED: u64 = 315_532_800;

/// The archive of `entries`, below a folder of this name. Nobody owns what is in it, and nothing has a time of its own.
pub(super) fn pack(name: &str, entries: &[Entry]) -> Result<Vec<u8>, DistError> {
    let failed = |source: io::Error| DistError::Pack { name: name.to_owned(), source };
    let mut archive = Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    for entry in entries {
        let content =
            fs::read(&entry.source).map_err(|source| DistError::io("read", &entry.source, source))?;
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(if entry.runs { 0o755 } else { 0o644 });
        header.set_mtime(MODIFIED);
        header.set_size(content.len() as u64);
        archive
            .append_data(&mut header, format!("{name}/{}", entry.path), content.as_slice())
            .map_err(failed)?;
    }
    archive.into_inner().and_then(GzEncoder::finish).map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use tar::Archive;

    use super::pack;
    use crate::dist::content::Entry;

    #[test]
    fn files_come_out_as_they_went_in_and_twice_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let entry = |path: &str, text: &str, runs| {
            let source = folder.path().join(text);
            std::fs::write(&source, text).unwrap();
            Entry { path: path.to_owned(), source, runs }
        };
        // A path that is longer than the old form of tar takes.
        let long = format!("share/{}/page", "deep/".repeat(40));
        let entries = [entry("bin/attune", "program", true), entry(&long, "words", false)];
        let bytes = pack("attune-1", &entries).unwrap();
        assert_eq!(bytes, pack("attune-1", &entries).unwrap());

        let mut archive = Archive::new(GzDecoder::new(bytes.as_slice()));
        let found: Vec<(String, u32, String)> = archive
            .entries()
            .unwrap()
            .map(|file| {
                let mut file = file.unwrap();
                let mut text = String::new();
                file.read_to_string(&mut text).unwrap();
                (file.path().unwrap().display().to_string(), file.header().mode().unwrap(), text)
            })
            .collect();
        let expected = [
            ("attune-1/bin/attune".to_owned(), 0o755, "program".to_owned()),
            (format!("attune-1/{long}"), 0o644, "words".to_owned()),
        ];
        assert_eq!(found, expected);
    }
}
