//! A server that answers with bytes as a test dictates, also where they break HTTP, and keeps every
//! request as it came.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What happens on a connection once a request has come.
#[derive(Clone)]
pub(in crate::cloud) enum Act {
    /// Sends these bytes.
    Send(Vec<u8>),
    /// Waits.
    Pause(Duration),
    /// Ends the connection in order (FIN).
    Finish,
    /// Breaks it (RST): the kernel does when bytes that came were never read.
    Reset,
}

/// Shorthand for text that is sent.
pub(in crate::cloud) fn send(text: &str) -> Act {
    Act::Send(text.as_bytes().to_vec())
}

/// A listener on loopback, alive until the test process ends.
pub(in crate::cloud) struct RawServer {
    port: u16,
    requests: Arc<Mutex<Vec<Vec<u8>>>>,
    connections: Arc<Mutex<usize>>,
}

impl RawServer {
    /// Plays `script` for each request; without [`Act::Finish`] or [`Act::Reset`] at its end the
    /// connection stays open for the next one.
    pub(in crate::cloud) fn start(script: Vec<Act>) -> Self {
        Self::answering(move |_| script.clone())
    }

    /// Asks `script` what to do for each request, numbered from 0 over all connections.
    pub(in crate::cloud) fn answering(
        script: impl Fn(usize) -> Vec<Act> + Send + Sync + 'static,
    ) -> Self {
        Self::replying(move |number, _| script(number))
    }

    /// The same for a script that reads the request.
    pub(in crate::cloud) fn replying(
        script: impl Fn(usize, &str) -> Vec<Act> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            requests: Arc::default(),
            connections: Arc::default(),
        };
        let requests = Arc::clone(&server.requests);
        let connections = Arc::clone(&server.connections);
        let script = Arc::new(script);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                *connections.lock().unwrap() += 1;
                let (requests, script) = (Arc::clone(&requests), Arc::clone(&script));
                thread::spawn(move || converse(stream, &requests, script.as_ref()));
            }
        });
        server
    }

    /// `scheme://127.0.0.1:port`.
    pub(in crate::cloud) fn address(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// The requests so far, as they came.
    pub(in crate::cloud) fn requests(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        requests.iter().map(text).collect()
    }

    /// How many connections there were.
    pub(in crate::cloud) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }
}

fn converse(
    mut stream: TcpStream,
    requests: &Mutex<Vec<Vec<u8>>>,
    script: &(dyn Fn(usize, &str) -> Vec<Act> + Send + Sync),
) {
    while let Some(request) = read_request(&mut stream) {
        let text = String::from_utf8_lossy(&request).into_owned();
        let number = {
            let mut requests = requests.lock().unwrap();
            requests.push(request);
            requests.len() - 1
        };
        for act in script(number, &text) {
            match act {
                // A client that has gone is what some tests are about.
                Act::Send(bytes) => _ = stream.write_all(&bytes),
                Act::Pause(time) => thread::sleep(time),
                Act::Finish => {
                    _ = stream.read_exact(&mut [0]);
                    _ = stream.shutdown(Shutdown::Both);
                    return;
                }
                // `read_request` has left the last byte of the request.
                Act::Reset => return,
            }
        }
        if stream.read_exact(&mut [0]).is_err() {
            return;
        }
    }
}

/// Head and body of the next request; the very last byte is looked at but left in the socket, so
/// that dropping the stream breaks the connection. `None` at the end of the connection.
fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    loop {
        let mut byte = [0];
        if stream.peek(&mut byte).ok()? == 0 {
            return None;
        }
        request.push(byte[0]);
        if is_whole(&request) {
            return Some(request);
        }
        stream.read_exact(&mut byte).ok()?;
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        // Not HTTP, but the beginning of a TLS handshake.
        return request.len() > 8 && request[0] == 0x16;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    body.len() >= length
}
