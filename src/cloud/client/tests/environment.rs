//! What the process's environment changes, and what not. Variables are a process's own, so each test
//! runs itself once more in a child that has them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::process::Command;

use super::*;
use crate::config::Proxy;

/// Set in the child.
const CHILD: &str = "OPTRAIL_TEST_CHILD";

fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Runs one test of this file in a child with these variables.
fn run_in_child(test: &str, variables: &[(&str, &str)]) {
    let name = format!("cloud::client::tests::environment::{test}");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &name])
        .env_remove("no_proxy")
        .env_remove("NO_PROXY")
        .env_remove("ALL_PROXY")
        .env_remove("all_proxy")
        .env(CHILD, "1")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let passed = output.status.success() && text.contains("1 passed");
    assert!(passed, "{text}");
}

#[test]
fn proxy_variables_are_ignored() {
    if is_child() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let answer = runtime.block_on(answer(vec![send(OK)]));
        assert_eq!(answer.body, b"{}");
        return;
    }
    let proxy = RawServer::start(vec![Act::Finish]);
    let address = proxy.address("http");
    let variables = [
        ("http_proxy", address.as_str()),
        ("HTTP_PROXY", &address),
        ("https_proxy", &address),
        ("HTTPS_PROXY", &address),
        ("all_proxy", &address),
        ("ALL_PROXY", &address),
    ];
    run_in_child("proxy_variables_are_ignored", &variables);
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn proxy_variables_are_used_where_the_configuration_says_so() {
    if is_child() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let none = runtime.block_on(network::through(Proxy::Environment));
        assert_unreachable(&none, "proxy: refused");
        // Loopback is reached directly.
        let server = RawServer::start(vec![send(OK)]);
        let address = server.address("http");
        let local = network::asked_at(&address, Proxy::Environment);
        assert!(matches!(runtime.block_on(local), End::Answer(_)));
        return;
    }
    let proxy = RawServer::start(vec![send("HTTP/1.1 403 No\r\n\r\n"), Act::Finish]);
    let address = proxy.address("http");
    let test = "proxy_variables_are_used_where_the_configuration_says_so";
    run_in_child(test, &[("https_proxy", &address), ("HTTPS_PROXY", "")]);
    let asked = proxy.requests();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].starts_with("CONNECT ros.aliyuncs.com:443 HTTP/1.1\r\n"));
}

#[test]
fn without_root_certificates_only_loopback_is_asked() {
    if is_child() {
        let made = |config| Client::new(config, Arc::new(ManualClock::new(NOW))).map(|_| ());
        let local = ClientConfig {
            endpoints: Endpoints::everywhere(Endpoint::parse("http://[::1]:1").unwrap()),
            ..ClientConfig::default()
        };
        made(local).unwrap();
        let error = made(ClientConfig::default()).unwrap_err();
        assert!(error.to_string().contains("ca-certificates"), "{error}");
        return;
    }
    let nothing = tempfile::tempdir().unwrap();
    let file = nothing.path().join("empty.pem");
    std::fs::write(&file, "").unwrap();
    let variables = [
        ("SSL_CERT_FILE", file.to_str().unwrap()),
        ("SSL_CERT_DIR", nothing.path().to_str().unwrap()),
    ];
    run_in_child(
        "without_root_certificates_only_loopback_is_asked",
        &variables,
    );
}
