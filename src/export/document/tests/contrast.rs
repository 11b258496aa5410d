//! The colors of the page are read from its styles, and each text can be read on each ground.

use std::collections::HashMap;

/// Contrast of text and its ground: WCAG 2.2, 1.4.3.
const TEXT_MIN: f64 = 4.5;

/// Contrast of what is drawn: WCAG 2.2, 1.4.11.
const DRAWN_MIN: f64 = 3.0;

const STYLE: &str = include_str!("../html/style.css");

/// The colors of each `:root`: light, dark, paper.
fn schemes() -> Vec<HashMap<&'static str, [f64; 3]>> {
    let blocks = STYLE.split(":root {").skip(1);
    blocks
        .map(|block| {
            let block = block.split('}').next().unwrap();
            let colors = block
                .split(';')
                .filter_map(|line| line.trim().split_once(": #"));
            colors
                .map(|(name, hex)| {
                    assert_eq!(hex.len(), 6, "{name}");
                    let part = |at| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
                    (name.trim_start_matches("--"), [part(0), part(2), part(4)])
                })
                .collect()
        })
        .collect()
}

fn luminance(color: [f64; 3]) -> f64 {
    let linear = color.map(|part| {
        let part = part / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}

fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

#[test]
fn the_measure_is_that_of_the_standard() {
    assert!((contrast([0.0; 3], [255.0; 3]) - 21.0).abs() < 1e-9);
    assert!((contrast([118.0; 3], [255.0; 3]) - 4.54).abs() < 0.01);
}

#[test]
fn every_color_can_be_told_from_its_ground() {
    let schemes = schemes();
    assert_eq!(schemes.len(), 3, "light, dark, paper");
    for (number, scheme) in schemes.iter().enumerate() {
        for ground in ["paper", "panel"] {
            for text in ["ink", "muted", "link", "good", "bad", "unknown"] {
                let found = contrast(scheme[text], scheme[ground]);
                assert!(
                    found >= TEXT_MIN,
                    "scheme {number}: {text} on {ground}: {found:.2}"
                );
            }
            for drawn in [
                "pending",
                "running",
                "stopping",
                "succeeded",
                "failed",
                "cancelled",
                "stopped",
                "unclear",
            ] {
                let found = contrast(scheme[drawn], scheme[ground]);
                assert!(
                    found >= DRAWN_MIN,
                    "scheme {number}: {drawn} on {ground}: {found:.2}"
                );
            }
        }
    }
}
