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
