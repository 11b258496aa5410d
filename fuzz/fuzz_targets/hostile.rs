//! All targets in one program, so that it is linked once; `OPTRAIL_FUZZ` names the one to run.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use optrail_fuzz::{TARGETS, Target, find};

fuzz_target!(|data: &[u8]| {
    static TARGET: OnceLock<&Target> = OnceLock::new();
    (TARGET.get_or_init(wanted).run)(data);
});

fn wanted() -> &'static Target {
    let name = std::env::var("OPTRAIL_FUZZ").unwrap_or_default();
    find(&name).unwrap_or_else(|| {
        let known: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        eprintln!(
            "OPTRAIL_FUZZ={name} names no target; write one of {}",
            known.join(", ")
        );
        std::process::exit(2)
    })
}

/// What the standard library draws the keys of its hash maps from, in place of the system's: the same in each process, so
/// that the same bytes go the same way through the code, and a run of the fuzzer can be had again.
#[unsafe(no_mangle)]
extern "C" fn getrandom(buffer: *mut u8, length: usize, _flags: u32) -> isize {
    // SAFETY: as with getrandom(2), whoever calls gives `length` bytes to write to.
    unsafe { buffer.write_bytes(0x72, length) };
    length.cast_signed()
}
