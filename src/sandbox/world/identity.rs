//! Whose key it is, as GetCallerIdentity says it. Pure.

use crate::sandbox::answer::Object;
use crate::sandbox::key::Key;

/// The body of GetCallerIdentity.
pub(super) fn answer(key: &Key) -> Object {
    let resource = key.arn.rsplit(':').next().unwrap_or_default();
    let kind = match resource.split('/').next() {
        Some("root") => "Account",
        Some("assumed-role") => "AssumedRoleUser",
        _ => "RAMUser",
    };
    // Made up, but like the real ones a number that stays the same for the same identity.
    let own_id = format!("3{}", &key.account_id.chars().rev().collect::<String>());
    let identity = Object::new()
        .with("AccountId", &key.account_id)
        .with("Arn", &key.arn)
        .with("IdentityType", kind);
    match kind {
        "Account" => identity
            .with("PrincipalId", &key.account_id)
            .with("UserId", &key.account_id),
        "AssumedRoleUser" => {
            let session = resource.rsplit('/').next().unwrap_or_default();
            identity
                .with("PrincipalId", format!("{own_id}:{session}"))
                .with("RoleId", own_id)
        }
        _ => identity
            .with("PrincipalId", own_id.clone())
            .with("UserId", own_id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::answer::write_json;

    fn shown(resource: &str) -> String {
        let key = Key {
            account_id: "1234567890123456".to_owned(),
            arn: format!("acs:ram::1234567890123456:{resource}"),
            ..Key::default()
        };
        write_json(&answer(&key))
    }

    #[test]
    fn each_kind_of_identity_has_its_fields() {
        let root = shown("root");
        assert!(root.contains(r#""IdentityType":"Account""#));
        assert!(root.ends_with(r#""PrincipalId":"1234567890123456","UserId":"1234567890123456"}"#));
        let user = shown("user/alice");
        assert!(user.contains(r#""Arn":"acs:ram::1234567890123456:user/alice""#));
        assert!(user.contains(r#""IdentityType":"RAMUser""#));
        let role = shown("assumed-role/auditor/session-1");
        assert!(role.contains(r#""IdentityType":"AssumedRoleUser""#));
        assert!(role.contains(r#":session-1","RoleId":"#) && !role.contains("UserId"));
    }
}
