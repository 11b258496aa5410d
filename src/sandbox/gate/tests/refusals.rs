//! What each thing that is wrong with a request is called, and what comes first.

use super::*;

fn without_header(raw: &RawRequest, name: &str) -> RawRequest {
    let mut raw = raw.clone();
    raw.headers.retain(|(header, _)| header != name);
    raw
}

#[test]
fn each_missing_parameter_or_header_is_named() {
    let v1 = named("sdk-ros-get-operation");
    let query = String::from_utf8(v1.raw.query.clone()).unwrap();
    for name in [
        "Action",
        "Version",
        "Timestamp",
        "SignatureNonce",
        "SignatureMethod",
        "SignatureVersion",
        "AccessKeyId",
        "Signature",
    ] {
        let kept = query
            .split('&')
            .filter(|p| p.split('=').next() != Some(name));
        let mut raw = v1.raw.clone();
        raw.query = kept.collect::<Vec<_>>().join("&").into();
        let refusal = v1.check(&raw).unwrap_err();
        assert_eq!(refusal.code, "MissingParameter");
        assert!(refusal.message.starts_with(&format!("{name} ")));
    }
    let v3 = named("sdk-ros-list-results");
    for name in [
        "host",
        "x-acs-action",
        "x-acs-version",
        "x-acs-date",
        "x-acs-signature-nonce",
        "x-acs-content-sha256",
    ] {
        let refusal = v3.check(&without_header(&v3.raw, name)).unwrap_err();
        assert_eq!(refusal.code, "MissingParameter");
        assert!(refusal.message.starts_with(name));
    }
}

#[test]
fn method_path_and_algorithm_are_checked_first() {
    let v3 = named("sdk-ros-list-results");
    let mut raw = v3.raw.clone();
    raw.method = "PUT".to_owned();
    assert_eq!(v3.code(&raw), "UnsupportedHTTPMethod");
    let mut raw = v3.raw.clone();
    raw.path = "/V2/ListStackGroupOperationResults".to_owned();
    assert_eq!(v3.code(&raw), "InvalidApi.NotFound");
    let mut raw = v3.raw.clone();
    *header_mut(&mut raw, "authorization") = b"ACS3-HMAC-SM3 Credential=a".to_vec();
    assert_eq!(v3.code(&raw), "IncompleteSignature");
    let mut raw = v3.raw.clone();
    raw.method = "GET".to_owned();
    assert_eq!(v3.code(&raw), "SignatureDoesNotMatch");
}

#[test]
fn keys_and_tokens_are_told_apart() {
    let mut plain = named("sdk-ros-list-results");
    plain.keys[0].security_token = Some("token".to_owned());
    let mismatch = "InvalidSecurityToken.MismatchWithAccessKey";
    assert_eq!(plain.code(&plain.raw), mismatch, "the token is missing");
    plain.keys[0].access_key_id = "other".to_owned();
    assert_eq!(plain.code(&plain.raw), "InvalidAccessKeyId.NotFound");

    let mut temporary = named("sdk-sts-caller-identity-v3-sts");
    let mut raw = temporary.raw.clone();
    *header_mut(&mut raw, "x-acs-security-token") = b"two words".to_vec();
    assert_eq!(temporary.code(&raw), "InvalidSecurityToken.Malformed");
    temporary.keys[0].security_token = Some("CAISother".to_owned());
    assert_eq!(temporary.code(&temporary.raw), mismatch);
    temporary.keys[0].security_token = None;
    assert_eq!(temporary.code(&temporary.raw), mismatch, "of no use here");
}

#[test]
fn the_window_is_fifteen_minutes_on_either_side() {
    for name in ["sdk-ros-get-operation", "sdk-ros-list-results"] {
        let request = named(name);
        let code_at = |offset_ms: i64| {
            let now = captured_at().plus_ms(offset_ms);
            check(&request.raw, &request.keys, now)
                .err()
                .map(|r| r.code)
        };
        for side in [-1, 1] {
            assert_eq!(code_at(side * SIGNATURE_WINDOW_MS), None);
            let outside = code_at(side * (SIGNATURE_WINDOW_MS + 1));
            assert_eq!(outside.as_deref(), Some("InvalidTimeStamp.Expired"));
        }
    }
}

#[test]
fn timestamps_have_one_form() {
    let now = captured_at();
    assert_eq!(read_timestamp("2026-01-02T03:04:05Z", now), Ok(now));
    for other in [
        "2026-01-02T03:04:05.000Z",
        "2026-01-02T03:04:05+00:00",
        "2026-01-02T03:04:5Z",
        "2026-13-02T03:04:05Z",
        "20260102T030405Z",
        "2026-01-02 03:04:05Z",
        "",
    ] {
        let code = read_timestamp(other, now).unwrap_err().code;
        assert_eq!(code, "InvalidTimeStamp.Format", "{other}");
    }
}

#[test]
fn signed_headers_have_to_cover_what_matters() {
    let request = named("sdk-bpstudio-result-v3");
    let authorization = request.raw.header("authorization").unwrap().to_owned();
    for name in [
        "host",
        "content-type",
        "x-acs-action",
        "x-acs-content-sha256",
    ] {
        let mut raw = request.raw.clone();
        let without = authorization.replace(&format!("{name};"), "");
        assert_ne!(without, authorization);
        *header_mut(&mut raw, "authorization") = without.into();
        let refusal = request.check(&raw).unwrap_err();
        assert_eq!(refusal.code, "IncompleteSignature");
        assert!(refusal.message.contains(&format!("does not name {name}")));
    }
    let mut raw = request.raw.clone();
    raw.headers.push(("x-acs-new".to_owned(), b"1".to_vec()));
    assert_eq!(request.code(&raw), "IncompleteSignature", "not signed");
    let mut raw = request.raw.clone();
    let twice = (
        String::from("x-acs-action"),
        b"GetExecuteOperationResult".to_vec(),
    );
    raw.headers.push(twice);
    assert_eq!(request.code(&raw), "MissingParameter", "twice is not once");
    let mut raw = request.raw.clone();
    let unsorted = authorization.replace("accept;content-type", "content-type;accept");
    *header_mut(&mut raw, "authorization") = unsorted.into();
    assert_eq!(request.code(&raw), "IncompleteSignature");
}

#[test]
fn a_wrong_signature_is_told_what_the_server_has_signed() {
    let v1 = named("sdk-alidns-count-sts");
    let mut raw = v1.raw.clone();
    let query = String::from_utf8(raw.query).unwrap();
    raw.query = query.replace("Lang=en", "Lang=zh").into();
    let refusal = v1.check(&raw).unwrap_err();
    assert_eq!(refusal.code, "SignatureDoesNotMatch");
    assert!(
        refusal
            .message
            .contains("server string to sign is:POST&%2F&AccessKeyId%3DSTS.testid%26")
    );
    assert!(
        refusal
            .message
            .contains("SecurityToken%3DCAIS%252Babc%252Fdef"),
        "the echo holds the token"
    );
}

#[test]
fn a_nonce_is_spent_once_for_as_long_as_its_timestamp_lives() {
    let request = named("sdk-ros-list-results");
    let signed = check(&request.raw, &request.keys, captured_at()).unwrap();
    let mut nonces = Nonces::default();
    let mut code_at = |offset_ms| {
        let now = captured_at().plus_ms(offset_ms);
        nonces.spend(&signed, now).err().map(|refusal| refusal.code)
    };
    assert_eq!(code_at(0), None);
    let used = Some("SignatureNonceUsed".to_owned());
    assert_eq!(code_at(0), used);
    assert_eq!(code_at(SIGNATURE_WINDOW_MS), used);
    assert_eq!(code_at(SIGNATURE_WINDOW_MS + 1), None, "forgotten");
}

#[test]
fn what_a_request_claims_is_read_without_belief() {
    let v1 = named("sdk-bpstudio-result");
    let claims = Claims::of(&v1.raw);
    assert_eq!(claims.format, Format::Json);
    assert_eq!(claims.action, "GetExecuteOperationResult");
    assert_eq!(claims.access_key_id, "testid");
    let parameter = ("OperationId".to_owned(), "op_test ecs+*~/域".to_owned());
    assert_eq!(claims.parameters, [parameter]);
    let v3 = named("sdk-ros-list-results");
    assert_eq!(Claims::of(&v3.raw).format, Format::Json);
    let raw = without_header(&v3.raw, "accept");
    assert_eq!(Claims::of(&raw).format, Format::Xml);
}
