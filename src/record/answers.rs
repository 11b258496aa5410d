//! Exchanges: from an answer to its outcome, and to whatever it says of an operation.

use std::sync::Arc;

use super::deriver::{Deriver, Place, leaf_at};
use super::listings::{self, PageLeaf};
use super::page_lists;
use crate::derive::observed;
use crate::derive::operation::{Known, Observed, next_version};
use crate::evidence::leaf::{Ask, Call, Exchange, Intervention, Leaf, NoAnswer};
use crate::model::{Action, OperationKey, Outcome, ResultsPage, Service};
use crate::services::alidns::BatchAnswer;
use crate::services::bpstudio::BpstudioAnswer;
use crate::services::{Answer, Asked, Body, Content, Reading, UnknownItem};
use crate::store::evidence::LeafRow;
use crate::store::exchanges::ExchangeRow;
use crate::store::{StoreError, exchanges, interventions, operations, runs, unknowns};

/// An answer.
pub(super) fn exchange(
    deriver: &mut Deriver,
    place: Place<'_>,
    row: &LeafRow,
    leaf: &Exchange,
    body: &Body,
) -> Result<(), StoreError> {
    match &leaf.ask {
        Ask::Page { listing, page } => {
            answer_to_page(deriver, place, row, leaf, (*listing, *page), body)
        }
        Ask::Call(call) => answer_to_call(deriver, place, row, leaf, call, body),
    }
}

fn answer_to_page(
    deriver: &mut Deriver,
    place: Place<'_>,
    row: &LeafRow,
    leaf: &Exchange,
    (listing, page_number): (i64, u32),
    body: &Body,
) -> Result<(), StoreError> {
    let sequence = row.sequence;
    let (action, asked) = page_lists::asked(deriver, place, listing, page_number)?.unwrap_or((
        Action::ListStackGroupOperationResults,
        asked_page(page_number),
    ));
    let answer = body.read(action, &asked, leaf.http_status);
    let page = (listing, page_number);
    let mut exchange = page_row(sequence, leaf.run, page, leaf.attempt, answer.outcome);
    exchange.request_id = uncut_request_id(row, &answer);
    insert(place, &exchange, &answer, leaf.http_status)?;
    count_unknowns(place, action, sequence, &answer)?;
    let page = PageLeaf {
        sequence,
        page_number,
        leaf,
    };
    match &answer.content {
        Content::ResultsPage(reading) => {
            listings::add_page(deriver, place, listing, &page, &reading.value)
        }
        Content::StackGroupsPage(_)
        | Content::GroupOperationsPage(_)
        | Content::BatchDetailsPage(_) => {
            page_lists::add_page(deriver, place, listing, &page, &answer.content)
        }
        _ => {
            add_page_failure(deriver, listing, page_number, answer.outcome);
            Ok(())
        }
    }
}

/// Takes a page that failed, of whichever list.
fn add_page_failure(deriver: &mut Deriver, listing: i64, page_number: u32, outcome: Outcome) {
    listings::add_failure(deriver, listing, page_number, outcome);
    page_lists::add_failure(deriver, listing, page_number, outcome);
}

/// The RequestId of an answer whose body was kept whole, because it has not exactly one.
fn uncut_request_id(row: &LeafRow, answer: &Answer) -> Option<String> {
    answer
        .request_id
        .clone()
        .filter(|_| row.request_id.is_none())
}

/// An attempt without an answer.
pub(super) fn no_answer(
    deriver: &mut Deriver,
    place: Place<'_>,
    sequence: i64,
    leaf: &NoAnswer,
) -> Result<(), StoreError> {
    let outcome = Outcome::from(leaf.outcome);
    let row = match &leaf.ask {
        Ask::Page { listing, page } => {
            add_page_failure(deriver, *listing, *page, outcome);
            page_row(sequence, leaf.run, (*listing, *page), leaf.attempt, outcome)
        }
        Ask::Call(call) => {
            let op = match asked_key(call) {
                Some(key) => Some(deriver.operation(place, key, sequence)?),
                None => None,
            };
            call_row(sequence, leaf.run, op, leaf.attempt, outcome)
        }
    };
    exchanges::insert(place.derived, &row)?;
    exchanges::insert_error(place.derived, sequence, None, Some(&leaf.reason))?;
    match &leaf.ask {
        Ask::Page { .. } => Ok(()),
        Ask::Call(call) => tie(place, sequence, leaf.run, call, outcome),
    }
}

/// The intent of a stop.
pub(super) fn intervention(
    deriver: &mut Deriver,
    place: Place<'_>,
    sequence: i64,
    leaf: &Intervention,
) -> Result<(), StoreError> {
    let key = OperationKey {
        service: Service::Ros,
        account_id: leaf.account.clone(),
        region_id: leaf.region.clone(),
        operation_id: leaf.operation.clone(),
    };
    let op = deriver.operation(place, key, sequence)?;
    interventions::insert(place.derived, sequence, op, leaf.run)
}

/// Reads a page again, to take a listing up where it was left.
pub(super) fn read_page(
    leaf: &Exchange,
    page_number: u32,
    body: &Body,
) -> Option<Arc<Reading<ResultsPage>>> {
    let action = Action::ListStackGroupOperationResults;
    match read_content(action, &asked_page(page_number), leaf, body) {
        Content::ResultsPage(reading) => Some(reading),
        _ => None,
    }
}

/// Reads what an answer says once more, to take a list up where it was left.
pub(super) fn read_content(action: Action, asked: &Asked, leaf: &Exchange, body: &Body) -> Content {
    body.read(action, asked, leaf.http_status).content
}

fn asked_page(page_number: u32) -> Asked {
    [("PageNumber", page_number.to_string())]
        .into_iter()
        .collect()
}

/// The row of a page that was answered as before, and so need not be read.
pub(super) fn page_read(sequence: i64, leaf: &Exchange, listing: i64, page: u32) -> ExchangeRow {
    page_row(
        sequence,
        leaf.run,
        (listing, page),
        leaf.attempt,
        Outcome::Ok,
    )
}

fn page_row(
    sequence: i64,
    run_id: i64,
    page: (i64, u32),
    attempt: u32,
    outcome: Outcome,
) -> ExchangeRow {
    let page = Some((page.0, i64::from(page.1)));
    ExchangeRow {
        sequence,
        run_id,
        op: None,
        page,
        attempt: i64::from(attempt),
        outcome,
        request_id: None,
        look: None,
    }
}

fn call_row(
    sequence: i64,
    run_id: i64,
    op: Option<i64>,
    attempt: u32,
    outcome: Outcome,
) -> ExchangeRow {
    ExchangeRow {
        sequence,
        run_id,
        op,
        page: None,
        attempt: i64::from(attempt),
        outcome,
        request_id: None,
        look: None,
    }
}

fn answer_to_call(
    deriver: &mut Deriver,
    place: Place<'_>,
    leaf_row: &LeafRow,
    leaf: &Exchange,
    call: &Call,
    body: &Body,
) -> Result<(), StoreError> {
    let sequence = leaf_row.sequence;
    let asked: Asked = call.parameters.iter().collect();
    let answer = body.read(call.action, &asked, leaf.http_status);
    let op = match asked_key(call).or_else(|| answered_key(call, &answer)) {
        Some(key) => Some(deriver.operation(place, key, sequence)?),
        None => None,
    };
    let mut row = call_row(sequence, leaf.run, op, leaf.attempt, answer.outcome);
    row.request_id = uncut_request_id(leaf_row, &answer);
    let observed = observe(&answer);
    if let (Some(op), Some(_)) = (op, &observed) {
        row.look = Some(next_look(place, op, leaf)?);
    }
    insert(place, &row, &answer, leaf.http_status)?;
    count_unknowns(place, call.action, sequence, &answer)?;
    tie(place, sequence, leaf.run, call, answer.outcome)?;
    if let Content::CallerIdentity(identity) = &answer.content {
        let label = call.label.as_deref().unwrap_or_default();
        let identity = &identity.value;
        runs::insert_identity(
            place.derived,
            leaf.run,
            label,
            sequence,
            &identity.account_id,
            identity.arn.as_deref(),
        )?;
    }
    match (op, observed) {
        (Some(op), Some(observed)) => {
            keep_version(place, call.action.service(), op, &observed, sequence)
        }
        _ => Ok(()),
    }
}

/// The operation that a call asks for, where it names one.
fn asked_key(call: &Call) -> Option<OperationKey> {
    let parameter = call.action.id_parameter()?;
    key(call, call.parameters.get(parameter)?.to_owned())
}

/// The task that an answer names, where none was asked for by id.
fn answered_key(call: &Call, answer: &Answer) -> Option<OperationKey> {
    match &answer.content {
        Content::Batch(reading) => match &reading.value {
            BatchAnswer::Count(count) => key(call, count.task_id?.to_string()),
            BatchAnswer::NoTask => None,
        },
        _ => None,
    }
}

fn key(call: &Call, operation_id: String) -> Option<OperationKey> {
    Some(OperationKey {
        service: call.action.service(),
        account_id: call.account.clone()?,
        region_id: call.region.clone().unwrap_or_default(),
        operation_id,
    })
}

/// What an answer says of the state of an operation; `None` where it is no look at one.
fn observe(answer: &Answer) -> Option<Observed> {
    if answer.outcome != Outcome::Ok {
        return None;
    }
    match &answer.content {
        Content::RosOperation(reading) => Some(observed::ros(reading)),
        Content::Bpstudio(reading) => match &reading.value {
            BpstudioAnswer::Operation(value) => {
                Some(observed::bpstudio(value, reading.extra.as_ref()))
            }
            BpstudioAnswer::Expired => None,
        },
        Content::Batch(reading) => match &reading.value {
            BatchAnswer::Count(value) => Some(observed::alidns(value, reading.extra.as_ref())),
            BatchAnswer::NoTask => None,
        },
        Content::Nothing
        | Content::Unreadable(_)
        | Content::WrongEntity(_)
        | Content::ResultsPage(_)
        | Content::Stopped
        | Content::Regions(_)
        | Content::StackGroupsPage(_)
        | Content::GroupOperationsPage(_)
        | Content::BatchDetailsPage(_)
        | Content::CallerIdentity(_) => None,
    }
}

/// Number of this look, and the time since the request of the one before.
fn next_look(place: Place<'_>, op: i64, leaf: &Exchange) -> Result<(i64, Option<i64>), StoreError> {
    let Some((look, sequence)) = exchanges::newest_look(place.derived, op)? else {
        return Ok((1, None));
    };
    match leaf_at(place.evidence, sequence)? {
        (_, Leaf::Exchange(before)) => Ok((
            look + 1,
            Some(leaf.received_at.0.saturating_sub(before.requested_at.0)),
        )),
        _ => Err(StoreError::Inconsistent(format!(
            "leaf {sequence} is no exchange"
        ))),
    }
}

fn keep_version(
    place: Place<'_>,
    service: Service,
    op: i64,
    observed: &Observed,
    sequence: i64,
) -> Result<(), StoreError> {
    let known = match operations::newest(place.derived, op)? {
        Some(newest) => {
            let values =
                operations::service_fields(place.derived, service, op, newest.place.version)?;
            Some(Known {
                place: newest.place,
                status: newest.status,
                values,
            })
        }
        None => None,
    };
    let Some((version, changed)) = next_version(op, known.as_ref(), observed, sequence) else {
        return Ok(());
    };
    let changed = changed.map(|fields| serde_json::Value::from(fields).to_string());
    operations::insert_version(place.derived, &version, &observed.state, changed.as_deref())?;
    operations::insert_service_fields(
        place.derived,
        service,
        op,
        version.version,
        &observed.values(),
    )?;
    for (list, values) in &observed.lists {
        operations::insert_list(place.derived, op, version.version, list, values)?;
    }
    Ok(())
}

fn insert(
    place: Place<'_>,
    row: &ExchangeRow,
    answer: &Answer,
    http_status: u16,
) -> Result<(), StoreError> {
    exchanges::insert(place.derived, row)?;
    if answer.outcome == Outcome::Ok {
        return Ok(());
    }
    exchanges::insert_error(
        place.derived,
        row.sequence,
        answer.code.as_deref(),
        answer.explanation(http_status).as_deref(),
    )
}

/// Ties a call to what it was made for: an intervention, a watch, the identity of credentials that it did not
/// bring.
fn tie(
    place: Place<'_>,
    sequence: i64,
    run_id: i64,
    call: &Call,
    outcome: Outcome,
) -> Result<(), StoreError> {
    if let Some(intervention) = call.intervention {
        interventions::insert_call(place.derived, sequence, intervention)?;
    }
    if let Some(watch_id) = call.watch {
        exchanges::insert_watch(place.derived, sequence, watch_id)?;
    }
    if call.action == Action::GetCallerIdentity && outcome != Outcome::Ok {
        let label = call.label.as_deref().unwrap_or_default();
        exchanges::insert_identity_failure(place.derived, sequence, run_id, label)?;
    }
    Ok(())
}

fn count_unknowns(
    place: Place<'_>,
    action: Action,
    sequence: i64,
    answer: &Answer,
) -> Result<(), StoreError> {
    let unknown: &[UnknownItem] = match &answer.content {
        Content::RosOperation(reading) => &reading.unknown,
        Content::ResultsPage(reading) => &reading.unknown,
        Content::Bpstudio(reading) => &reading.unknown,
        Content::Batch(reading) => &reading.unknown,
        Content::CallerIdentity(reading) => &reading.unknown,
        Content::Regions(reading) => &reading.unknown,
        Content::StackGroupsPage(reading) => &reading.unknown,
        Content::GroupOperationsPage(reading) => &reading.unknown,
        Content::BatchDetailsPage(reading) => &reading.unknown,
        Content::Nothing | Content::Unreadable(_) | Content::WrongEntity(_) | Content::Stopped => {
            &[]
        }
    };
    for item in unknown {
        unknowns::count(
            place.derived,
            action.as_str(),
            item.kind.as_str(),
            &item.name,
            &item.value,
            sequence,
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BatchCount, BpstudioOperation, RosOperation};

    #[test]
    fn fields_stand_in_the_order_of_their_tables() {
        let reading = Reading {
            value: RosOperation::default(),
            unknown: Vec::new(),
            extra: None,
        };
        let bare = [
            (Service::Ros, observed::ros(&reading)),
            (
                Service::Bpstudio,
                observed::bpstudio(&BpstudioOperation::default(), None),
            ),
            (
                Service::Alidns,
                observed::alidns(&BatchCount::default(), None),
            ),
        ];
        for (service, observed) in bare {
            let columns: Vec<_> = observed.fields.iter().map(|field| field.column).collect();
            let table = operations::service_table(service);
            assert_eq!(
                table.map(|(_, columns)| columns),
                Some(columns.as_slice()),
                "{service}"
            );
        }
    }
}
