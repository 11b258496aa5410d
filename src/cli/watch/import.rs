//! `optrail watch import`: watches from a table.
//!
//! All lines are judged before anything is added, and each bad one is named: a file that is half right would
//! leave nobody sure of what is recorded.

use std::collections::HashMap;

use anyhow::bail;
use csv::{ReaderBuilder, StringRecord, Trim};

use super::add::{read_text, region as default_region};
use super::wanted::{Origin, Wanted};
use super::{ImportArgs, accounts, adding, listed};
use crate::cli::Exit;
use crate::cli::values::region as checked_region;
use crate::config::{ALL_REGIONS, Account, Config, KEY_NOT_REPEATED, repeatable_key};
use crate::export::escape::terminal;
use crate::model::{BATCH_TYPES, Service, is_task_id};

/// Bytes of a table at most: some 100,000 watches. What is larger was named by mistake.
const TABLE_BYTES_MAX: u64 = 16 << 20;

/// The columns, in any order; `service` must be there.
const COLUMNS: [&str; 5] = [
    "service",
    "region_id",
    "operation_id",
    "batch_type",
    "account",
];

/// Adds what the lines of a table name, if all of them can be used.
pub(super) fn run(args: &ImportArgs, config: &Config) -> anyhow::Result<Exit> {
    let text = read_text(&args.table, TABLE_BYTES_MAX, "a table of watches")?;
    // Without accounts in the configuration, --account would pick nothing: it is refused here.
    accounts::picked(config)?;
    match read(&text, config) {
        Ok(wanted) => adding::add(&wanted, Origin::Import, config)?,
        Err(complaints) => bail!("nothing was added\n{}", listed(&complaints)),
    }
    Ok(Exit::Done)
}

/// The watches of a table, or what is wrong with each line that cannot be used.
pub fn read(text: &str, config: &Config) -> Result<Vec<Wanted>, Vec<String>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = ReaderBuilder::new()
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|error| vec![syntax(&error)])?
        .clone();
    let places = columns(&header).map_err(|reason| vec![format!("line 1: {reason}")])?;
    let mut wanted = Vec::new();
    let mut complaints = Vec::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                complaints.push(syntax(&error));
                continue;
            }
        };
        let line = record.position().map_or(1, csv::Position::line);
        match Line::new(&record, &places).watches(config) {
            Ok(watches) => wanted.extend(watches.into_iter().map(|watch| (line, watch))),
            Err(reason) => complaints.push(format!("line {line}: {reason}")),
        }
    }
    complaints.extend(contradictions(&wanted));
    if complaints.is_empty() {
        Ok(wanted.into_iter().map(|(_, watch)| watch).collect())
    } else {
        Err(complaints)
    }
}

/// Lines about the same task that ask with different batch types.
fn contradictions(wanted: &[(u64, Wanted)]) -> Vec<String> {
    let mut first: HashMap<_, (u64, &Option<String>)> = HashMap::new();
    let mut complaints = Vec::new();
    for (line, watch) in wanted {
        if watch.service != Service::Alidns || watch.operation.is_empty() {
            continue;
        }
        let key = (watch.label.as_str(), watch.operation.as_str());
        let (first_line, batch_type) = *first.entry(key).or_insert((*line, &watch.batch_type));
        if *batch_type != watch.batch_type {
            complaints.push(format!(
                "line {line}: line {first_line} names the same task with another batch_type"
            ));
        }
    }
    complaints
}

fn syntax(error: &csv::Error) -> String {
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("line {line}: the header has {expected_len} columns, this line {len}"),
        _ => format!("line {line}: this is no CSV"),
    }
}

/// Where each of [`COLUMNS`] stands.
type Places = [Option<usize>; COLUMNS.len()];

fn columns(header: &StringRecord) -> Result<Places, String> {
    let known = COLUMNS.join(",");
    let mut places = Places::default();
    for (index, name) in header.iter().enumerate() {
        let column = COLUMNS.iter().position(|column| *column == name);
        let Some(place) = column.and_then(|column| places.get_mut(column)) else {
            let separators = if name.contains([';', '\t']) {
                "; separate columns by commas"
            } else {
                ""
            };
            let column = match repeatable_key(name) {
                Some(name) => format!("'{name}'"),
                None => format!("like number {} ({KEY_NOT_REPEATED})", index + 1),
            };
            return Err(format!(
                "there is no column {column}; the header is {known}, in any order{separators}"
            ));
        };
        if place.replace(index).is_some() {
            return Err(format!("the column {name} stands twice in the header"));
        }
    }
    match places.first() {
        Some(Some(_)) => Ok(places),
        _ => Err(format!(
            "the header lacks the column service; it is {known}"
        )),
    }
}

/// One line of the table.
struct Line<'t> {
    service: &'t str,
    region: &'t str,
    operation: &'t str,
    batch_type: &'t str,
    account: &'t str,
}

impl<'t> Line<'t> {
    fn new(record: &'t StringRecord, places: &Places) -> Self {
        let field = |place: &Option<usize>| place.and_then(|at| record.get(at)).unwrap_or_default();
        let [service, region, operation, batch_type, account] = places.each_ref().map(field);
        Self {
            service,
            region,
            operation,
            batch_type,
            account,
        }
    }

    /// The watches that it names: one, or where it finds operations and names no account, one for each.
    fn watches(&self, config: &Config) -> Result<Vec<Wanted>, String> {
        let is_text = |text: &str| !text.chars().any(char::is_control);
        if ![self.operation, self.account].into_iter().all(is_text) {
            return Err("a field holds a control character".to_owned());
        }
        self.not_rounded()?;
        match self.service {
            "ros" => self.ros(config),
            "ros-stack-groups" => self.stack_groups(config),
            "bpstudio" | "cadt" => self.bpstudio(config),
            "alidns" => self.alidns(config),
            other => Err(format!(
                "'{}' is no service; write ros, ros-stack-groups, bpstudio (or cadt) or alidns",
                terminal(other)
            )),
        }
    }

    fn ros(&self, config: &Config) -> Result<Vec<Wanted>, String> {
        self.only_alidns_has_batches()?;
        if self.operation.is_empty() {
            return Err(
                "operation_id is empty; to find the operations of stack groups, write the service ros-stack-groups"
                    .to_owned(),
            );
        }
        let account = self.one(config)?;
        let region = self.region(account)?;
        if region == ALL_REGIONS {
            return Err("an operation lives in one region; write it as region_id".to_owned());
        }
        Ok(vec![self.by_id(Service::Ros, account, region)])
    }

    fn stack_groups(&self, config: &Config) -> Result<Vec<Wanted>, String> {
        self.only_alidns_has_batches()?;
        if !self.operation.is_empty() {
            return Err(
                "ros-stack-groups finds operations by itself; leave operation_id empty, or write the service ros"
                    .to_owned(),
            );
        }
        let of = |account: &Account| {
            let region = self.region(account)?;
            Ok(Wanted::stack_groups(&account.label, region, &[]))
        };
        self.each(config)?.into_iter().map(of).collect()
    }

    fn bpstudio(&self, config: &Config) -> Result<Vec<Wanted>, String> {
        self.only_alidns_has_batches()?;
        self.has_no_region()?;
        if self.operation.is_empty() {
            return Err("operation_id is empty; CADT operations are known by id alone".to_owned());
        }
        let account = self.one(config)?;
        Ok(vec![self.by_id(Service::Bpstudio, account, String::new())])
    }

    fn alidns(&self, config: &Config) -> Result<Vec<Wanted>, String> {
        self.has_no_region()?;
        let batch_type = match self.batch_type {
            "" => None,
            known if BATCH_TYPES.contains(&known) => Some(known.to_owned()),
            other => {
                return Err(format!(
                    "'{}' is no batch_type; write one of {}, or nothing",
                    terminal(other),
                    BATCH_TYPES.join(", ")
                ));
            }
        };
        let of = |account: &Account| Wanted {
            batch_type: batch_type.clone(),
            ..self.by_id(Service::Alidns, account, String::new())
        };
        if self.operation.is_empty() {
            return Ok(self.each(config)?.into_iter().map(of).collect());
        }
        if !is_task_id(self.operation) {
            return Err(format!(
                "'{}' is no task; a task id is a whole number above 0",
                terminal(self.operation)
            ));
        }
        Ok(vec![of(self.one(config)?)])
    }

    fn by_id(&self, service: Service, account: &Account, region: String) -> Wanted {
        Wanted::new(service, &account.label, region, self.operation.to_owned())
    }

    /// Spreadsheets show, and then save, long numbers in a form that has lost their last digits.
    fn not_rounded(&self) -> Result<(), String> {
        for (column, text) in [("operation_id", self.operation), ("account", self.account)] {
            let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
                continue;
            };
            let is_number = |text: &str, also: &[char]| {
                let mut rest = text.chars().filter(|c| !also.contains(c)).peekable();
                rest.peek().is_some() && rest.all(|c| c.is_ascii_digit())
            };
            if exponent.starts_with('+')
                && is_number(mantissa, &['.', ','])
                && is_number(exponent, &['+'])
            {
                return Err(format!(
                    "a spreadsheet has rounded {column} to {text}; format its column as text and put the id in again"
                ));
            }
        }
        Ok(())
    }

    fn only_alidns_has_batches(&self) -> Result<(), String> {
        match self.batch_type {
            "" => Ok(()),
            _ => Err("batch_type is for alidns alone; leave it empty".to_owned()),
        }
    }

    fn has_no_region(&self) -> Result<(), String> {
        match self.region {
            "" => Ok(()),
            _ => Err(format!(
                "{} has no regions; leave region_id empty",
                self.service
            )),
        }
    }

    fn region(&self, account: &Account) -> Result<String, String> {
        match self.region {
            "" => default_region(None, account).map_err(|_| {
                "region_id is empty, and neither profile nor environment names a region".to_owned()
            }),
            typed => checked_region(typed),
        }
    }

    /// The account of an id.
    fn one<'c>(&self, config: &'c Config) -> Result<&'c Account, String> {
        match self.each(config)?.as_slice() {
            [account] => Ok(account),
            several => Err(format!(
                "of which account is the operation? account is empty, and there are {}",
                accounts::labels(several)
            )),
        }
    }

    /// The account that the line names; of one that names none, those that are picked.
    fn each<'c>(&self, config: &'c Config) -> Result<Vec<&'c Account>, String> {
        match self.account {
            "" => accounts::picked(config).map_err(|error| error.to_string()),
            word => Ok(vec![accounts::called(config, word)?]),
        }
    }
}
