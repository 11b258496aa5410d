//! Single values: durations, zones, regions, addresses, times, words of a shell.

use std::str::FromStr as _;

use optrail::cli::when;
use optrail::cloud::credentials::command_line;
use optrail::cloud::{Endpoint, Endpoints};
use optrail::config::{
    Zone, duration_text, masked_url, nearest, parse_duration, parse_region, parse_zone_minutes,
    zone_text,
};
use optrail::evidence::digest::Digest;
use optrail::export::escape::is_unsafe;
use optrail::export::{Delimiter, shell, shorten};
use optrail::model::{Service, UtcMillis};

use crate::{CANARY, text};

/// What is read is written, and reads as the same.
pub fn words(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    if let Ok(duration) = parse_duration(text) {
        assert_eq!(parse_duration(&duration_text(duration)), Ok(duration));
        let _ = std::time::Instant::now() + duration;
    }
    if let Ok(minutes) = parse_zone_minutes(text) {
        assert_eq!(parse_zone_minutes(&zone_text(minutes)), Ok(minutes));
    }
    if let Ok(region) = parse_region(text) {
        assert_eq!(region, text);
    }
    if let Ok(digest) = Digest::from_str(text) {
        assert_eq!(digest.to_string(), text);
    }
    if let Ok(service) = Service::from_str(text) {
        // People may call BPStudio by the name of what it serves.
        assert!(service.as_str() == text || text == "cadt");
    }
    let _ = Delimiter::from_str(text);
    let _ = nearest(text, ["service", "operation_id"]);
    let short = shorten(text, 10);
    assert!(!text.is_ascii() || is_shown(text) || short.chars().count() <= 10);
    addresses(text);
    shells(text);
}

/// Whether a terminal would show something else than the characters, which tables escape first.
fn is_shown(text: &str) -> bool {
    text.chars().any(is_unsafe)
}

fn addresses(text: &str) {
    match Endpoint::parse(text) {
        Ok(endpoint) => {
            let scheme = if endpoint.is_encrypted() {
                "https"
            } else {
                "http"
            };
            let host = endpoint.host_header();
            assert!(!host.contains(['@', '/', '?', '#']) && !host.is_empty());
            assert_eq!(
                Endpoint::parse(&format!("{scheme}://{host}")),
                Ok(endpoint.clone())
            );
            let _ = Endpoints::everywhere(endpoint);
        }
        Err(error) => {
            let user = text
                .rsplit_once('@')
                .is_some_and(|(user, _)| user.contains(CANARY));
            assert!(!user || !error.to_string().contains(CANARY), "{error}");
        }
    }
    for within_vpc in [false, true] {
        if let Ok(endpoint) = Endpoint::sts_of_region(text, within_vpc) {
            assert!(endpoint.host_header().ends_with(".aliyuncs.com"));
            assert!(endpoint.is_encrypted());
        }
    }
    if let Some((before, _)) = masked_url(text).rsplit_once('@') {
        assert!(before.ends_with("***"));
    }
}

/// A word that is shown to be pasted is one word, and means the text.
fn shells(text: &str) {
    let word = shell::word(text);
    assert!(!word.chars().any(is_unsafe));
    if !text.chars().any(is_unsafe) {
        assert_eq!(command_line::words(&word), Some(vec![text.to_owned()]));
    }
    let _ = (shell::operand(text), shell::option("--status", text));
}

/// Times as people type them, in zones with summer and without.
pub fn when(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let (zone, text) = text.split_once('\n').unwrap_or(("UTC", text));
    let zone = Zone::parse(zone).unwrap_or_default();
    let now = UtcMillis(1_800_000_000_000);
    let _ = when::as_of(text);
    let Ok(read) = when::when(text) else { return };
    let at = read.resolve(now, &zone);
    assert!(!read.is_relative() || at <= now);
    // Date, time and offset, each of a fixed width.
    let shown = zone.to_text(at);
    assert!((23..=26).contains(&shown.len()), "{shown}");
}
