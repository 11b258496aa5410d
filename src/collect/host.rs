//! Who and where we are, for the record: names of the user and of the machine.

/// The user of the operating system: its name where the environment has one, else its number.
pub fn user_name(environment: &dyn Fn(&str) -> Option<String>) -> String {
    ["USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| environment(name).filter(|value| !value.is_empty()))
        .or_else(|| user_number().map(|number| format!("uid {number}")))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The number of the user, as the kernel tells it.
fn user_number() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    line.split_whitespace().next().map(str::to_owned)
}

/// The name of the machine.
pub fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_may_be_empty() {
        assert_eq!(
            user_name(&|name| (name == "USER").then(|| "ops".to_owned())),
            "ops"
        );
        assert!(user_name(&|_| None).starts_with("uid "));
        assert!(!host_name().is_empty());
    }
}
