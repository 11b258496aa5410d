//! The program as a user meets it: the real binary, in a directory and an environment of its own.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod cli {
    mod bench;
    mod check;
    mod config;
    mod diff;
    mod doctor;
    mod export;
    mod export_directory;
    mod export_files;
    mod export_filters;
    mod integrity;
    mod show;
    mod sql;
    mod status;
    mod story;
    mod terminal;
    mod voice;
    mod watch;
    mod watch_discovery;
    mod watch_import;
}
