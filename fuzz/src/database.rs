//! A database that somebody hands over: SQLite's pages are changed, and the file is verified.

use std::fs;
use std::sync::OnceLock;

use optrail::model::UtcMillis;
use optrail::record::Recorder;
use optrail::verify::{Depth, verify};

use crate::{pick, scratch};

/// Name of the log.
const LOG: &str = "0123456789abcdef0123456789abcdef";

/// A sound file, as the recorder makes it.
fn sound() -> &'static (tempfile::TempDir, Vec<u8>) {
    static SOUND: OnceLock<(tempfile::TempDir, Vec<u8>)> = OnceLock::new();
    SOUND.get_or_init(|| {
        let home = scratch();
        let path = home.path().join("sound.db");
        drop(Recorder::create(&path, LOG, UtcMillis(0)).expect("a database"));
        // A log is folded into the file when the last connection closes.
        let bytes = fs::read(&path).expect("its bytes");
        assert_eq!(verify(&path, Depth::All).expect("a report").differences, []);
        (home, bytes)
    })
}

/// The first byte says how much is verified and whether the file is cut; then come edits: three bytes of where, one of
/// what. Without any change nothing is found, and whatever is changed, it ends with a report or an error.
pub fn database(bytes: &[u8]) {
    let (how, edits) = pick(bytes);
    let (home, sound) = sound();
    let mut file = sound.clone();
    for edit in edits.chunks_exact(4) {
        let at = usize::from(edit[0]) << 16 | usize::from(edit[1]) << 8 | usize::from(edit[2]);
        let at = at % file.len();
        file[at] = edit[3];
    }
    if how & 1 == 1 {
        file.truncate(file.len() - edits.len() % file.len());
    }
    let path = home.path().join("hostile.db");
    // A log of the file before would be taken for one of this.
    for beside in ["hostile.db-wal", "hostile.db-shm", "hostile.db-journal"] {
        let _ = fs::remove_file(home.path().join(beside));
    }
    fs::write(&path, &file).expect("a file");
    let depth = match how >> 1 & 3 {
        0 => Depth::All,
        1 => Depth::Leaves,
        _ => Depth::Quick,
    };
    let report = verify(&path, depth);
    if file == *sound {
        assert_eq!(report.expect("a report").differences, []);
    }
    // Whatever the file says, what is read of it is written nowhere.
    assert_eq!(fs::read(&path).expect("the file"), file);
}
