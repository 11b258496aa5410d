//! Proxies and certificates.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;
use crate::cloud::{CloudError, ProxyChoice};

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
pub(super) async fn asked_at(address: &str, proxy: ProxyChoice) -> End {
    let network = Network {
        proxy,
        ca_file: None,
    };
    end_of(&client(address, Trust::Nobody, network).unwrap()).await
}

/// One attempt at a host of the cloud by way of this proxy, which lets nobody through.
pub(super) async fn through(proxy: ProxyChoice) -> NoAnswer {
    match asked_at("https://ros.aliyuncs.com", proxy).await {
        End::NoAnswer(none) => none,
        End::Answer(answer) => panic!("{answer:?}"),
    }
}

fn url(address: &str) -> ProxyChoice {
    ProxyChoice::Url(address.to_owned())
}

#[tokio::test]
async fn a_proxy_is_asked_for_a_tunnel_62() {
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

/// A server that answers one request on each connection, with the certificate that the tests' root signed for
/// `localhost`. Returns its address.
fn encrypted_server() -> String {
    let certificates = CertificateDer::pem_file_iter(test_data("server.pem")).unwrap();
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
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            // A client that trusts nobody goes away here.
            if stream.read(&mut [0; 4096]).is_ok() {
                _ = stream.write_all(OK.as_bytes());
                _ = stream.flush();
            }
        }
    });
    address
}

#[tokio::test]
async fn a_certificate_of_the_ca_file_is_trusted() {
    let address = encrypted_server();
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
