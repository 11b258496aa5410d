//! From a raw request to a reply: gate, call, fault, world, answer.
//!
//! No network here: the server hands in bytes and sends what comes out.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::SandboxConfig;
use super::answer::{Format, Object};
use super::call::{ASSUME_ROLE_WITH_OIDC, Call};
use super::fault::{FaultKind, Spelling};
use super::gate::{self, Claims, Nonces, RawRequest};
use super::key::Key;
use super::metadata;
use super::refusal::Refusal;
use super::truth::SeenRequest;
use super::world::{World, uuid};
use crate::model::Clock;

/// What goes back to the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) http_status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    pub(super) delivery: Delivery,
    /// How long the reply is held back, in milliseconds of real time.
    pub(super) held_ms: u64,
}

/// How much of a reply arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    /// All of it.
    Whole,
    /// The head and half of the body.
    Cut,
    /// Nothing: the connection ends.
    Nothing,
}

impl Reply {
    pub(super) fn new(http_status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self {
            http_status,
            headers: vec![("content-type", content_type.to_owned())],
            body,
            delivery: Delivery::Whole,
            held_ms: 0,
        }
    }
}

/// The simulated cloud without its network.
pub(super) struct Service {
    world: Arc<World>,
    signature_clock: Arc<dyn Clock>,
    rate_clock: Arc<dyn Clock>,
    nonces: Mutex<Nonces>,
    request_ids: Mutex<fastrand::Rng>,
}

/// Keeps the RequestIds of a seed apart from the ids that the world makes up from it.
const REQUEST_ID_STREAM: u64 = 0x5265_7175_6573_7449;

impl Service {
    pub(super) fn new(config: &SandboxConfig) -> Self {
        let clock = &config.clock;
        let world = World::new(Arc::clone(clock), config.seed);
        for key in &config.keys {
            world.add_key(key.clone());
        }
        Self {
            world: Arc::new(world),
            signature_clock: Arc::clone(config.signature_clock.as_ref().unwrap_or(clock)),
            rate_clock: Arc::clone(config.rate_clock.as_ref().unwrap_or(clock)),
            nonces: Mutex::default(),
            request_ids: Mutex::new(fastrand::Rng::with_seed(config.seed ^ REQUEST_ID_STREAM)),
        }
    }

    pub(super) fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// Answers one request and logs it.
    pub(super) fn reply(&self, raw: &RawRequest) -> Reply {
        if let Some(reply) = metadata::reply(&self.world, raw) {
            return reply;
        }
        let at = self.world.now();
        let claims = Claims::of(raw);
        let request_id = self.request_id();
        let page = Page {
            format: claims.format,
            host: raw.host(),
            request_id: &request_id,
        };
        let mut reply = match self.admit(raw, &claims) {
            Ok(admitted) => self.serve(&admitted, &page),
            Err(refusal) => page.error(&refusal),
        };
        reply.headers.push(("x-acs-request-id", request_id.clone()));
        self.world.log_request(SeenRequest {
            action: claims.action,
            parameters: claims.parameters,
            at,
            http_status: (reply.delivery != Delivery::Nothing).then_some(reply.http_status),
            request_id,
            access_key_id: claims.access_key_id,
        });
        reply
    }

    fn admit(&self, raw: &RawRequest, claims: &Claims) -> Result<Admitted, Refusal> {
        let now = self.signature_clock.now().plus_ms(self.world.ahead_ms());
        if claims.action == ASSUME_ROLE_WITH_OIDC && !claims.is_signed {
            let call = Call::read(&gate::check_unsigned(raw, now)?)?;
            return Ok(Admitted::unsigned(call));
        }
        let key = self.world.key(&claims.access_key_id);
        let signed = gate::check(raw, key.as_slice(), now)?;
        self.world.check_standing(&claims.access_key_id)?;
        // A panic between two changes could only leave a nonce that is remembered for too long.
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.spend(&signed, now)?;
        drop(nonces);
        if signed.asked.action == ASSUME_ROLE_WITH_OIDC {
            let message = "The specified action takes no signature.";
            return Err(Refusal::new(400, "UnsupportedOperation", message));
        }
        Ok(Admitted {
            call: Call::read(&signed.asked)?,
            key: signed.key.clone(),
            signing: vec![signed.string_to_sign, signed.signature],
        })
    }

    fn serve(&self, admitted: &Admitted, page: &Page<'_>) -> Reply {
        let Admitted { call, key, .. } = admitted;
        let counted_at = self.rate_clock.now().plus_ms(self.world.ahead_ms());
        if let Err(refused) = self.world.admit(&key.account_id, call.action(), counted_at) {
            return page.throttled(refused.retry_after_ms);
        }
        let fault = self.world.strike(call);
        let refused = fault
            .as_ref()
            .and_then(|fault| instead_of_call(fault, admitted, page));
        if let Some(reply) = refused {
            return reply;
        }
        let faithful = fault.as_ref().is_none_or(FaultKind::is_faithful);
        let result = self.world.answer(call, key, faithful);
        let mut reply = match result {
            Ok(mut body) => {
                if let Some(fault) = &fault {
                    fault.distort(call, &mut body);
                }
                page.success(call.action(), body)
            }
            Err(refusal) => page.error(&refusal),
        };
        if let Some(fault) = &fault {
            break_delivery(fault, &mut reply);
        }
        reply
    }

    fn request_id(&self) -> String {
        // The generator is whole after every call.
        let mut random = self
            .request_ids
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        uuid(&mut random).to_ascii_uppercase()
    }
}

/// A request that the gate let pass.
struct Admitted {
    call: Call,
    /// The key that signed it; that of nobody where nobody did.
    key: Key,
    /// What is secret about the signature.
    signing: Vec<String>,
}

impl Admitted {
    /// A call that bears no signature. It counts for the account whose role it asks for.
    fn unsigned(call: Call) -> Self {
        let account_id = match &call {
            Call::AssumeRoleWithOidc { request, .. } => request.account_id(),
            _ => "",
        };
        let key = Key {
            access_key_id: String::new(),
            access_key_secret: String::new(),
            security_token: None,
            account_id: account_id.to_owned(),
            arn: String::new(),
        };
        Self {
            call,
            key,
            signing: Vec::new(),
        }
    }
}

/// The page that an answer is written on.
struct Page<'a> {
    format: Format,
    host: &'a str,
    request_id: &'a str,
}

impl Page<'_> {
    fn throttled(&self, retry_after_ms: Option<u64>) -> Reply {
        let mut reply = self.error(&Refusal::throttled());
        let wait = retry_after_ms.map(|ms| ("x-acs-retry-after", ms.to_string()));
        reply.headers.extend(wait);
        reply
    }

    fn success(&self, action: &str, body: Object) -> Reply {
        let body = body.with("RequestId", self.request_id.to_owned());
        let body = self.format.write(&format!("{action}Response"), &body);
        Reply::new(200, self.format.content_type(), body)
    }

    fn error(&self, refusal: &Refusal) -> Reply {
        let recommend = format!(
            "https://api.aliyun.com/troubleshoot?q={}&requestId={}",
            refusal.code, self.request_id
        );
        let body = Object::new()
            .with("RequestId", self.request_id.to_owned())
            .with("HostId", self.host.to_owned())
            .with("Code", &refusal.code)
            .with("Message", &refusal.message)
            .with("Recommend", recommend);
        let body = self.format.write("Error", &body);
        Reply::new(refusal.http_status, self.format.content_type(), body)
    }
}

/// The reply of a fault that stands before the service, so that the call is not carried out; `None`
/// for those that let it be carried out.
fn instead_of_call(fault: &FaultKind, admitted: &Admitted, page: &Page<'_>) -> Option<Reply> {
    let error = |http_status, code: &str, message: &str| {
        page.error(&Refusal::new(http_status, code, message))
    };
    Some(match fault {
        FaultKind::Error {
            http_status,
            code,
            message,
        } => error(*http_status, code, message),
        FaultKind::Throttle { retry_after_ms } => page.throttled(*retry_after_ms),
        FaultKind::Denied => error(
            403,
            "Forbidden.RAM",
            "User not authorized to operate on the specified resource, \
             or this API doesn't support RAM.",
        ),
        FaultKind::ServiceUnavailable => error(
            503,
            "ServiceUnavailable",
            "The request has failed due to a temporary failure of the server.",
        ),
        FaultKind::BadGateway => {
            let body = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n\
                        <body><center><h1>502 Bad Gateway</h1></center></body>\r\n</html>\r\n";
            Reply::new(502, "text/html", body.into())
        }
        FaultKind::ProxyPage => {
            let body = "<!DOCTYPE html><html><body><h1>Sign in to the network</h1></body></html>";
            Reply::new(200, "text/html", body.into())
        }
        FaultKind::Redirect { location } => {
            let mut reply = Reply::new(302, "text/html", Vec::new());
            reply.headers.push(("location", location.clone()));
            reply
        }
        FaultKind::EchoSecrets(spellings) => {
            page.error(&Refusal::signature_mismatch(&echo(admitted, spellings)))
        }
        FaultKind::Disconnect { carried_out: false } => {
            let mut reply = Reply::new(500, "text/plain", Vec::new());
            reply.delivery = Delivery::Nothing;
            reply
        }
        FaultKind::Disconnect { carried_out: true }
        | FaultKind::EmptyBody
        | FaultKind::NullBody
        | FaultKind::CutBody
        | FaultKind::GarbledBody
        | FaultKind::BrokenJson
        | FaultKind::Oversized { .. }
        | FaultKind::Hang { .. }
        | FaultKind::WrongEntity
        | FaultKind::UnknownWord(_)
        | FaultKind::UnknownField { .. } => return None,
    })
}

/// Breaks a reply after the call was carried out.
fn break_delivery(fault: &FaultKind, reply: &mut Reply) {
    match fault {
        FaultKind::EmptyBody => reply.body.clear(),
        FaultKind::NullBody => reply.body = b"null".to_vec(),
        FaultKind::CutBody => reply.delivery = Delivery::Cut,
        FaultKind::GarbledBody => {
            let middle = reply.body.len() / 2;
            // No byte of a UTF-8 text is 0xFF.
            reply.body[middle] = 0xff;
        }
        FaultKind::BrokenJson => {
            let text = String::from_utf8_lossy(&reply.body);
            let kept: String = text.chars().take(text.chars().count() / 2).collect();
            reply.body = kept.into_bytes();
        }
        // Blanks at the end change neither JSON nor XML.
        FaultKind::Oversized { bytes } => {
            let length = reply.body.len().max(*bytes);
            reply.body.resize(length, b' ');
        }
        FaultKind::Disconnect { .. } => reply.delivery = Delivery::Nothing,
        FaultKind::Hang { ms } => reply.held_ms = *ms,
        _ => {}
    }
}

/// Everything secret about a request, in each spelling.
fn echo(admitted: &Admitted, spellings: &[Spelling]) -> String {
    let key = &admitted.key;
    let token = key.security_token.as_deref().unwrap_or_default();
    let mut secrets: Vec<_> = admitted.signing.iter().map(String::as_str).collect();
    secrets.extend([&*key.access_key_id, &*key.access_key_secret, token]);
    let mut echo = String::new();
    for spelling in spellings {
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            echo.push_str(&spell(secret, *spelling));
            echo.push('\n');
        }
    }
    echo
}

fn spell(text: &str, spelling: Spelling) -> String {
    let hex = |separator: &str| {
        let bytes = text.bytes().map(|byte| format!("{byte:02x}"));
        bytes.collect::<Vec<_>>().join(separator)
    };
    match spelling {
        Spelling::Plain => text.to_owned(),
        Spelling::Percent => gate::encode(text),
        Spelling::PercentTwice => gate::encode(&gate::encode(text)),
        Spelling::Base64 => STANDARD.encode(text),
        Spelling::Hex => hex(""),
        Spelling::SpacedHex => hex(" "),
    }
}

#[cfg(test)]
mod tests;
