//! The same evidence and the same command give the same bytes; each figure names leaves that are there.

use std::fs;

use super::bench::Bench;
use super::scene::{self, Scene};
use super::story;
use super::told::{Told, leaves};

#[test]
fn fault_78_a_report_is_made_again_from_a_database_that_has_grown() {
    let bench = Bench::new();
    let mut scene = Scene::until_the_gap(&bench.database());
    scene.settle();
    let period = ["--since", "2026-03-01", "--until", "2026-03-02"];
    let ask = |options: &[&str]| {
        let arguments = ["-q", "report", "compliance", "--format", "json"];
        bench.out(&[&arguments, options].concat())
    };
    let before = ask(&period);
    let told = Told::of(&before);
    let size = told.fact("evidence_size").to_string();
    scene.after_the_gap();
    scene.close();
    assert_ne!(ask(&period), before);
    let as_of = [&period[..], &["--as-of", &size]].concat();
    assert_eq!(ask(&as_of), before);
    // The report says itself how it is made again.
    let command = told.fact("command").as_str().unwrap();
    let words = ["-q"].into_iter().chain(command.split(' ').skip(1));
    assert_eq!(bench.out(&words.collect::<Vec<_>>()), before);
}

#[test]
fn fault_78_nothing_of_the_machine_is_in_it() {
    let bench = Bench::new();
    scene::record(&bench.database());
    let arguments = ["report", "compliance", "--format", "json"];
    let first = bench.out(&arguments);
    let directory = bench.path("elsewhere");
    fs::create_dir(&directory).unwrap();
    let mut command = bench.command(&arguments);
    command.current_dir(&directory).env("USER", "somebody");
    command
        .env("LC_ALL", "de_DE.UTF-8")
        .env("TZ", "Asia/Shanghai");
    let second = command.output().unwrap();
    assert_eq!(String::from_utf8(second.stdout).unwrap(), first);
    let home = bench.path("");
    assert!(!first.contains(home.to_str().unwrap()), "{first}");
}

#[test]
fn leaves_that_are_named_are_there() {
    let bench = Bench::new();
    story::record(&bench.database());
    let told = Told::ask(&bench, &[]);
    let size = told.fact("evidence_size").as_i64().unwrap();
    let mut named = 0;
    for section in told.sections() {
        for row in section["rows"].as_array().into_iter().flatten() {
            let leaves = leaves(&row["evidence"]);
            assert!(leaves.iter().all(|leaf| (0..size).contains(leaf)), "{row}");
            let is_count = row["value"].as_i64().is_none_or(|value| value > 0);
            let is_statement = section["id"] == "integrity" || section["id"] == "completeness";
            assert!(!leaves.is_empty() || !is_count || is_statement, "{row}");
            named += leaves.len();
        }
    }
    assert!(named > 100, "{named}");
}

#[test]
fn each_format_has_its_place() {
    let bench = Bench::new();
    story::record(&bench.database());
    let out = |name: &str, more: &[&str]| {
        let path = bench.path(name);
        let arguments = [
            &["report", "compliance", "--output", path.to_str().unwrap()],
            more,
        ]
        .concat();
        let said = bench.run(&arguments);
        assert_eq!(
            (said.code, said.out.as_str(), said.err.as_str()),
            (0, "", ""),
            "{name}"
        );
        path
    };
    let html = fs::read_to_string(out("report.html", &[])).unwrap();
    assert!(
        html.contains("<html") && html.contains("Record of operations"),
        "{html}"
    );
    assert!(
        fs::read(out("report.xlsx", &[]))
            .unwrap()
            .starts_with(b"PK")
    );
    Told::of(&fs::read_to_string(out("report.json", &[])).unwrap());
    let directory = out("report.d", &["--format", "csv"]);
    let completeness = fs::read_to_string(directory.join("01-completeness.csv")).unwrap();
    assert!(
        completeness.starts_with("figure,value,unit,evidence,meaning\n"),
        "{completeness}"
    );
    let names = fs::read_dir(bench.path("")).unwrap();
    let names: Vec<String> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("tmp"))
        .collect();
    assert_eq!(names, [""; 0]);

    let occupied = directory.to_str().unwrap();
    let arguments = [
        "report",
        "compliance",
        "--format",
        "csv",
        "--output",
        occupied,
    ];
    let complaint = bench.complaint(1, &arguments);
    assert!(complaint.contains("not empty"), "{complaint}");
    bench.complaint(2, &["report", "compliance", "--format", "csv"]);
    let inside_out = ["--since", "2026-03-02", "--until", "2026-03-01"];
    bench.complaint(2, &[&["report", "compliance"], &inside_out[..]].concat());
}
