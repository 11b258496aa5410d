//! What each parser of foreign bytes promises, as functions that get hostile bytes and panic where a promise is broken.
//! `fuzz_targets/hostile.rs` is the program around them; README.md says how to run it.
//!
//! A target is more than "it does not crash": what parses is printed and parses to the same, what is proved is what was
//! signed, what was secret is gone.

mod answers;
mod credentials;
mod database;
mod evidence;
mod hidden;
mod lists;
mod notes;
mod output;
mod pages;
mod proofs;
mod settings;
mod words;

/// One target.
pub struct Target {
    /// The word for it: of `OPTRAIL_FUZZ`, and the directory of its seeds.
    pub name: &'static str,
    /// What is done with bytes.
    pub run: fn(&[u8]),
}

const fn target(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run }
}

/// All of them.
pub const TARGETS: &[Target] = &[
    target("answer", answers::answer),
    target("head", answers::head),
    target("listing", lists::listing),
    target("from_answer", answers::from_answer),
    target("credential", credentials::credential),
    target("echo", credentials::echo),
    target("profiles", credentials::profiles),
    target("ini", credentials::ini),
    target("redact", hidden::redact),
    target("body", evidence::body),
    target("template", evidence::template),
    target("leaf", evidence::leaf),
    target("time", evidence::time),
    target("note", notes::note),
    target("checkpoint", notes::checkpoint),
    target("key", notes::key),
    target("tlog_proof", proofs::tlog_proof),
    target("tree", proofs::tree),
    target("config", settings::config),
    target("accounts", settings::accounts),
    target("watches", settings::watches),
    target("words", words::words),
    target("when", words::when),
    target("terminal", output::terminal),
    target("rows", output::rows),
    target("workbook", output::workbook),
    target("page", pages::page),
    target("manifest", output::manifest),
    target("database", database::database),
];

/// The target of a name.
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// The text that the bytes are; most parsers are given nothing else.
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// The first byte, which picks a case, and the rest; 0 of nothing.
fn pick(bytes: &[u8]) -> (usize, &[u8]) {
    match bytes.split_first() {
        Some((first, rest)) => (usize::from(*first), rest),
        None => (0, bytes),
    }
}

/// A word that stands for a secret in seeds. Whatever is said about an input, it is not repeated.
const CANARY: &str = "c4n4ry";

/// A directory for targets whose parser takes a file. It is not removed when the fuzzer ends, which ends at once: TMPDIR says
/// where it is.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}
