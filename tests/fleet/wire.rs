//! What stands between the collector and the sandbox and breaks answers on the wire, as only raw TCP can.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How an answer is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breakage {
    /// The connection is reset before anything is read.
    Reset,
    /// The connection ends instead of an answer.
    NoHead,
    /// It ends within the head.
    HalfHead,
    /// It ends within the body.
    HalfBody,
    /// No length is told, and the connection ends within the body.
    HalfBodyUntilClose,
    /// No length is told, and the connection ends after the body: nothing is wrong.
    WholeUntilClose,
    /// More is promised than comes.
    LengthTooLong,
    /// Less is promised than comes.
    LengthTooShort,
    /// Two lengths that differ.
    TwoLengths,
    /// A length below zero.
    NegativeLength,
    /// A chunk whose size is no number.
    BadChunk,
    /// Chunks without the last one.
    ChunksCut,
    /// A head that says gzip over a body that is not, or not any more.
    FalseGzip,
    /// A head of a megabyte.
    HugeHead,
    /// Ten thousand headers.
    ManyHeaders,
    /// A body that never ends.
    Endless,
    /// A byte now and then.
    Trickle,
    /// UTF-16.
    Utf16,
    /// A NUL after the body.
    Nul,
    /// Many interim answers, and then the right one: nothing is wrong.
    Interim,
    /// The right answer, and the connection ends although it was to be kept: nothing is wrong.
    ClosedAfter,
    /// 204.
    NoContent,
    /// 206 with half of the body.
    Partial,
    /// 304.
    NotModified,
}

impl Breakage {
    /// Those after which the answer is whole all the same.
    pub const HARMLESS: [Self; 3] = [Self::WholeUntilClose, Self::Interim, Self::ClosedAfter];

    /// Those that leave no answer, each row of `tests/FAULTS.md` with its own.
    pub const BROKEN_QUICKLY: [Self; 18] = [
        Self::Reset,
        Self::NoHead,
        Self::HalfHead,
        Self::HalfBody,
        Self::HalfBodyUntilClose,
        Self::LengthTooLong,
        Self::LengthTooShort,
        Self::TwoLengths,
        Self::NegativeLength,
        Self::BadChunk,
        Self::ChunksCut,
        Self::FalseGzip,
        Self::HugeHead,
        Self::ManyHeaders,
        Self::Utf16,
        Self::NoContent,
        Self::Partial,
        Self::NotModified,
    ];
}

/// Makes another body of a body.
pub type Rewrite = fn(&str) -> String;

/// Which answers are broken.
enum Plan {
    Nothing,
    /// Those of requests that hold this text.
    All(Breakage, &'static str),
    /// The bodies of those of requests that hold this text are written anew.
    Rewritten(Rewrite, &'static str),
    /// One in so many, by a seed.
    Some(fastrand::Rng, usize, Vec<Breakage>),
}

/// The wire, as long as the test's process runs.
pub struct Wire {
    address: SocketAddr,
    plan: Arc<Mutex<Plan>>,
}

impl Wire {
    /// To the server at `endpoint`, an `http://ADDRESS:PORT`; whole for now.
    pub fn to(endpoint: &str) -> Self {
        let server: SocketAddr = endpoint.trim_start_matches("http://").parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let plan = Arc::new(Mutex::new(Plan::Nothing));
        let of_all = Arc::clone(&plan);
        thread::spawn(move || {
            for client in listener.incoming() {
                let plan = Arc::clone(&of_all);
                // A connection that breaks is what this is here for.
                thread::spawn(move || client.is_ok_and(|c| serve(c, server, &plan).is_some()));
            }
        });
        Self { address, plan }
    }

    /// What a client is to be told.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Breaks the answers to all requests that hold this text.
    pub fn break_all(&self, breakage: Breakage, about: &'static str) {
        *self.plan.lock().unwrap() = Plan::All(breakage, about);
    }

    /// Writes the bodies of the answers anew to all requests that hold this text.
    pub fn rewrite_all(&self, rewrite: Rewrite, about: &'static str) {
        *self.plan.lock().unwrap() = Plan::Rewritten(rewrite, about);
    }

    /// Breaks one answer in so many.
    pub fn break_some(&self, seed: u64, one_in: usize, kinds: Vec<Breakage>) {
        let random = fastrand::Rng::with_seed(seed);
        *self.plan.lock().unwrap() = Plan::Some(random, one_in, kinds);
    }

    /// Breaks nothing any more.
    pub fn heal(&self) {
        *self.plan.lock().unwrap() = Plan::Nothing;
    }
}

/// What becomes of the answer to the request that begins like this: a request of these calls is one piece.
fn planned(plan: &Mutex<Plan>, request: &[u8]) -> Option<Breakage> {
    match &mut *plan.lock().unwrap() {
        Plan::Nothing | Plan::Rewritten(..) => None,
        Plan::All(breakage, about) => holds(request, about).then_some(*breakage),
        Plan::Some(random, one_in, kinds) => {
            (random.usize(..*one_in) == 0).then(|| kinds[random.usize(..kinds.len())])
        }
    }
}

/// How the body of the answer to that request is written anew, if it is.
fn rewriting(plan: &Mutex<Plan>, request: &[u8]) -> Option<Rewrite> {
    match &*plan.lock().unwrap() {
        Plan::Rewritten(rewrite, about) if holds(request, about) => Some(*rewrite),
        _ => None,
    }
}

fn holds(request: &[u8], text: &str) -> bool {
    request.windows(text.len()).any(|w| w == text.as_bytes())
}

/// Serves one connection until it breaks or ends.
fn serve(mut client: TcpStream, server: SocketAddr, plan: &Mutex<Plan>) -> Option<()> {
    let _ = client.set_nodelay(true);
    loop {
        let mut seen = [0; 1 << 14];
        let length = client.peek(&mut seen).ok().filter(|length| *length > 0)?;
        let breakage = planned(plan, &seen[..length]);
        if breakage == Some(Breakage::Reset) {
            // Who leaves with bytes unread resets the connection.
            return None;
        }
        let (head, body) = message(&mut client)?;
        let request = [head, body].concat();
        let mut upstream = TcpStream::connect(server).ok()?;
        upstream.write_all(&request).ok()?;
        let (mut head, mut body) = message(&mut upstream)?;
        if let Some(rewrite) = rewriting(plan, &request) {
            body = rewrite(&String::from_utf8_lossy(&body)).into_bytes();
            head = head_with(&head, &format!("content-length: {}\r\n", body.len()));
        }
        let Some(breakage) = breakage else {
            client.write_all(&[head, body].concat()).ok()?;
            continue;
        };
        broken(&mut client, breakage, &head, &body);
        return None;
    }
}

/// One message: its head with the empty line, and as much body as its length says.
fn message(stream: &mut TcpStream) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 1 << 16];
    let end = loop {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            break end + 4;
        }
        let length = stream.read(&mut buffer).ok().filter(|length| *length > 0)?;
        bytes.extend_from_slice(&buffer[..length]);
    };
    let mut body = bytes.split_off(end);
    let text = String::from_utf8_lossy(&bytes).to_lowercase();
    let length = text
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
    while body.len() < length {
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        body.extend_from_slice(&buffer[..read]);
    }
    Some((bytes, body))
}

/// Sends a broken answer, as far as the client takes it.
fn broken(client: &mut TcpStream, breakage: Breakage, head: &[u8], body: &[u8]) {
    let half = &body[..body.len() / 2];
    let framed = |framing: &str| head_with(head, framing);
    let length = body.len();
    let message = match breakage {
        Breakage::Reset | Breakage::NoHead => Vec::new(),
        Breakage::HalfHead => head[..head.len() / 2].to_vec(),
        Breakage::HalfBody => [head, half].concat(),
        Breakage::HalfBodyUntilClose => [&framed("connection: close\r\n"), half].concat(),
        Breakage::WholeUntilClose => [&framed("connection: close\r\n"), body].concat(),
        Breakage::LengthTooLong => [
            &framed(&format!("content-length: {}\r\n", length + 10)),
            body,
        ]
        .concat(),
        Breakage::LengthTooShort => [
            &framed(&format!("content-length: {}\r\n", length - 10)),
            body,
        ]
        .concat(),
        Breakage::TwoLengths => {
            let two = format!(
                "content-length: {length}\r\ncontent-length: {}\r\n",
                length / 2
            );
            [&framed(&two), body].concat()
        }
        Breakage::NegativeLength => [&framed("content-length: -1\r\n"), body].concat(),
        Breakage::BadChunk => [
            &framed("transfer-encoding: chunked\r\n")[..],
            b"xyz\r\n",
            body,
        ]
        .concat(),
        Breakage::ChunksCut => {
            let size = format!("{:x}\r\n", half.len());
            let head = framed("transfer-encoding: chunked\r\n");
            [&head[..], size.as_bytes(), half, b"\r\n"].concat()
        }
        Breakage::FalseGzip => {
            let gzip = format!("content-encoding: gzip\r\ncontent-length: {length}\r\n");
            let mut no_text = vec![0x1f, 0x8b, 8, 0];
            no_text.extend_from_slice(&body[4..]);
            [framed(&gzip), no_text].concat()
        }
        Breakage::HugeHead => {
            let huge = format!(
                "x-huge: {}\r\ncontent-length: {length}\r\n",
                "x".repeat(1 << 20)
            );
            [&framed(&huge), body].concat()
        }
        Breakage::ManyHeaders => {
            let many = "x-many: y\r\n".repeat(10_000);
            [
                &framed(&format!("{many}content-length: {length}\r\n")),
                body,
            ]
            .concat()
        }
        Breakage::Utf16 => {
            let text = String::from_utf8_lossy(body);
            let wide: Vec<u8> = std::iter::once(0xfeff)
                .chain(text.encode_utf16())
                .flat_map(u16::to_le_bytes)
                .collect();
            [framed(&format!("content-length: {}\r\n", wide.len())), wide].concat()
        }
        Breakage::Nul => {
            let length = format!("content-length: {}\r\n", length + 1);
            [&framed(&length)[..], body, &[0]].concat()
        }
        Breakage::Interim => {
            [&b"HTTP/1.1 100 Continue\r\n\r\n".repeat(50)[..], head, body].concat()
        }
        Breakage::ClosedAfter => [head, body].concat(),
        Breakage::NoContent => b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
        Breakage::Partial => {
            let head = format!(
                "HTTP/1.1 206 Partial Content\r\ncontent-range: bytes 0-{}/{length}\r\ncontent-length: {}\r\n\r\n",
                half.len() - 1,
                half.len()
            );
            [head.as_bytes(), half].concat()
        }
        Breakage::NotModified => b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec(),
        Breakage::Endless => return endless(client, &framed("connection: close\r\n"), body),
        Breakage::Trickle => return trickle(client, &[head, body].concat()),
    };
    let _ = client.write_all(&message);
}

/// The head with another framing.
fn head_with(head: &[u8], framing: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(head);
    let kept = text
        .lines()
        .filter(|line| !line.is_empty() && !line.to_lowercase().starts_with("content-length:"));
    let lines: String = kept.map(|line| format!("{line}\r\n")).collect();
    format!("{lines}{framing}\r\n").into_bytes()
}

/// Goes on for as long as the client takes it.
fn endless(client: &mut TcpStream, head: &[u8], body: &[u8]) {
    let mut more = [head, body].concat();
    while client.write_all(&more).is_ok() {
        more = vec![b' '; 1 << 16];
    }
}

/// A byte every fifth of a second.
fn trickle(client: &mut TcpStream, message: &[u8]) {
    for byte in message {
        if client.write_all(&[*byte]).is_err() {
            return;
        }
        thread::sleep(Duration::from_millis(200));
    }
}
