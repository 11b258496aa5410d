//! What stands in the sandbox's place on the wire: a relay, which keeps the bytes that go by in both directions
//! and can look at a request before the server gets it; and a server that answers what a test makes of each
//! request's bytes.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What went by.
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    /// From the collector, all connections together.
    pub sent: Vec<u8>,
    /// From the sandbox.
    pub answered: Vec<u8>,
}

/// Looks at a piece of what the collector sends. A request of these calls is one piece.
type Look = dyn Fn(&[u8]) + Send + Sync;

/// A relay that runs as long as the test's process.
pub struct Relay {
    address: SocketAddr,
    traffic: Arc<Mutex<Traffic>>,
}

impl Relay {
    /// Relays to the server at `endpoint`, an `http://ADDRESS:PORT`.
    pub fn to(endpoint: &str, look: impl Fn(&[u8]) + Send + Sync + 'static) -> Self {
        let server: SocketAddr = endpoint.trim_start_matches("http://").parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let traffic = Arc::new(Mutex::new(Traffic::default()));
        let look: Arc<Look> = Arc::new(look);
        let kept = Arc::clone(&traffic);
        thread::spawn(move || {
            for client in listener.incoming() {
                serve(client.unwrap(), server, &kept, &look);
            }
        });
        Self { address, traffic }
    }

    /// What `--endpoint` takes.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What went by so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic.lock().unwrap().clone()
    }
}

/// Answers every request with HTTP 400 and the body that `answer` makes of its bytes. Tells its endpoint.
pub fn refuse_with(answer: impl Fn(&[u8]) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut request = [0; 1 << 16];
            let length = client.read(&mut request).unwrap();
            let body = answer(&request[..length]);
            let head = format!(
                "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            client.write_all((head + &body).as_bytes()).unwrap();
        }
    });
    endpoint
}

fn serve(client: TcpStream, server: SocketAddr, traffic: &Arc<Mutex<Traffic>>, look: &Arc<Look>) {
    let server = TcpStream::connect(server).unwrap();
    let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (kept, look) = (Arc::clone(traffic), Arc::clone(look));
    thread::spawn(move || {
        copy(from_client, to_server, |piece| {
            look(piece);
            kept.lock().unwrap().sent.extend_from_slice(piece);
        });
    });
    let kept = Arc::clone(traffic);
    thread::spawn(move || {
        copy(server, client, |piece| {
            kept.lock().unwrap().answered.extend_from_slice(piece);
        });
    });
}

/// Hands on what arrives until one side ends.
fn copy(mut from: TcpStream, mut to: TcpStream, on_piece: impl Fn(&[u8])) {
    let mut buffer = [0; 1 << 16];
    while let Ok(length) = from.read(&mut buffer) {
        if length == 0 {
            break;
        }
        on_piece(&buffer[..length]);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // Either may be closed already.
    let _ = to.shutdown(Shutdown::Write);
}
