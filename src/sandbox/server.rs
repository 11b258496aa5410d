//! The network side: listens on an address, hands raw requests to the service, sends its replies,
//! the broken ones included.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use chrono::DateTime;
use hyper::body::{Body as HttpBody, Frame};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::SandboxConfig;
use super::gate::RawRequest;
use super::latency::Latency;
use super::metadata::CREDENTIALS_URI_PATH;
use super::service::{Delivery, Reply, Service};
use super::world::World;
use crate::model::UtcMillis;

/// Longest body of a request, in bytes. No served call has more than a few hundred.
const MAX_REQUEST_BODY_BYTES: usize = 1 << 20;

/// Pause after a connection could not be taken, so that a lack of descriptors is no busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The address is taken, not ours, or not allowed.
    #[error(
        "the sandbox could not listen on {address}: {source}; choose another address, or port 0 \
         for a free one"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The system gave no thread for the latency.
    #[error("the sandbox could not start a thread that holds answers back: {0}")]
    Latency(io::Error),
}

/// A simulated cloud that is being served. It ends when this is dropped.
pub struct Sandbox {
    address: SocketAddr,
    world: Arc<World>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl Sandbox {
    /// Starts to serve, with an empty world.
    ///
    /// # Errors
    /// [`SandboxError::Listen`] if the address cannot be listened on, [`SandboxError::Latency`] if the system
    /// has no thread for it.
    pub async fn start(config: SandboxConfig) -> Result<Self, SandboxError> {
        let listen_error = |source| SandboxError::Listen {
            address: config.listen,
            source,
        };
        let listener = TcpListener::bind(config.listen)
            .await
            .map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        let service = Service::new(&config);
        let world = Arc::clone(service.world());
        let latency = match config.latency_ms {
            0 => None,
            latency_ms => {
                let latency = Latency::new(Duration::from_millis(latency_ms));
                Some(latency.map_err(SandboxError::Latency)?)
            }
        };
        let front = Front { service, latency };
        // One handler takes every method and path: what is wrong with them is the gate's to say.
        let router = Router::new().fallback(handle).with_state(Arc::new(front));
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(serve(listener, router, stopped));
        Ok(Self {
            address,
            world,
            stop,
            serving,
        })
    }

    /// The address that is listened on.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// What `--endpoint` takes: an address that can be connected to, also where every address of the
    /// machine is listened on.
    pub fn endpoint(&self) -> String {
        let mut address = self.address;
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            IpAddr::V4(_) | IpAddr::V6(_) => {}
        }
        format!("http://{address}")
    }

    /// The address of the credentials URI; what it answers is [`World::set_metadata`]'s to say.
    pub fn credentials_uri(&self) -> String {
        format!("{}{CREDENTIALS_URI_PATH}", self.endpoint())
    }

    /// The world that is served.
    pub fn world(&self) -> Arc<World> {
        Arc::clone(&self.world)
    }

    /// Ends all connections and waits until the address is free.
    pub async fn shutdown(self) {
        // The receiver is gone only if serving has ended already.
        let _ = self.stop.send(());
        let _ = self.serving.await;
    }
}

async fn serve(listener: TcpListener, router: Router, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve_connection(stream, router.clone()));
                }
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn serve_connection(stream: TcpStream, router: Router) {
    // Only a matter of speed.
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |request| {
        let answer = router.call(request);
        async move {
            let Ok(response) = answer.await;
            // The only way to send nothing at all is to fail the connection.
            if response.extensions().get::<NoAnswer>().is_some() {
                return Err(io::Error::other("ended without an answer on purpose"));
            }
            Ok(response)
        }
    });
    // A connection that fails is the client's affair, or was meant to fail.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Marks a response that is not to be sent.
#[derive(Debug, Clone, Copy)]
struct NoAnswer;

struct Front {
    service: Service,
    latency: Option<Latency>,
}

async fn handle(State(front): State<Arc<Front>>, request: Request) -> Response {
    let arrived_at = Instant::now();
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_REQUEST_BODY_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let headers = head.headers.iter();
    let raw = RawRequest {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().into(),
        headers: headers
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect(),
        body: body.into(),
    };
    // What is true is decided when a request arrives, as a gateway does, not when its answer may leave.
    let reply = front.service.reply(&raw);
    if let Some(latency) = &front.latency {
        latency.wait(arrived_at).await;
    }
    if reply.held_ms > 0 {
        tokio::time::sleep(Duration::from_millis(reply.held_ms)).await;
    }
    response(reply, front.service.world().now())
}

fn response(reply: Reply, now: UtcMillis) -> Response {
    if reply.delivery == Delivery::Nothing {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(NoAnswer);
        return response;
    }
    let mut builder = Response::builder()
        .status(reply.http_status)
        .header("date", http_date(now))
        .header("content-length", reply.body.len());
    for (name, value) in &reply.headers {
        builder = builder.header(*name, value);
    }
    let body = Bytes::from(reply.body);
    let body = match reply.delivery {
        Delivery::Cut => Body::new(CutBody::Half(body.slice(..body.len() / 2))),
        Delivery::Whole | Delivery::Nothing => Body::from(body),
    };
    // Only a scripted status or header can be impossible in HTTP.
    builder
        .body(body)
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
fn http_date(now: UtcMillis) -> String {
    let instant = DateTime::from_timestamp(now.unix_seconds(), 0).unwrap_or_default();
    instant.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// A body that fails after its first half. Between the two it waits for one turn, in which the
/// connection sends what it has: otherwise the failure would swallow the head as well.
enum CutBody {
    Half(Bytes),
    Sending,
    Failing,
}

impl HttpBody for CutBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        match std::mem::replace(&mut *self, Self::Failing) {
            Self::Half(half) => {
                *self = Self::Sending;
                Poll::Ready(Some(Ok(Frame::data(half))))
            }
            Self::Sending => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Self::Failing => Poll::Ready(Some(Err(io::Error::other("cut on purpose")))),
        }
    }
}

#[cfg(test)]
mod tests;
