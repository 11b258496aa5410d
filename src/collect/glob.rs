//! Patterns of names, as shells have them: `*` stands for any text, `?` for any one character.

use wildmatch::WildMatch;

/// Patterns of which one has to match. None at all match everything.
pub(super) struct Globs(Vec<WildMatch>);

impl Globs {
    pub(super) fn new(patterns: &[String]) -> Self {
        Self(
            patterns
                .iter()
                .map(|pattern| WildMatch::new(pattern))
                .collect(),
        )
    }

    pub(super) fn match_any(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|pattern| pattern.matches(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pattern_suffices_and_none_means_all() {
        let matches = |patterns: &[&str], name: &str| {
            let patterns: Vec<String> = patterns.iter().map(|p| (*p).to_owned()).collect();
            Globs::new(&patterns).match_any(name)
        };
        assert!(matches(&[], "any"));
        assert!(matches(&["prod-*", "test"], "prod-网络"));
        assert!(matches(&["prod-?"], "prod-1"));
        assert!(!matches(&["prod-?"], "prod-12"));
        assert!(!matches(&["prod"], "prod-1"));
        assert!(!matches(&["PROD-*"], "prod-1"));
    }
}
