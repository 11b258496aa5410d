//! The metadata service of an ECS instance, and a credentials URI: two places that hand out the
//! temporary credentials of a role to whoever asks.
//!
//! On the real machine the one listens on 100.100.100.200; here both are paths of the sandbox's
//! own address. Only the way in is here, the credentials are the world's.

use super::answer::{Object, write_json};
use super::gate::RawRequest;
use super::service::{Delivery, Reply};
use super::world::{World, credentials};

/// Path of the credentials URI.
pub const CREDENTIALS_URI_PATH: &str = "/credentials-uri";

const TOKEN_PATH: &str = "/latest/api/token";
const ROLES_PATH: &str = "/latest/meta-data/ram/security-credentials/";
const TTL_HEADER: &str = "x-aliyun-ecs-metadata-token-ttl-seconds";
const TOKEN_HEADER: &str = "x-aliyun-ecs-metadata-token";

/// Longest life of a token, in seconds: six hours.
const TTL_MAX_S: i64 = 21_600;

/// What the two hand out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The role of the instance, one that the world has.
    pub role_arn: String,
    /// How long its credentials last, in seconds.
    pub duration_s: u32,
    /// Whether it also answers without a token (version 1).
    pub allows_v1: bool,
    /// Whether it knows tokens (version 2).
    pub knows_v2: bool,
    /// How it fails, if it does.
    pub failure: Option<MetadataFailure>,
}

impl Metadata {
    /// The credentials of that role for an hour, by either version.
    pub fn of(role_arn: impl Into<String>) -> Self {
        Self {
            role_arn: role_arn.into(),
            duration_s: 3600,
            allows_v1: true,
            knows_v2: true,
            failure: None,
        }
    }
}

/// How a metadata service fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataFailure {
    /// This HTTP status, without a body.
    Status(u16),
    /// The connection ends.
    Disconnect,
    /// The answer comes so many milliseconds late.
    Late(u64),
    /// `Code` is not `Success`.
    Code,
    /// The answer is no JSON.
    Garbage,
    /// Credentials whose time is over already.
    Expired,
}

/// One request to the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenMetadataRequest {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// Whether it bore a token that is right.
    pub has_token: bool,
    /// Status of the answer; `None`: the connection ended.
    pub http_status: Option<u16>,
}

/// The reply to a request for one of the two; `None` where the path is neither's.
pub(super) fn reply(world: &World, raw: &RawRequest) -> Option<Reply> {
    let is_uri = raw.path == CREDENTIALS_URI_PATH;
    if !is_uri && !raw.path.starts_with("/latest/") {
        return None;
    }
    let has_token = world.knows_metadata_token(raw.header(TOKEN_HEADER).unwrap_or_default());
    let reply = match world.metadata() {
        None => text(404, String::new()),
        Some(metadata) => answer(world, raw, &metadata, has_token),
    };
    world.log_metadata(SeenMetadataRequest {
        method: raw.method.clone(),
        path: raw.path.clone(),
        has_token,
        http_status: (reply.delivery != Delivery::Nothing).then_some(reply.http_status),
    });
    Some(reply)
}

fn answer(world: &World, raw: &RawRequest, metadata: &Metadata, has_token: bool) -> Reply {
    let mut held_ms = 0;
    match metadata.failure {
        Some(MetadataFailure::Status(status)) => return text(status, String::new()),
        Some(MetadataFailure::Disconnect) => {
            let mut reply = text(500, String::new());
            reply.delivery = Delivery::Nothing;
            return reply;
        }
        Some(MetadataFailure::Late(ms)) => held_ms = ms,
        Some(MetadataFailure::Code | MetadataFailure::Garbage | MetadataFailure::Expired)
        | None => {}
    }
    let role = metadata.role_arn.rsplit('/').next().unwrap_or_default();
    let may_read = has_token || (metadata.allows_v1 && raw.header(TOKEN_HEADER).is_none());
    let mut reply = match (&*raw.method, &*raw.path) {
        ("PUT", TOKEN_PATH) if metadata.knows_v2 => match ttl_s(raw) {
            Some(ttl_s) => text(200, world.issue_metadata_token(ttl_s)),
            None => text(400, String::new()),
        },
        ("GET", CREDENTIALS_URI_PATH) => credentials_of(world, metadata),
        ("GET", path) if path.starts_with(ROLES_PATH) && !may_read => text(403, String::new()),
        ("GET", ROLES_PATH) => text(200, role.to_owned()),
        ("GET", path) if path.strip_prefix(ROLES_PATH) == Some(role) => {
            credentials_of(world, metadata)
        }
        _ => text(404, String::new()),
    };
    reply.held_ms = held_ms;
    reply
}

fn ttl_s(raw: &RawRequest) -> Option<i64> {
    let ttl_s: i64 = raw.header(TTL_HEADER)?.parse().ok()?;
    (1..=TTL_MAX_S).contains(&ttl_s).then_some(ttl_s)
}

fn credentials_of(world: &World, metadata: &Metadata) -> Reply {
    let duration_s = match metadata.failure {
        Some(MetadataFailure::Expired) => 0,
        _ => metadata.duration_s,
    };
    let Some(issued) = world.issue_for_instance(&metadata.role_arn, duration_s) else {
        return text(404, String::new());
    };
    let code = match metadata.failure {
        Some(MetadataFailure::Code) => "AssumeRoleUnauthorized",
        _ => "Success",
    };
    let mut body = match code {
        "Success" => credentials(&issued),
        _ => Object::new(),
    };
    body = body
        .with("LastUpdated", world.now().to_seconds_text())
        .with("Code", code);
    match metadata.failure {
        Some(MetadataFailure::Garbage) => text(200, "{\"AccessKeyId\":".to_owned()),
        _ => text(200, write_json(&body)),
    }
}

fn text(http_status: u16, body: String) -> Reply {
    Reply::new(http_status, "text/plain", body.into_bytes())
}
