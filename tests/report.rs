//! `optrail report compliance` through the real binary, on worlds whose figures are known by hand.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod report {
    #[path = "../cli/bench.rs"]
    #[allow(dead_code)]
    mod bench;
    mod evidence;
    mod figures;
    mod integrity;
    mod manifest;
    mod scene;
    #[path = "../cli/story.rs"]
    #[allow(dead_code)]
    mod story;
    mod told;
    mod words;
}
