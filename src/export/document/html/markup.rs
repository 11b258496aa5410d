//! Markup in the making: what is ours by type, and what others wrote, made safe.
//!
//! Tags and attributes are `&'static str`, so none can come from data. What comes from data is escaped here, for
//! text and for attributes alike; a character that shows nothing, or that moves others, is shown as its name. The
//! markup is well-formed XML, too, so that strict readers can read it.

use crate::export::escape::{is_unsafe, terminal};

/// Markup, appended to.
#[derive(Debug, Default)]
pub(super) struct Markup {
    text: String,
}

impl Markup {
    /// Our own markup.
    pub(super) fn tag(&mut self, markup: &'static str) -> &mut Self {
        self.text.push_str(markup);
        self
    }

    /// Words, where no element may be or none is needed: ours, names for machines, what stands between the quotes of
    /// an attribute, in a drawing, in a title.
    pub(super) fn words(&mut self, words: &str) -> &mut Self {
        for c in words.chars() {
            if is_hidden(c) {
                self.push_named(c);
            } else {
                self.push(c);
            }
        }
        self
    }

    /// What others wrote, on one line, isolated from the direction of what is around it.
    pub(super) fn data(&mut self, text: &str) -> &mut Self {
        self.text.push_str("<bdi>");
        for c in text.chars() {
            if is_hidden(c) {
                self.text.push_str("<span class=\"named\">");
                self.push_named(c);
                self.text.push_str("</span>");
            } else {
                self.push(c);
            }
        }
        self.text.push_str("</bdi>");
        self
    }

    /// A whole number, digits alone.
    pub(super) fn number(&mut self, number: i64) -> &mut Self {
        self.text.push_str(&number.to_string());
        self
    }

    /// A coordinate of a drawing, to a tenth.
    pub(super) fn at(&mut self, coordinate: f64) -> &mut Self {
        let tenths = format!("{coordinate:.1}");
        self.text
            .push_str(tenths.strip_suffix(".0").unwrap_or(&tenths));
        self
    }

    /// What was made; empty afterwards.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    fn push(&mut self, c: char) {
        match c {
            '&' => self.text.push_str("&amp;"),
            '<' => self.text.push_str("&lt;"),
            '>' => self.text.push_str("&gt;"),
            '"' => self.text.push_str("&quot;"),
            '\'' => self.text.push_str("&#39;"),
            _ => self.text.push(c),
        }
    }

    fn push_named(&mut self, c: char) {
        if matches!(c, '\u{fffe}' | '\u{ffff}') {
            self.text.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
        } else {
            self.text.push_str(&terminal(c.encode_utf8(&mut [0; 4])));
        }
    }
}

/// Whether a character is shown as its name: what a terminal might obey, and what XML has no way to write.
fn is_hidden(c: char) -> bool {
    is_unsafe(c) || matches!(c, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_never_becomes_markup() {
        let mut markup = Markup::default();
        markup.data("<b a=\"x\" b='y'>&amp;\u{1b}[2J\u{202e}\n\u{ffff}");
        assert_eq!(
            markup.take(),
            "<bdi>&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;<span class=\"named\">\\u{1b}</span>[2J\
             <span class=\"named\">\\u{202e}</span><span class=\"named\">\\n</span>\
             <span class=\"named\">\\u{ffff}</span></bdi>"
        );
        markup.words("\"><svg onload=1>\r");
        assert_eq!(markup.take(), "&quot;&gt;&lt;svg onload=1&gt;\\r");
    }

    #[test]
    fn coordinates_are_short() {
        let mut markup = Markup::default();
        markup.at(3.0).tag(" ").at(-0.25).tag(" ").at(10.05);
        assert_eq!(markup.take(), "3 -0.2 10.1");
    }
}
