//! Pages over stable, moving and vanishing rows.

use std::collections::HashSet;

use super::super::pages::{Paging, TotalCount};
use super::super::rows::{RowFormula, Rows, Word};
use super::super::schedule::Schedule;
use super::super::{RosOperation, RosSpec};
use super::*;

const NOW: UtcMillis = UtcMillis(500_000);

fn operation(rows: Rows, paging: Paging) -> RosOperation {
    let status = Schedule::starting(UtcMillis(0), Word::from("RUNNING"))
        .then(1_000_000, Word::from("SUCCEEDED"));
    let mut spec = RosSpec::new("1", status);
    spec.rows = rows;
    spec.paging = paging;
    RosOperation {
        spec,
        operation_id: "op".to_owned(),
        stack_group_id: "group".to_owned(),
        stop: None,
    }
}

fn page_of(operation: &RosOperation, now: UtcMillis, served: u32, asked: (u32, u32)) -> Page {
    let (number, size) = asked;
    Page::of(operation, now, served, PageRequest { number, size })
}

fn formula(count: u32) -> Rows {
    Rows::Formula(RowFormula::of(count, UtcMillis(0)))
}

/// The row numbers of every page of one reading.
fn read_all(operation: &RosOperation, now: UtcMillis, size: u32) -> Vec<u32> {
    let mut numbers = Vec::new();
    for page_number in 1.. {
        let page = page_of(operation, now, page_number - 1, (page_number, size));
        numbers.extend(page.rows.iter().map(|(number, _, _)| *number));
        if page_number.saturating_mul(page.places.size) >= page.total {
            break;
        }
    }
    numbers
}

#[test]
fn every_row_stands_on_exactly_one_page() {
    for count in [0, 1, 10, 50, 51, 1_000, 100_000] {
        let operation = operation(formula(count), Paging::default());
        let numbers = read_all(&operation, NOW, 50);
        assert_eq!(numbers, (0..count).collect::<Vec<_>>(), "{count} rows");
    }
}

#[test]
fn a_page_past_the_end_is_empty_and_still_counts() {
    let operation = operation(formula(51), Paging::default());
    let page = page_of(&operation, NOW, 0, (3, 50));
    assert!(page.rows.is_empty());
    assert_eq!(page.total, 51);
    let last = page_of(&operation, NOW, 0, (u32::MAX, 50));
    assert!(last.rows.is_empty());
}

#[test]
fn a_cap_is_answered_and_loses_nothing() {
    let paging = Paging {
        page_size_cap: Some(10),
        ..Paging::default()
    };
    let operation = operation(formula(51), paging);
    assert_eq!(page_of(&operation, NOW, 0, (1, 50)).places.size, 10);
    assert_eq!(read_all(&operation, NOW, 50).len(), 51);
}

#[test]
fn a_shifting_list_overlaps_and_misses_until_the_operation_ends() {
    let paging = Paging {
        shift: 1,
        ..Paging::default()
    };
    let operation = operation(formula(120), paging);
    let running = read_all(&operation, NOW, 50);
    let distinct: HashSet<_> = running.iter().collect();
    assert_eq!(running.len(), 120);
    assert!(distinct.len() < 120, "a row was served twice");
    let ended = read_all(&operation, UtcMillis(1_000_000), 50);
    assert_eq!(ended, (0..120).collect::<Vec<_>>());
}

#[test]
fn rows_vanish_and_come_back() {
    let row = |account: &str, history| Row {
        account_id: account.to_owned(),
        region_id: "cn-hangzhou".to_owned(),
        folder_id: None,
        history,
    };
    let running = || Some(RowState::of("RUNNING"));
    let rows = vec![
        row("1", Schedule::starting(UtcMillis(0), running())),
        row(
            "2",
            Schedule::starting(UtcMillis(0), running())
                .then(100, None)
                .then(100, running()),
        ),
        row("3", Schedule::starting(UtcMillis(50), running())),
    ];
    let operation = operation(Rows::Listed(rows), Paging::default());
    assert_eq!(read_all(&operation, UtcMillis(0), 50), [0, 1]);
    assert_eq!(read_all(&operation, UtcMillis(99), 50), [0, 1, 2]);
    assert_eq!(read_all(&operation, UtcMillis(100), 50), [0, 2]);
    assert_eq!(read_all(&operation, UtcMillis(200), 50), [0, 1, 2]);
}

#[test]
fn total_count_is_given_in_every_wrong_way() {
    let given = |total_count, served| {
        let paging = Paging {
            total_count,
            ..Paging::default()
        };
        page_of(&operation(formula(7), paging), NOW, served, (1, 50))
            .places
            .total_count
    };
    assert_eq!(given(TotalCount::Number, 1), Some(Value::Int(7)));
    assert_eq!(given(TotalCount::Missing, 1), None);
    assert_eq!(given(TotalCount::Text, 1), Some(Value::Text("7".into())));
    assert_eq!(given(TotalCount::Changing, 0), Some(Value::Int(7)));
    assert_eq!(given(TotalCount::Changing, 1), Some(Value::Int(8)));
}
