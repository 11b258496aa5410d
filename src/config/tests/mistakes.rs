//! What is wrong with a file is said with file, line and key, and without the value.

use super::*;

fn complaint(text: &str) -> String {
    let error = of_file(text).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{SYSTEM}:")), "{error}");
    error.replace(SYSTEM, "FILE")
}

#[test]
fn fault_66_an_unknown_key_names_the_nearest() {
    assert_eq!(
        complaint("[collect]\nevery = \"5m\"\ndedline = \"1s\"\n"),
        "FILE:3: unknown key 'collect.dedline'; did you mean 'deadline'?"
    );
    assert_eq!(
        complaint("databse = \"x\"\n"),
        "FILE:1: unknown key 'databse'; did you mean 'database'?"
    );
    assert_eq!(
        complaint("[[account]]\nnaem = \"x\"\n"),
        "FILE:2: unknown key 'account.naem'; did you mean 'name'?"
    );
    assert_eq!(
        complaint("[[account]]\n[[account.watch]]\nkind = \"alidns\"\nregion = \"x\"\n"),
        "FILE:4: unknown key 'account.watch.region'"
    );
    assert_eq!(complaint("zzz = 1\n"), "FILE:1: unknown key 'zzz'");
    assert_eq!(
        complaint("\n[collect]\nzz = 1\naa = 1"),
        "FILE:3: unknown key 'collect.zz'"
    );
}

#[test]
fn fault_66_what_is_not_written_as_keys_are_is_not_repeated() {
    let unknown =
        "FILE:1: unknown key (not repeated here, as keys are written with a-z, '_' and '-')";
    let long = "x".repeat(61);
    for key in ["LTAI5tHunter2", "\"the pass = hunter2\"", "hunter2", &long] {
        assert_eq!(complaint(&format!("{key} = 1\n")), unknown);
    }
    // Where a known key is meant, it is named.
    assert_eq!(
        complaint("Collect = 1\n"),
        format!("{unknown}; did you mean 'collect'?")
    );
    let secret = complaint("\"secret=hunter2\" = 1\n");
    assert!(
        secret.starts_with("FILE:1: (not repeated here, as keys are written"),
        "{secret}"
    );
    assert!(secret.contains("credentials do not belong"), "{secret}");
    assert!(!secret.contains("hunter2"), "{secret}");
}

#[test]
fn fault_66_secrets_are_told_where_they_belong_and_never_repeated() {
    for key in [
        "access_key_secret",
        "AccessKeySecret",
        "access-key-id",
        "sts_token",
        "security_token",
        "password",
        "private_key",
    ] {
        for text in [
            format!("{key} = \"hunter2\"\n"),
            format!("[[account]]\n{key} = \"hunter2\"\n"),
        ] {
            let error = complaint(&text);
            assert!(
                error.contains(&format!("{key}': credentials do not belong")),
                "{error}"
            );
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}

#[test]
fn a_zone_that_no_time_needs_is_refused() {
    let error = complaint("[cloud_time]\nbpstudio = \"+08:00\"\n");
    assert!(error.contains("bpstudio"), "{error}");
}

#[test]
fn fault_66_no_error_repeats_a_value() {
    for text in [
        "database = hunter2\n",
        "database = \"hunter2\n",
        "database = \"hunter2\" hunter2\n",
        "database = \"\"\"\nhunter2==\n",
        "hunter2==\n",
        "[hunter2\n",
        "[[account]]\nprofile = \"a\"\nprofile = \"hunter2\"\n",
        "[collect]\nevery = \"hunter2\"\n",
        "[collect]\nconcurrency = \"hunter2\"\n",
        "[limits]\nros = \"hunter2\"\n",
        "[network]\nproxy = \"user:hunter2@proxy\"\n",
        "[cloud_time]\nalidns = \"hunter2\"\n",
        "[[account]]\nsite = \"hunter2\"\n",
        "[[account]]\nrole_arn = \"hunter2\"\n",
        "[[account]]\naccount_id = \"hunter2\"\n",
        "[[account]]\nsignature = \"hunter2\"\n",
        "[[account]]\nname = [\"hunter2\"]\n",
        "[[account]]\n[[account.watch]]\nkind = \"hunter2\"\n",
        "account = \"hunter2\"\n",
        "collect = \"hunter2\"\n",
    ] {
        let error = complaint(text);
        assert!(!error.contains("hunter2"), "{text}: {error}");
    }
}

#[test]
fn fault_66_a_key_that_stands_twice_is_named() {
    let error = complaint("[collect]\nevery = \"5m\"\nevery = \"6m\"\n");
    assert_eq!(error, "FILE:3: 'every': duplicate key");
}

#[test]
fn values_are_checked_with_their_line() {
    let cases = [
        (
            "[collect]\ndeadline = 50\n",
            "FILE:2: 'collect.deadline': write a text in quotes",
        ),
        (
            "[collect]\n\nconcurrency = 0\n",
            "FILE:3: 'collect.concurrency': write a whole number from 1 to 256",
        ),
        (
            "[limits]\nros = 0\n",
            "FILE:2: 'limits.ros': write a number above 0, at most 10000",
        ),
        (
            "[limits]\nros = nan\n",
            "FILE:2: 'limits.ros': write a number above 0, at most 10000",
        ),
        (
            "[limits]\nros = inf\n",
            "FILE:2: 'limits.ros': write a number above 0, at most 10000",
        ),
        (
            "database = \" \"\n",
            "FILE:1: 'database': an empty text will not do; leave the key out",
        ),
        (
            "collect = 1\n",
            "FILE:1: 'collect': this is a table: write [collect] and its keys",
        ),
        (
            "[account]\n",
            "FILE:1: 'account': these are tables: write [[account]] and its keys",
        ),
        (
            "[[account]]\nsite = \"eu\"\n",
            "FILE:2: 'account.site': write cn or intl",
        ),
        (
            "[[account]]\nrole_arn = \"acs:ram::1:role/x\"\naccount_id = \"2\"\n",
            "FILE:3: 'account.account_id': the role's ARN names another account",
        ),
        (
            "[[account]]\nexternal_id = \"abc\"\n",
            "FILE:2: 'account.external_id': this belongs to a role; write role_arn too",
        ),
        (
            "[[account]]\nrole_arn = \"acs:ram::1:role/x\"\nsession_duration = \"5m\"\n",
            "FILE:3: 'account.session_duration': write a duration from 15m to 12h",
        ),
        (
            "[[account]]\n[[account.watch]]\nkind = \"ros-stack-group\"\n",
            "FILE:3: 'account.watch.kind': write one of ros-stack-groups, ros, bpstudio, cadt, alidns; did you mean ros-stack-groups?",
        ),
        (
            "[[account]]\n[[account.watch]]\nkind = \"alidns\"\ntask_ids = [0]\n",
            "FILE:4: 'account.watch.task_ids': a task id is a whole number above 0",
        ),
        (
            "[[account]]\n[[account.watch]]\nkind = \"alidns\"\ntask_ids = [\"9999999999999999999\"]\n",
            "FILE:4: 'account.watch.task_ids': a task id is a whole number above 0",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(complaint(text), expected, "{text}");
    }
}

#[test]
fn accounts_are_told_apart() {
    assert_eq!(
        complaint("[[account]]\nname = \"a\"\n[[account]]\nname = \"a\"\n"),
        "FILE:4: an account called 'a' is there already, at FILE:2; each account stands once"
    );
    assert_eq!(
        complaint("[[account]]\n\n[[account]]\n"),
        "FILE:3: an account called 'default' is there already, at FILE:1; each account stands once"
    );
    let same = "name = \"a\"\naccount_id = \"1\"\n";
    let text = format!(
        "[[account]]\n{same}[[account]]\n{}",
        same.replace("\"a\"", "\"b\"")
    );
    assert_eq!(
        complaint(&text),
        "FILE:5: the account id 1 is there already, at FILE:2; each account stands once"
    );
    let role = "role_arn = \"acs:ram::1:role/x\"\n";
    let text = format!("[[account]]\nname = \"a\"\n{role}[[account]]\nname = \"b\"\n{role}");
    assert!(
        of_file(&text).is_ok(),
        "two roles in one account are two accounts to us"
    );
}

const ROLE: &str = "role_arn = \"acs:ram::{account_id}:role/x\"\n";

fn list_complaint(list: &str) -> String {
    let text = format!("[[account]]\n{ROLE}ids_file = \"l.csv\"\n");
    let files = [(SYSTEM, text.as_str()), ("/etc/optrail/l.csv", list)];
    let error = attempt(Flags::default(), &[], &files, false).unwrap_err();
    let error = error.to_string();
    error
        .replace("/etc/optrail/l.csv", "LIST")
        .replace(SYSTEM, "FILE")
}

#[test]
fn lists_are_checked_with_their_line() {
    assert_eq!(
        list_complaint("account_id\n1\n2\n1\n"),
        "LIST:4: an account called '1' is there already, at LIST:2; each account stands once"
    );
    assert_eq!(
        list_complaint("account_id,nmae\n1,x\n"),
        "LIST:1: unknown key 'nmae'; did you mean 'name'?"
    );
    // As a console's table has it; and a file of secrets that was named by mistake.
    let unknown =
        "LIST:1: unknown key (not repeated here, as keys are written with a-z, '_' and '-')";
    assert_eq!(
        list_complaint("Account ID,Name\n1,x\n"),
        format!("{unknown}; did you mean 'account_id'?")
    );
    assert_eq!(
        list_complaint("aliyun_access_key_secret = hunter2\n"),
        unknown
    );
    assert_eq!(
        list_complaint("account_id,name\n1,x,hunter2\n"),
        "LIST:2: the header has 2 columns, this row 3"
    );
    let rounded = list_complaint("account_id\n1\n1.23457E+15\n");
    assert!(
        rounded.starts_with("LIST:3: 'account_id': an account id is digits"),
        "{rounded}"
    );
    assert!(!rounded.contains("E+15"), "{rounded}");
    let headless = list_complaint("name\nx\n");
    assert!(
        headless.starts_with("LIST:1: 'account_id': the header"),
        "{headless}"
    );
    assert_eq!(
        list_complaint("account_id\n"),
        "FILE:3: 'account.ids_file': the list names no account"
    );
}

#[test]
fn an_account_of_a_list_is_not_configured_again() {
    let text = format!(
        "[[account]]\n{ROLE}ids_file = \"l.csv\"\n[[account]]\nname = \"a\"\naccount_id = \"2\"\n"
    );
    let files = [
        (SYSTEM, text.as_str()),
        ("/etc/optrail/l.csv", "account_id\n1\n2\n"),
    ];
    let error = attempt(Flags::default(), &[], &files, false).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{SYSTEM}:5: the account id 2 is there already, at /etc/optrail/l.csv:3; each account stands once"
        )
    );
}

#[test]
fn lists_and_roles_go_together() {
    let of = |keys: &str| complaint(&format!("[[account]]\n{keys}"));
    assert!(of(ROLE).contains("name it with ids_file"));
    let climbing = of(&format!("{ROLE}ids_file = \"../../shadow\"\n"));
    assert!(
        climbing.starts_with("FILE:3: 'account.ids_file': '..'"),
        "{climbing}"
    );
    let text = format!("[[account]]\n{ROLE}ids_file = \"/none\"\n");
    let gone = of_file(&text).unwrap_err().to_string();
    assert!(gone.ends_with("/none: there is no such file"), "{gone}");
    let list = [("/etc/optrail/l.csv", "account_id\n1\n")];
    for (keys, expected) in [
        ("ids_file = \"l.csv\"\n", "a role of its own"),
        (
            "ids_file = \"l.csv\"\nrole_arn = \"acs:ram::1:role/x\"\n",
            "a role of its own",
        ),
        (
            "name = \"x\"\nids_file = \"l.csv\"\nrole_arn = \"acs:ram::{account_id}:role/x\"\n",
            "'account.name': the list",
        ),
    ] {
        let text = format!("[[account]]\n{keys}");
        let files = [(SYSTEM, text.as_str()), list[0]];
        let error = attempt(Flags::default(), &[], &files, false).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn fault_66_a_file_has_its_limit() {
    let comment = "#".repeat(FILE_BYTES_MAX);
    assert!(of_file(&comment).is_ok());
    let error = of_file(&format!("{comment}#")).unwrap_err();
    assert_eq!(error, ConfigError::TooLarge(PathBuf::from(SYSTEM)));
}
