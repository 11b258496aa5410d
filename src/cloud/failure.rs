//! Why an attempt failed, in fixed words. The HTTP library's own texts are never used: they hold the
//! URL, which with V1 signatures holds the token.

use std::error::Error;
use std::io;

use rustls::CertificateError;
use rustls::pki_types::InvalidDnsNameError;

use super::exchange::NoAnswer;
use crate::model::Outcome;

/// The failure of an attempt whose answer did not begin.
pub(super) fn before_answer(error: &reqwest::Error) -> NoAnswer {
    let head_too_large = causes(error)
        .filter_map(|cause| cause.downcast_ref::<hyper::Error>())
        .any(hyper::Error::is_parse_too_large);
    if head_too_large {
        return NoAnswer {
            outcome: Outcome::TooLarge,
            ..NoAnswer::unreachable("headers too large")
        };
    }
    let word = word(error);
    NoAnswer::unreachable(match (error.is_connect(), word) {
        (true, "dns") => "dns".to_owned(),
        (true, word) if word.starts_with("tls") || word.starts_with("proxy") => word.to_owned(),
        (true, "failed") => "connect".to_owned(),
        (true, other) => format!("connect: {other}"),
        (false, "ended") => "connection closed before an answer".to_owned(),
        (false, other) => other.to_owned(),
    })
}

/// One or two words for the failure, by the first cause that has any: `timeout`, `dns`, `tls: …`,
/// `proxy: …`, `refused`, `reset`, `ended`, `not HTTP`, else `failed`.
pub(super) fn word(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        return "timeout";
    }
    causes(error)
        .find_map(|cause| {
            if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
                Some(tls_word(tls))
            } else if let Some(io) = cause.downcast_ref::<io::Error>() {
                io_word(io)
            } else if let Some(http) = cause.downcast_ref::<hyper::Error>() {
                http_word(http)
            } else if cause.is::<InvalidDnsNameError>() || cause.to_string() == "dns error" {
                // The second one's type is private to hyper-util; a test holds its text.
                Some("dns")
            } else {
                proxy_word(&cause.to_string())
            }
        })
        .unwrap_or("failed")
}

/// The error and what caused it. An [`io::Error`] that wraps another error passes it over in
/// `source`, so it is stepped into.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| {
        let wrapped = cause
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .map(|inner| inner as &(dyn Error + 'static));
        wrapped.or_else(|| cause.source())
    })
}

/// The word for an error of a tunnel through a proxy. Its type is not to be named without another feature
/// of hyper-util; a test holds its texts, which are fixed.
fn proxy_word(text: &str) -> Option<&'static str> {
    Some(match text.strip_prefix("tunnel error: ")? {
        "proxy authorization required" => "proxy: wants user and password",
        "failed to create underlying connection" => "proxy: cannot be reached",
        _ => "proxy: refused",
    })
}

fn io_word(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Some("refused"),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => Some("reset"),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => Some("no route"),
        io::ErrorKind::TimedOut => Some("timeout"),
        io::ErrorKind::UnexpectedEof => Some("ended"),
        _ => None,
    }
}

fn http_word(error: &hyper::Error) -> Option<&'static str> {
    if error.is_incomplete_message() {
        Some("ended")
    } else if error.is_parse() {
        Some("not HTTP")
    } else {
        // Its cause says more.
        None
    }
}

fn tls_word(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                "tls: certificate expired"
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                "tls: certificate not valid yet"
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                "tls: certificate of another name"
            }
            CertificateError::UnknownIssuer => "tls: certificate of an unknown issuer",
            _ => "tls: certificate refused",
        },
        rustls::Error::PeerIncompatible(_) => "tls: no common version or cipher",
        rustls::Error::InvalidMessage(_) => "tls: not TLS",
        rustls::Error::AlertReceived(_) => "tls: refused by the server",
        _ => "tls",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_that_does_not_resolve() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()
            .unwrap();
        // A label of more than 63 characters is refused before any name server is asked: without
        // TLS by the resolver, with TLS already as a name for a certificate.
        let label = "x".repeat(64);
        for scheme in ["http", "https"] {
            let asked = http.post(format!("{scheme}://{label}.invalid/")).send();
            let error = asked.await.unwrap_err();
            assert_eq!(
                before_answer(&error),
                NoAnswer::unreachable("dns"),
                "{scheme}"
            );
        }
    }

    #[test]
    fn causes_inside_an_io_error_are_found() {
        let tls = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        let error = io::Error::new(io::ErrorKind::InvalidData, tls);
        let found = causes(&error).find_map(|cause| cause.downcast_ref::<rustls::Error>());
        assert_eq!(
            found.map(tls_word),
            Some("tls: certificate of an unknown issuer")
        );
    }
}
