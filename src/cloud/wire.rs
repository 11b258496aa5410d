//! One request as it goes out: query, headers and body, signed. Pure: the instant and the nonce come
//! in.
//!
//! V3 carries action, version and signature in headers and asks for JSON by `accept`; V1 carries
//! them in the query and asks by `Format`. Business parameters travel where the official SDKs put
//! them ([`Placement`]).

use crate::model::UtcMillis;
use crate::services::{Placement, Request};

use super::credentials::{Credentials, Secret};
use super::sign::{SignatureVersion, canonical_query, form_encode, percent_encode, v1, v3};

/// The one method in use; it is part of what is signed.
const METHOD: &str = "POST";
/// How this program names itself.
const USER_AGENT: &str = concat!("optrail/", env!("CARGO_PKG_VERSION"));

/// A request but for its address. Path is `/`, method is POST.
pub(super) struct WireRequest {
    /// The encoded query, without `?`. With V1 it holds signature and token.
    pub(super) query: String,
    /// Headers, names lower case.
    pub(super) headers: Vec<(&'static str, String)>,
    /// The body; empty where all parameters stand in the query.
    pub(super) body: String,
    /// The signature alone: what an answer must not echo into evidence. Empty where nothing is signed.
    pub(super) signature: Secret,
}

/// What makes this attempt unlike every other.
pub(super) struct Stamp<'a> {
    /// Now.
    pub(super) at: UtcMillis,
    /// A nonce that was never used.
    pub(super) nonce: &'a str,
}

/// Signs one attempt at `request` for the host named in its `host` header.
pub(super) fn sign(
    version: SignatureVersion,
    request: &Request,
    host: &str,
    credentials: &Credentials,
    stamp: &Stamp<'_>,
) -> WireRequest {
    match version {
        SignatureVersion::V3 => sign_v3(request, host, credentials, stamp),
        SignatureVersion::V1 => sign_v1(request, host, credentials, stamp),
    }
}

fn sign_v3(
    request: &Request,
    host: &str,
    credentials: &Credentials,
    stamp: &Stamp<'_>,
) -> WireRequest {
    let (query, body) = placed(request);
    let payload_hash = v3::payload_hash(body.as_bytes());
    let mut headers = transport_headers(host, &body);
    headers.extend([
        ("x-acs-action", request.action.as_str().to_owned()),
        ("x-acs-version", request.service().api_version().to_owned()),
        ("x-acs-date", stamp.at.to_seconds_text()),
        ("x-acs-signature-nonce", stamp.nonce.to_owned()),
        ("x-acs-content-sha256", payload_hash.clone()),
    ]);
    let access_key_id = credentials.access_key_id();
    if let Some(token) = credentials.security_token() {
        headers.push(("x-acs-accesskey-id", access_key_id.to_owned()));
        headers.push(("x-acs-security-token", token.expose().to_owned()));
    }
    let signed: Vec<_> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .filter(|(name, _)| v3::is_signed_by_us(name))
        .collect();
    let parts = v3::Parts {
        method: METHOD,
        query: &query,
        headers: &signed,
        payload_hash: &payload_hash,
    };
    let secret = credentials.access_key_secret().expose();
    let authorization = parts.authorization(access_key_id, secret);
    // The signature is the last part of the header.
    let signature = authorization
        .rsplit('=')
        .next()
        .unwrap_or_default()
        .to_owned();
    headers.push(("authorization", authorization));
    WireRequest {
        query: canonical_query(&query),
        headers,
        body,
        signature: Secret::new(signature),
    }
}

fn sign_v1(
    request: &Request,
    host: &str,
    credentials: &Credentials,
    stamp: &Stamp<'_>,
) -> WireRequest {
    let (mut query, body) = placed(request);
    let timestamp = stamp.at.to_seconds_text();
    query.extend([
        ("Action", request.action.as_str()),
        ("Version", request.service().api_version()),
        ("Format", "JSON"),
        ("Timestamp", &timestamp),
        ("SignatureNonce", stamp.nonce),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("AccessKeyId", credentials.access_key_id()),
    ]);
    if let Some(token) = credentials.security_token() {
        query.push(("SecurityToken", token.expose()));
    }
    let mut signed = query.clone();
    if request.placement() == Placement::Form {
        signed.extend(business_parameters(request));
    }
    let text = v1::string_to_sign(METHOD, &signed);
    let signature = v1::signature(credentials.access_key_secret().expose(), &text);
    WireRequest {
        query: format!(
            "{}&Signature={}",
            canonical_query(&query),
            percent_encode(&signature)
        ),
        headers: transport_headers(host, &body),
        body,
        signature: Secret::new(signature),
    }
}

/// One attempt at `request` for which no key is needed, as the official libraries send it: what names the
/// call in the query, its parameters in the body, so that no token stands in a URL.
pub(super) fn unsigned(request: &Request, host: &str, stamp: &Stamp<'_>) -> WireRequest {
    let body = form_encode(&business_parameters(request));
    let timestamp = stamp.at.to_seconds_text();
    let query = [
        ("Action", request.action.as_str()),
        ("Version", request.service().api_version()),
        ("Format", "JSON"),
        ("Timestamp", &timestamp),
        ("SignatureNonce", stamp.nonce),
    ];
    WireRequest {
        query: canonical_query(&query),
        headers: transport_headers(host, &body),
        body,
        signature: Secret::new(String::new()),
    }
}

/// Parameters of the query and the encoded body, by the placement of the service.
fn placed(request: &Request) -> (Vec<(&str, &str)>, String) {
    let parameters = business_parameters(request);
    match request.placement() {
        Placement::Query => (parameters, String::new()),
        Placement::Form => (Vec::new(), form_encode(&parameters)),
    }
}

fn business_parameters(request: &Request) -> Vec<(&str, &str)> {
    request
        .parameters
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect()
}

/// What both signature versions send along.
fn transport_headers(host: &str, body: &str) -> Vec<(&'static str, String)> {
    let mut headers = vec![
        ("host", host.to_owned()),
        ("accept", "application/json".to_owned()),
        // Evidence is the bytes on the wire: none are asked for that must be unpacked first.
        ("accept-encoding", "identity".to_owned()),
        ("user-agent", USER_AGENT.to_owned()),
        // Said even of an empty body, as the SDKs do: some gateways refuse a POST without it.
        ("content-length", body.len().to_string()),
    ];
    if !body.is_empty() {
        let form = "application/x-www-form-urlencoded".to_owned();
        headers.push(("content-type", form));
    }
    headers
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::Secret;
    use super::*;
    use crate::model::Action;

    /// 2026-01-02T03:04:05.999Z.
    const AT: UtcMillis = UtcMillis(1_767_323_045_999);

    fn credentials(id: &str, token: Option<&str>) -> Credentials {
        let secret = Secret::new("testsecret".to_owned());
        let token = token.map(|text| Secret::new(text.to_owned()));
        Credentials::new(id, secret, token, "a test").unwrap()
    }

    fn get_operation() -> Request {
        Request {
            action: Action::GetStackGroupOperation,
            parameters: vec![
                ("RegionId", "cn-hangzhou".to_owned()),
                (
                    "OperationId",
                    "6da106ca-1784-4a6f-a7e1-e723863d0000".to_owned(),
                ),
            ],
        }
    }

    fn execute_result(id: &str) -> Request {
        Request {
            action: Action::GetExecuteOperationResult,
            parameters: vec![
                ("OperationId", id.to_owned()),
                ("ResourceGroupId", "rg-test".to_owned()),
            ],
        }
    }

    fn signed(
        version: SignatureVersion,
        request: &Request,
        host: &str,
        nonce: &str,
    ) -> WireRequest {
        let stamp = Stamp { at: AT, nonce };
        sign(version, request, host, &credentials("testid", None), &stamp)
    }

    fn header<'w>(wire: &'w WireRequest, name: &str) -> Option<&'w str> {
        wire.headers
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, value)| value.as_str())
    }

    fn ends_with_signature(wire: &WireRequest, signature: &str) -> bool {
        header(wire, "authorization").is_some_and(|value| value.ends_with(signature))
    }

    // The signatures below are those of the vectors ros-get-operation, bpstudio-form-body and
    // security-token: our own requests have exactly their canonical form.

    #[test]
    fn v3_puts_ros_parameters_in_the_query() {
        let nonce = "6f2b7c1e00004000800000000000a001";
        let wire = signed(
            SignatureVersion::V3,
            &get_operation(),
            "ros.aliyuncs.com",
            nonce,
        );
        assert_eq!(
            wire.query,
            "OperationId=6da106ca-1784-4a6f-a7e1-e723863d0000&RegionId=cn-hangzhou"
        );
        assert_eq!(wire.body, "");
        assert_eq!(header(&wire, "content-length"), Some("0"));
        assert_eq!(header(&wire, "content-type"), None);
        assert!(ends_with_signature(
            &wire,
            "Signature=9d0e9857ef27049adaf09a1e8787732def1da5dbd99c2a43fc5094eb78eb8aff"
        ));
    }

    #[test]
    fn v3_puts_bpstudio_parameters_in_the_body() {
        let request = execute_result("op_test ecs+*~/域");
        let host = "bpstudio.cn-hangzhou.aliyuncs.com";
        let nonce = "6f2b7c1e00004000800000000000a002";
        let wire = signed(SignatureVersion::V3, &request, host, nonce);
        assert_eq!(wire.query, "");
        assert_eq!(
            wire.body,
            "OperationId=op_test+ecs%2B%2A~%2F%E5%9F%9F&ResourceGroupId=rg-test"
        );
        assert!(ends_with_signature(
            &wire,
            "Signature=dae049a85495207d2a6bfcaa4a998e0407b3b8890ab3720cd6e19b5db65a2e14"
        ));
    }

    #[test]
    fn v3_signs_the_token_of_a_temporary_key() {
        let request = Request {
            action: Action::GetCallerIdentity,
            parameters: Vec::new(),
        };
        let stamp = Stamp {
            at: AT,
            nonce: "6f2b7c1e00004000800000000000a003",
        };
        let credentials = credentials("STS.testid", Some("CAIS+abc/def==tok~en"));
        let host = "sts.cn-hangzhou.aliyuncs.com";
        let wire = sign(SignatureVersion::V3, &request, host, &credentials, &stamp);
        assert_eq!(wire.query, "");
        assert!(ends_with_signature(
            &wire,
            "Signature=b909135df20f2c91b4a4e843f50186f5d1e0d91c6caa7c555512c805017c5675"
        ));
    }

    #[test]
    fn v1_signs_query_and_form_together_and_sends_them_apart() {
        let request = execute_result("op_test_ecs_modifyInstanceType_A_B");
        let nonce = "6f2b7c1e-0000-4000-8000-000000000004";
        let wire = signed(SignatureVersion::V1, &request, "h", nonce);
        assert!(
            wire.query
                .starts_with("AccessKeyId=testid&Action=GetExecuteOperationResult&Format=JSON&")
        );
        assert!(
            wire.query
                .ends_with("&Signature=Xqno5%2BUmwkYH4ZOMcK4sSIn463I%3D")
        );
        assert!(!wire.query.contains("OperationId"));
        assert_eq!(
            wire.body,
            "OperationId=op_test_ecs_modifyInstanceType_A_B&ResourceGroupId=rg-test"
        );
        assert_eq!(header(&wire, "authorization"), None);
    }

    #[test]
    fn v1_signs_the_form_of_a_call_for_credentials() {
        // The signature is that of the vector sts-assume-role-query-and-form.
        let policy = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["ros:Get*","ros:List*"],"Resource":"*"}]}"#;
        let request = Request {
            action: Action::AssumeRole,
            parameters: vec![
                (
                    "RoleArn",
                    "acs:ram::1234567890123456:role/audit-reader".to_owned(),
                ),
                ("RoleSessionName", "audit@host-1".to_owned()),
                ("DurationSeconds", "3600".to_owned()),
                ("Policy", policy.to_owned()),
            ],
        };
        let nonce = "6f2b7c1e-0000-4000-8000-000000000008";
        let wire = signed(SignatureVersion::V1, &request, "h", nonce);
        assert!(
            wire.query
                .ends_with("&Signature=TvQrspcb0XcreFFMgFvqA5%2BS9qA%3D")
        );
        assert!(
            wire.body
                .starts_with("RoleArn=acs%3Aram%3A%3A1234567890123456")
        );
    }

    #[test]
    fn an_unsigned_call_has_the_parameters_of_the_sdk_and_no_token_in_its_url() {
        let vectors = include_str!("../../tests/data/signature-vectors.json");
        let vectors: serde_json::Value = serde_json::from_str(vectors).unwrap();
        let vector = vectors["sdk_requests"]
            .as_array()
            .unwrap()
            .iter()
            .find(|v| v["name"] == "sdk-sts-assume-role-with-oidc-unsigned")
            .unwrap();
        let (_, query) = vector["url"].as_str().unwrap().split_once('?').unwrap();
        let request = Request {
            action: Action::AssumeRoleWithOidc,
            parameters: vec![
                ("OIDCProviderArn", "acs:ram::1:oidc-provider/p".to_owned()),
                ("OIDCToken", "t.o-k_n".to_owned()),
                ("RoleArn", "acs:ram::1:role/r".to_owned()),
                ("RoleSessionName", "s".to_owned()),
            ],
        };
        let nonce = "6f2b7c1e00004000800000000000b008";
        let wire = unsigned(&request, "h", &Stamp { at: AT, nonce });
        assert_eq!(
            wire.query.split('&').collect::<Vec<_>>()[0],
            "Action=AssumeRoleWithOIDC"
        );
        assert!(!wire.query.contains("OIDCToken") && !wire.query.contains("Signature="));
        let sorted = |text: &str| {
            let mut parts: Vec<String> = text.split('&').map(str::to_owned).collect();
            parts.sort();
            parts
        };
        let ours = format!("{}&{}", wire.query, wire.body);
        let theirs = query.replace("Format=json", "Format=JSON");
        assert_eq!(sorted(&ours), sorted(&theirs));
    }
}
