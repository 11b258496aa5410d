//! A directory that `export --all` made: every file of it, and that it is one export.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;

use anyhow::Context as _;

use super::{About, Checked, file};
use crate::cli::database;
use crate::cli::dataset::DATASETS;
use crate::cli::export::all::{CHECKPOINT, INDEX, Index, PUBLIC_KEY, is_manifest};
use crate::cli::manifested::{SUMS, sha256_of};
use crate::cli::read;
use crate::config::Config;
use crate::record::Keyring;
use crate::report::manifest::{Content, Manifest, SUFFIX};

/// Bytes of a file at most that is read as a whole: some 10,000 lines of digests. What we write has a hundredth of that.
const FILE_LONGEST_BYTES: u64 = 1024 * 1024;

/// Checks it as such first, then file by file.
///
/// # Errors
/// Where it is no such directory, or a file of it cannot be checked.
pub(super) fn check(directory: &Path, config: &Config) -> anyhow::Result<Vec<Checked>> {
    let mut whole = Checked::of(directory);
    let names = compare_sums(directory, &mut whole)?;
    let mut checked = Vec::new();
    let mut manifests: Vec<Manifest> = Vec::new();
    for name in names.iter().filter(|name| is_manifest(name)) {
        let of = name.strip_suffix(SUFFIX).unwrap_or(name);
        let data = directory.join(of);
        if !data.exists() || !directory.join(name).exists() {
            // Told already where the list of digests names it; else it has no data to check.
            whole.differs(About::File, format!("{of} or its manifest is not there"));
            continue;
        }
        let (mut of_file, manifest) = file::check(&data, config)?;
        if let Content::Export(export) = &manifest.content
            && export.file.file != of
        {
            let said = &export.file.file;
            of_file.differs(About::Manifest, format!("the manifest is about {said}"));
        }
        checked.push(of_file);
        manifests.push(manifest);
    }
    compare_datasets(&manifests, &mut whole);
    compare_index(directory, &manifests, &mut whole)?;
    compare_checkpoint(directory, &manifests, &mut whole);
    compare_key(directory, config, &mut whole)?;
    checked.insert(0, whole);
    Ok(checked)
}

/// Compares each file with the list of digests, and the list with what is there; gives the names of the list.
pub(super) fn compare_sums(
    directory: &Path,
    whole: &mut Checked,
) -> anyhow::Result<BTreeSet<String>> {
    let path = directory.join(SUMS);
    let text = read::file(&path, FILE_LONGEST_BYTES).with_context(|| {
        format!(
            "cannot read {}: only a directory of `export --all` or of a report can be checked",
            path.display()
        )
    })?;
    let mut names = BTreeSet::new();
    for line in text.lines() {
        // A name that leads elsewhere is none that we wrote.
        let known = line.split_once("  ").filter(|(_, name)| is_plain(name));
        let Some((sha256, name)) = known else {
            whole.differs(
                About::File,
                format!("{SUMS} has a line that is none: {line}"),
            );
            continue;
        };
        names.insert(name.to_owned());
        let path = directory.join(name);
        if !path.is_file() {
            whole.differs(About::File, format!("{name} is not there"));
        } else if sha256_of(&path)?.0 != sha256 {
            whole.differs(About::File, format!("{name} is not as {SUMS} says"));
        }
    }
    let cannot = || format!("cannot read {}", directory.display());
    for entry in fs::read_dir(directory).with_context(cannot)? {
        let name = entry.with_context(cannot)?.file_name();
        let name = name.to_string_lossy();
        if name != SUMS && !names.contains(name.as_ref()) {
            whole.differs(About::File, format!("{name} is not in {SUMS}"));
        }
    }
    Ok(names)
}

/// The bytes of a file of it; `None` where there is none, or no such file as we write: a longer one, a pipe.
fn bytes_of(directory: &Path, name: &str) -> Option<Vec<u8>> {
    let path = directory.join(name);
    let file = path.is_file().then(|| File::open(&path).ok()).flatten()?;
    read::bytes(file, FILE_LONGEST_BYTES).ok()
}

fn is_plain(name: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !name.is_empty() && !name.starts_with('.') && name.chars().all(is_of_name)
}

/// Each dataset is there once. One that this program does not know is of another program, and is told with its file.
fn compare_datasets(manifests: &[Manifest], whole: &mut Checked) {
    for dataset in &DATASETS {
        let is_of = |manifest: &&Manifest| match &manifest.content {
            Content::Export(export) => export.dataset == dataset.view,
            Content::Report(_) => false,
        };
        match manifests.iter().filter(is_of).count() {
            1 => {}
            0 => whole.differs(About::File, format!("{} is not there", dataset.view)),
            _ => whole.differs(About::File, format!("{} is there twice", dataset.view)),
        }
    }
}

/// The checkpoint that lies there is the one of the manifests, which are compared with the evidence.
fn compare_checkpoint(directory: &Path, manifests: &[Manifest], whole: &mut Checked) {
    let said = manifests
        .first()
        .and_then(|first| first.facts.evidence.checkpoint.as_ref());
    let found = bytes_of(directory, CHECKPOINT);
    if found.as_deref() != said.map(|head| head.note.as_bytes()) {
        let what = format!("{CHECKPOINT} is not the checkpoint that the manifests hold");
        whole.differs(About::Manifest, what);
    }
}

/// The index follows from the manifests, and these are of one moment.
fn compare_index(
    directory: &Path,
    manifests: &[Manifest],
    whole: &mut Checked,
) -> anyhow::Result<()> {
    let Some(first) = manifests.first() else {
        whole.differs(About::File, "it holds no export");
        return Ok(());
    };
    whole.evidence_size = Some(first.facts.evidence.evidence_size);
    whole.evidence_root = Some(first.facts.evidence.evidence_root.clone());
    // Each was asked for, counted and made at once.
    if manifests.iter().any(|one| one.facts != first.facts) {
        whole.differs(About::Manifest, "its files are not of one export");
    }
    let wanted = Index::of(manifests).map(|index| index.to_text());
    let found = bytes_of(directory, INDEX);
    if wanted.transpose()?.map(String::into_bytes) != found {
        whole.differs(
            About::Manifest,
            format!("{INDEX} is not what the manifests say"),
        );
    }
    Ok(())
}

/// The public key that lies there is one of the log.
fn compare_key(directory: &Path, config: &Config, whole: &mut Checked) -> anyhow::Result<()> {
    let text = bytes_of(directory, PUBLIC_KEY).and_then(|bytes| String::from_utf8(bytes).ok());
    let Some(text) = text else {
        return Ok(());
    };
    let database = database::to_read(config)?;
    let keyring = Keyring::read(&database.connection)?;
    if !keyring.keys.iter().any(|made| made.vkey == text.trim_end()) {
        whole.differs(
            About::Evidence,
            format!("{PUBLIC_KEY} is no key of the log"),
        );
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn no_file_of_a_directory_is_read_without_end() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path();
        // A gigabyte that takes no room on the disk.
        for name in [SUMS, INDEX] {
            let file = File::create(directory.join(name)).unwrap();
            file.set_len(1 << 30).unwrap();
        }
        let mut whole = Checked::of(directory);
        let error = compare_sums(directory, &mut whole).unwrap_err();
        assert!(format!("{error:#}").contains("longer than"), "{error:#}");
        assert_eq!(bytes_of(directory, INDEX), None);

        fs::create_dir(directory.join(CHECKPOINT)).unwrap();
        assert_eq!(bytes_of(directory, CHECKPOINT), None);
        assert_eq!(bytes_of(directory, PUBLIC_KEY), None);
        fs::write(directory.join(PUBLIC_KEY), "key\n").unwrap();
        assert_eq!(bytes_of(directory, PUBLIC_KEY).unwrap(), b"key\n");
    }
}
