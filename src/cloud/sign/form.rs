//! `application/x-www-form-urlencoded` bodies, byte for byte as the official Python SDK writes them.

use super::encode::push_encoded;

/// `name=value` pairs joined by `&`, in the order given: a blank is `+`, `*` is `%2A`, `~` stays.
///
/// Neither signature depends on this choice: V1 signs the decoded parameters, V3 the hash of
/// whatever bytes are sent.
pub fn form_encode(parameters: &[(&str, &str)]) -> String {
    let mut body = String::new();
    for (name, value) in parameters {
        if !body.is_empty() {
            body.push('&');
        }
        push_form_text(&mut body, name);
        body.push('=');
        push_form_text(&mut body, value);
    }
    body
}

fn push_form_text(body: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte == b' ' {
            body.push('+');
        } else {
            push_encoded(body, byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_plus_signs_and_plus_signs_are_escaped() {
        assert_eq!(
            form_encode(&[("b", "x + ~*"), ("a", "")]),
            "b=x+%2B+~%2A&a="
        );
        assert_eq!(form_encode(&[]), "");
    }
}
