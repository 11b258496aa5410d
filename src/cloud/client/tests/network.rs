//! Proxies and certificates.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;
use crate::cloud::CloudError;
use crate::config::Proxy;

/// A client that trusts nobody but the certificates of the CA file.
fn client(address: &str, trust: Trust, network: Network) -> Result<Client, CloudError> {
    let config = ClientConfig {
        endpoints: Endpoints::everywhere(Endpoint::parse(address).unwrap()),
        limits: patient(),
        network,
        ..ClientConfig::default()
    };
    Client::trusting(trust, config, Arc::new(ManualClock::new(NOW)))
}

async fn end_of(client: &Client) -> End {
    let request = request(Action::GetCallerIdentity);
    client.send(&request, &credentials(), None).await.end
}

/// One attempt at this address by way of this proxy.
pub(super) async fn asked_at(address: &str, proxy: Proxy) -> End {
    let network = Network {
        proxy,
        ca_file: None,
    };
    end_of(&client(address, Trust::Nobody, network).unwrap()).await
}

/// One attempt at a host of the cloud by way of this proxy, which lets nobody through.
pub(super) async fn through(proxy: Proxy) -> NoAnswer {
    match asked_at("https://ros.aliyuncs.com", proxy).await {
        End::NoAnswer(none) => none,
        End::Answer(answer) => panic!("{answer:?}"),
    }
}

fn url(address: &str) -> Proxy {
    Proxy::Url(address.to_owned())
}

#[tokio::test]
async fn fault_62_a_proxy_is_asked_for_a_tunnel() {
    for (status, reason) in [
        (403, "proxy: refused"),
        (407, "proxy: wants user and password"),
    ] {
        let answer = format!("HTTP/1.1 {status} No\r\n\r\n<html>");
        let proxy = RawServer::start(vec![send(&answer), Act::Finish]);
        let address = proxy
            .address("http")
            .replace("//", &format!("//user:{CANARY}@"));
        let choice = url(&address);
        assert!(!format!("{choice:?}").contains(CANARY));
        assert_unreachable(&through(choice).await, reason);
        let asked = proxy.requests().remove(0);
        assert!(
            asked.starts_with("CONNECT ros.aliyuncs.com:443 HTTP/1.1\r\n"),
            "{asked}"
        );
        assert!(
            asked.to_lowercase().contains("proxy-authorization: basic "),
            "{asked}"
        );
        assert!(!asked.contains("GetCallerIdentity"), "{asked}");
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let none = through(url(&address)).await;
    assert_unreachable(&none, "proxy: cannot be reached");
}

#[tokio::test]
async fn loopback_is_never_asked_through_a_proxy() {
    let proxy = RawServer::start(vec![Act::Finish]);
    let server = RawServer::start(vec![send(OK)]);
    let by_address = server.address("http");
    let by_name = by_address.replace("127.0.0.1", "localhost");
    for address in [by_address, by_name] {
        let end = asked_at(&address, url(&proxy.address("http"))).await;
        assert!(matches!(end, End::Answer(_)), "{address}: {end:?}");
    }
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn a_proxy_that_is_no_address_is_refused_without_repeating_it() {
    for address in [
        &format!("socks5://u:{CANARY}@h:1080"),
        &format!("http://h:8080/{CANARY}"),
        &format!("http://{CANARY} {CANARY}"),
        "http://",
    ] {
        let network = Network {
            proxy: url(address),
            ca_file: None,
        };
        let refused = client("https://h", Trust::Nobody, network)
            .map(|_| ())
            .unwrap_err();
        assert!(matches!(refused, CloudError::Proxy { .. }), "{address}");
        assert!(
            !format!("{refused} {refused:?}").contains(CANARY),
            "{refused}"
        );
    }
}

fn test_data(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls");
    directory.join(name)
}

/// A server that answers one request on each connection, with the certificate of a file. Returns its address, and
/// what it was sent inside the encryption.
fn encrypted_server(certificate: &str) -> (String, Arc<Mutex<Vec<u8>>>) {
    let certificates = CertificateDer::pem_file_iter(test_data(certificate)).unwrap();
    let certificates = certificates.map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_file(test_data("server-key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    let sent = Arc::new(Mutex::new(Vec::new()));
    let of_all = Arc::clone(&sent);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            let mut request = [0; 4096];
            // A client that trusts nobody goes away here.
            if let Ok(length) = stream.read(&mut request) {
                of_all.lock().unwrap().extend_from_slice(&request[..length]);
                _ = stream.write_all(OK.as_bytes());
                _ = stream.flush();
            }
        }
    });
    (address, sent)
}

/// One attempt by a client that trusts the tests' root as it trusts the system's.
async fn asked_over_tls(address: &str) -> End {
    let network = Network {
        ca_file: Some(test_data("ca.pem")),
        ..Network::default()
    };
    end_of(&client(address, Trust::System, network).unwrap()).await
}

#[tokio::test]
async fn fault_53_a_certificate_that_does_not_hold_is_refused_before_anything_is_sent() {
    for (certificate, reason) in [
        ("expired.pem", "tls: certificate expired"),
        ("not-yet-valid.pem", "tls: certificate not valid yet"),
        ("elsewhere.pem", "tls: certificate of another name"),
        ("self-signed.pem", "tls: certificate refused"),
    ] {
        let (address, sent) = encrypted_server(certificate);
        let End::NoAnswer(none) = asked_over_tls(&address).await else {
            panic!("{certificate} was trusted");
        };
        assert_unreachable(&none, reason);
        assert!(sent.lock().unwrap().is_empty(), "{certificate}");
    }
    // The same client does answer to the certificate that holds.
    let (address, sent) = encrypted_server("server.pem");
    let end = asked_over_tls(&address).await;
    assert!(matches!(end, End::Answer(_)), "{end:?}");
    assert!(!sent.lock().unwrap().is_empty());
}

/// The first message of a server that chose TLS 1.0 and a cipher of its time.
fn hello_of_tls_1_0() -> Vec<u8> {
    let head = [0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
    let session_cipher_compression = [0, 0xc0, 0x13, 0];
    [&head[..], &[7; 32], &session_cipher_compression].concat()
}

#[tokio::test]
async fn fault_53_no_older_version_of_tls_is_spoken() {
    let server = RawServer::start(vec![Act::Send(hello_of_tls_1_0()), Act::Finish]);
    let end = asked_over_tls(&server.address("https")).await;
    let End::NoAnswer(none) = end else {
        panic!("{end:?}");
    };
    assert_unreachable(&none, "tls: no common version or cipher");
    assert!(!server.requests().concat().contains("POST"));
}

#[tokio::test]
async fn fault_53_a_handshake_that_stalls_is_given_up() {
    let server = RawServer::start(vec![Act::Pause(Duration::from_secs(5))]);
    let begun = Instant::now();
    let none = no_answer_from(&server.address("https"), impatient()).await;
    assert!(begun.elapsed() < Duration::from_secs(4));
    assert_eq!(none.outcome, Outcome::Unreachable);
    assert!(none.reason.contains("timeout"), "{none:?}");
    assert!(!server.requests().concat().contains("POST"));
}

#[tokio::test]
async fn fault_53_a_certificate_of_the_ca_file_is_trusted() {
    let (address, _) = encrypted_server("server.pem");
    let with_file = Network {
        ca_file: Some(test_data("ca.pem")),
        ..Network::default()
    };
    let asked = client(&address, Trust::System, with_file).unwrap();
    let end = end_of(&asked).await;
    assert!(
        matches!(&end, End::Answer(answer) if answer.body == b"{}"),
        "{end:?}"
    );

    let without = client(&address, Trust::Nobody, Network::default()).unwrap();
    let End::NoAnswer(none) = end_of(&without).await else {
        panic!("an unknown issuer was trusted");
    };
    assert_unreachable(&none, "tls: certificate of an unknown issuer");
}

#[test]
fn a_ca_file_that_holds_no_certificate_is_named() {
    for (name, told) in [
        ("tests/data/tls/gone.pem", "No such file"),
        ("Cargo.toml", "holds no certificate"),
        ("tests/data/tls/server-key.pem", "holds no certificate"),
    ] {
        let network = Network {
            ca_file: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)),
            ..Network::default()
        };
        let made = client("https://h", Trust::System, network);
        let error = made.map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains(told), "{error}");
    }
}
