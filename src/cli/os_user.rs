//! Who types: the name that leaves bear.

use std::ffi::OsString;

/// The user of the operating system: USER, else LOGNAME, else the number of the process's owner. What
/// the environment says is what the user says; it is a signature on a note, not a proof.
pub fn os_user() -> String {
    name(&|name| std::env::var_os(name), owner())
}

fn name(variable: &dyn Fn(&str) -> Option<OsString>, owner: Option<u32>) -> String {
    ["USER", "LOGNAME"]
        .into_iter()
        .filter_map(|name| variable(name)?.into_string().ok())
        .find(|text| !text.trim().is_empty())
        .or_else(|| owner.map(|uid| format!("uid {uid}")))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// Linux shows a process's files as those of its effective user (proc(5)).
fn owner() -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").ok().map(|meta| meta.uid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_before_numbers() {
        let of = |user: &'static str, logname: &'static str| {
            name(
                &move |name| match name {
                    "USER" => Some(user.into()),
                    "LOGNAME" => Some(logname.into()),
                    _ => None,
                },
                Some(1000),
            )
        };
        assert_eq!(of("ann", "bob"), "ann");
        assert_eq!(of("", "bob"), "bob");
        assert_eq!(of("", " "), "uid 1000");
        assert_eq!(name(&|_| None, None), "unknown");
    }
}
