//! The usual line of an answer, read in one pass without a JSON parser.
//!
//! Nearly all leaves of a log are answers, and every verification and rebuild reads all of them again.
//! This reads the line exactly as this program writes it. Anything else (another order, a blank, an escape,
//! a redaction, a number that is not plain) makes it give up, and the parser decides. Where both read a line
//! they read the same: a property test holds them to it.

use super::ask::{Ask, Call, Parameters};
use super::date::ServerDate;
use super::exchange::{Exchange, FIRST_ATTEMPT, Framing, HTTP_OK, KeptBody};
use super::fields::Word;
use crate::evidence::digest::Digest;
use crate::model::{Action, UtcMillis};

/// How the line begins, up to the number of the run.
const HEAD: &str = r#"{"t":"exchange","v":1,"run":"#;

/// Reads an answer; `None` where the line is in any other form.
pub(super) fn exchange(line: &str) -> Option<Exchange> {
    let mut line = Line(line);
    let run = line.after(HEAD)?.integer()?;
    let ask = match line.after(r#","listing":"#) {
        Some(line) => {
            let listing = line.integer()?;
            let page = line.after(r#","page":"#)?.number()?;
            Ask::Page { listing, page }
        }
        None => Ask::Call(call(&mut line)?),
    };
    let attempt = line.optional_number(r#","attempt":"#)?;
    let requested_at = line.after(r#","requested_at":"#)?.integer()?;
    let received_at = line.after(r#","received_at":"#)?.integer()?;
    let http_status = line.optional_number(r#","http_status":"#)?;
    let date = line.optional_number(r#","date":"#)?;
    let retry_after_ms = line.optional_number(r#","retry_after_ms":"#)?;
    let framing = match line.after(r#","framing":""#) {
        Some(line) => Framing::from_word(line.text()?)?,
        None => Framing::Length,
    };
    let length = line.after(r#","length":"#)?.number()?;
    let digest = line.after(r#","body":""#)?.digest()?;
    let is_end = line.0 == "}";
    is_end.then(|| Exchange {
        run,
        ask,
        attempt: attempt.unwrap_or(FIRST_ATTEMPT),
        requested_at: UtcMillis(requested_at),
        received_at: UtcMillis(received_at),
        http_status: http_status.unwrap_or(HTTP_OK),
        date: date.map(ServerDate::UnixSeconds),
        retry_after_ms,
        framing,
        body: KeptBody {
            length,
            digest,
            redacted: Vec::new(),
        },
    })
}

fn call(line: &mut Line<'_>) -> Option<Call> {
    Some(Call {
        label: line.optional_text(r#","label":""#)?,
        account: line.optional_text(r#","account":""#)?,
        action: Action::from_wire(line.after(r#","action":""#)?.text()?)?,
        region: line.optional_text(r#","region":""#)?,
        parameters: parameters(line)?,
        intervention: line.optional_number(r#","intervention":"#)?,
        watch: line.optional_number(r#","watch":"#)?,
    })
}

fn parameters(line: &mut Line<'_>) -> Option<Parameters> {
    let line = line.after(r#","parameters":{"#)?;
    let mut pairs = Vec::new();
    let mut is_end = line.after("}").is_some();
    while !is_end {
        let name = line.after("\"")?.text()?.to_owned();
        let value = line.after(":\"")?.text()?.to_owned();
        pairs.push((name, value));
        is_end = line.after("}").is_some();
        if !is_end {
            line.after(",")?;
        }
    }
    Parameters::new(pairs).ok()
}

/// What is left of a line.
struct Line<'a>(&'a str);

impl<'a> Line<'a> {
    /// What follows these characters; `None`, and nothing is taken, where the line goes on in another way.
    fn after(&mut self, text: &str) -> Option<&mut Self> {
        self.0 = self.0.strip_prefix(text)?;
        Some(self)
    }

    /// A text up to its closing quote; none with an escape or with what JSON does not let stand plain.
    fn text(&mut self) -> Option<&'a str> {
        let is_plain = |byte: &u8| *byte >= b' ' && *byte != b'"' && *byte != b'\\';
        let length = self.0.bytes().take_while(|byte| is_plain(byte)).count();
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest.strip_prefix('"')?;
        Some(text)
    }

    /// A number of digits alone, as JSON writes it: no zero before others.
    fn digits(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        let mut length = 0;
        for byte in self.0.bytes() {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            number = number.checked_mul(10)?.checked_add(u64::from(digit))?;
            length += 1;
        }
        let (digits, rest) = self.0.split_at_checked(length)?;
        if length == 0 || (length > 1 && digits.starts_with('0')) {
            return None;
        }
        self.0 = rest;
        Some(number)
    }

    /// The digest that fills the text up to its closing quote.
    fn digest(&mut self) -> Option<Digest> {
        let (digest, rest) = self.0.split_at_checked(Digest::TEXT_BYTES)?;
        self.0 = rest.strip_prefix('"')?;
        digest.parse().ok()
    }

    fn number<N: TryFrom<u64>>(&mut self) -> Option<N> {
        self.digits()?.try_into().ok()
    }

    fn integer(&mut self) -> Option<i64> {
        self.number()
    }

    /// The number after `name`; `Some(None)` where there is no such field, `None` where it is unusual.
    fn optional_number<N: TryFrom<u64>>(&mut self, name: &str) -> Option<Option<N>> {
        match self.after(name) {
            Some(line) => line.number().map(Some),
            None => Some(None),
        }
    }

    /// The text after `name`, in the same way.
    fn optional_text(&mut self, name: &str) -> Option<Option<String>> {
        match self.after(name) {
            Some(line) => line.text().map(|text| Some(text.to_owned())),
            None => Some(None),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::evidence::leaf::Leaf;

    const PAGE: &str = r#"{"t":"exchange","v":1,"run":7,"listing":12,"page":3,"requested_at":1790000000000,"received_at":1790000000020,"date":1790000000,"length":17,"body":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}"#;

    #[test]
    fn usual_lines_are_read() {
        let call = PAGE.replace(
            r#""listing":12,"page":3"#,
            r#""account":"1","action":"GetStackGroupOperation","region":"r","parameters":{"OperationId":"域","B":""}"#,
        );
        let none = call.replace(r#"{"OperationId":"域","B":""}"#, "{}");
        for line in [PAGE, &call, &none] {
            let read = exchange(line).unwrap();
            assert_eq!(Leaf::parse_any(line).unwrap(), Leaf::Exchange(read));
        }
    }

    #[test]
    fn anything_unusual_is_left_to_the_parser() {
        for (from, to) in [
            (r#""run":7"#, r#""run":07"#),
            (r#""run":7"#, r#""run":7.0"#),
            (r#""run":7"#, r#""run":-7"#),
            (r#""run":7"#, r#""run": 7"#),
            (r#""run":7"#, r#""run":9223372036854775808"#),
            (r#""page":3"#, r#""page":4294967296"#),
            (r#""page":3,"#, ""),
            (r#""date":1790000000"#, r#""date":"x""#),
            (r#"855""#, r#"85""#),
            (r#"855""#, r#"855","more":1"#),
            (r#"855"}"#, r#"855"} "#),
            (r#""v":1"#, r#""v":2"#),
        ] {
            let line = PAGE.replace(from, to);
            assert_ne!(line, PAGE);
            assert!(exchange(&line).is_none(), "{line}");
        }
    }
}
