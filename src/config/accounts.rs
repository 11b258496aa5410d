//! `[[account]]`: one account, or, with a list of ids, one for each row of it.
//!
//! It is not the list itself. Depends on `model` alone.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;

use super::account::{
    Access, Account, DEFAULT_LABEL, DEFAULT_ROLE_DURATION_SECONDS, DEFAULT_SESSION_NAME, Role, Site,
};
use super::account_list::{self, Row};
use super::around::Surroundings;
use super::error::ConfigError;
use super::file::{SERVICES, services};
use super::origin::{Origin, Origins, Place};
use super::section::{Located, Section};
use super::values::parse_duration;
use super::{SignatureVersion, watch};
use crate::model::Service;

/// Keys of `[[account]]`.
pub(super) const KEYS: [&str; 14] = [
    "name",
    "account_id",
    "owner",
    "environment",
    "profile",
    "role_arn",
    "external_id",
    "session_name",
    "session_duration",
    "ids_file",
    "site",
    "signature",
    "endpoints",
    "watch",
];

/// What stands in a role's ARN for the id of each account of a list.
const ID_PLACEHOLDER: &str = "{account_id}";

/// Characters of a name at most; it stands in each row of every table.
const NAME_CHARS_MAX: usize = 128;

/// Seconds for which a role's credentials may be asked: 15 minutes (STS documentation, AssumeRole) to the
/// longest session that RAM lets a role have, 12 hours.
const ROLE_SECONDS: RangeInclusive<u64> = 900..=43_200;

/// Characters of a role session's name, and of an external id (STS documentation, AssumeRole).
const SESSION_NAME_CHARS: RangeInclusive<usize> = 2..=64;
const EXTERNAL_ID_CHARS: RangeInclusive<usize> = 2..=1_224;

/// The accounts of a configuration, in its order.
pub(super) fn read(
    whole: &Section<'_>,
    around: &Surroundings<'_>,
    origins: &mut Origins,
) -> Result<Vec<Account>, ConfigError> {
    let mut accounts = Vec::new();
    let mut seen = Seen::default();
    for section in whole.tables("account", "account")? {
        section.only(&KEYS)?;
        // An id that only a role names may stand twice: an account may have a role for each service.
        let names_ids = section.has("account_id") || section.has("ids_file");
        for account in of_section(&section, around)? {
            seen.add(&account, names_ids)?;
            let Located { value, place } = account;
            note_all(&section, &value, &place, origins)?;
            accounts.push(value);
        }
    }
    Ok(accounts)
}

/// Notes where an account's values came from.
fn note_all(
    section: &Section<'_>,
    account: &Account,
    place: &Place,
    origins: &mut Origins,
) -> Result<(), ConfigError> {
    let prefix = format!("account.{}", account.label);
    section.note(origins, &prefix);
    if let Some(endpoints) = section.table("endpoints", "account.endpoints", &SERVICES)? {
        endpoints.note(origins, &format!("{prefix}.endpoints"));
    }
    let watches = section.tables("watch", "account.watch")?;
    for (index, watch) in watches.iter().enumerate() {
        watch.note(origins, &format!("{prefix}.watch.{index}"));
    }
    let of_account = [
        ("name", Some(&account.label)),
        ("account_id", account.account_id.as_ref()),
        ("owner", account.owner.as_ref()),
        ("environment", account.environment.as_ref()),
    ];
    for (key, value) in of_account {
        // What the table does not say itself comes from the row of a list, or follows from the table.
        if section.text(key)?.as_ref() != value {
            origins.set(format!("{prefix}.{key}"), Origin::File(place.clone()));
        }
    }
    Ok(())
}

/// Where each label and each id stands.
#[derive(Default)]
struct Seen {
    labels: HashMap<String, Place>,
    ids: HashMap<String, Place>,
}

impl Seen {
    fn add(&mut self, account: &Located<Account>, names_ids: bool) -> Result<(), ConfigError> {
        let Located { value, place } = account;
        let what = format!("an account called '{}'", value.label);
        once(&mut self.labels, &value.label, what, place)?;
        match value.account_id.as_ref().filter(|_| names_ids) {
            Some(id) => once(&mut self.ids, id, format!("the account id {id}"), place),
            None => Ok(()),
        }
    }
}

fn once(
    seen: &mut HashMap<String, Place>,
    word: &str,
    what: String,
    place: &Place,
) -> Result<(), ConfigError> {
    match seen.insert(word.to_owned(), place.clone()) {
        None => Ok(()),
        Some(first) => Err(ConfigError::Twice {
            what,
            first,
            second: place.clone(),
        }),
    }
}

/// The accounts of one `[[account]]`.
fn of_section(
    section: &Section<'_>,
    around: &Surroundings<'_>,
) -> Result<Vec<Located<Account>>, ConfigError> {
    let template = template(section)?;
    let rows = match section.text("ids_file")? {
        Some(path) => Some(account_list::read(section, &path, around)?),
        None => None,
    };
    let arn = template.role.as_ref().map(|role| role.arn.as_str());
    let has_placeholder = arn.is_some_and(|arn| arn.contains(ID_PLACEHOLDER));
    match rows {
        None if has_placeholder => Err(section.wrong(
            "role_arn",
            format!("{ID_PLACEHOLDER} stands for the ids of a list; name it with ids_file"),
        )),
        Some(_) if !has_placeholder => Err(section.wrong(
            "ids_file",
            format!(
                "each account of a list is asked through a role of its own; write role_arn with {ID_PLACEHOLDER}"
            ),
        )),
        None => Ok(vec![Located {
            value: template,
            place: if section.has("name") {
                section.place_of("name")
            } else {
                section.place()
            },
        }]),
        Some(rows) => {
            for key in ["account_id", "name"] {
                if section.has(key) {
                    return Err(section.wrong(key, "the list that ids_file names has these"));
                }
            }
            Ok(rows.into_iter().map(|row| of_row(&template, row)).collect())
        }
    }
}

/// What a table says of its account, or of each account of its list.
fn template(section: &Section<'_>) -> Result<Account, ConfigError> {
    let name = section.read("name", within(1..=NAME_CHARS_MAX))?;
    let role = role(section)?;
    let declared_id = section.read("account_id", account_list::account_id)?;
    let of_role = role.as_ref().and_then(|role| id_in_arn(&role.arn));
    if let (Some(declared), Some(of_role)) = (&declared_id, of_role)
        && declared != of_role
    {
        return Err(section.wrong("account_id", "the role's ARN names another account"));
    }
    let profile = section.text("profile")?;
    let signatures = &SignatureVersion::ALL;
    let signature = section.word("signature", signatures, SignatureVersion::as_str)?;
    Ok(Account {
        label: name.clone().unwrap_or_else(|| DEFAULT_LABEL.to_owned()),
        name,
        account_id: declared_id.or_else(|| of_role.map(str::to_owned)),
        owner: section.text("owner")?,
        environment: section.text("environment")?,
        access: profile.map_or(Access::Chain, Access::Profile),
        role,
        site: section
            .word("site", &Site::ALL, Site::as_str)?
            .unwrap_or_default(),
        endpoints: endpoints(section)?,
        signature: signature.unwrap_or_default(),
        watches: section
            .tables("watch", "account.watch")?
            .iter()
            .map(watch::read)
            .collect::<Result<_, _>>()?,
    })
}

fn role(section: &Section<'_>) -> Result<Option<Role>, ConfigError> {
    let Some(arn) = section.read("role_arn", role_arn)? else {
        for key in ["external_id", "session_name", "session_duration"] {
            if section.has(key) {
                return Err(section.wrong(key, "this belongs to a role; write role_arn too"));
            }
        }
        return Ok(None);
    };
    let session_name = section.read("session_name", session_name)?;
    let duration_seconds = section.read("session_duration", session_seconds)?;
    Ok(Some(Role {
        arn,
        external_id: section.read("external_id", within(EXTERNAL_ID_CHARS))?,
        session_name: session_name.unwrap_or_else(|| DEFAULT_SESSION_NAME.to_owned()),
        duration_seconds: duration_seconds.unwrap_or(DEFAULT_ROLE_DURATION_SECONDS),
    }))
}

fn endpoints(section: &Section<'_>) -> Result<BTreeMap<Service, String>, ConfigError> {
    let mut endpoints = BTreeMap::new();
    let Some(table) = section.table("endpoints", "account.endpoints", &SERVICES)? else {
        return Ok(endpoints);
    };
    for (word, service) in services() {
        if let Some(address) = table.text(word)? {
            endpoints.insert(service, address);
        }
    }
    Ok(endpoints)
}

/// The account of one row of a list.
fn of_row(template: &Account, row: Located<Row>) -> Located<Account> {
    let Located { value: row, place } = row;
    let role = template.role.as_ref().map(|role| Role {
        arn: role.arn.replace(ID_PLACEHOLDER, &row.account_id),
        ..role.clone()
    });
    let value = Account {
        label: row.account_id.clone(),
        name: row.name,
        account_id: Some(row.account_id),
        owner: row.owner.or_else(|| template.owner.clone()),
        environment: row.environment.or_else(|| template.environment.clone()),
        role,
        ..template.clone()
    };
    Located { value, place }
}

/// The id in the ARN of a role.
fn id_in_arn(arn: &str) -> Option<&str> {
    let (id, _) = arn.strip_prefix("acs:ram::")?.split_once(':')?;
    (!id.is_empty() && id.bytes().all(|b| b.is_ascii_digit())).then_some(id)
}

fn role_arn(text: &str) -> Result<String, String> {
    let role = text
        .strip_prefix("acs:ram::")
        .and_then(|rest| rest.split_once(":role/"));
    let fits = role.is_some_and(|(id, name)| {
        let is_id = id == ID_PLACEHOLDER || account_list::account_id(id).is_ok();
        is_id && !name.is_empty() && !name.contains(char::is_whitespace)
    });
    if fits {
        Ok(text.to_owned())
    } else {
        Err("write the role's ARN, as in acs:ram::1234567890123456:role/optrail-reader".to_owned())
    }
}

fn session_name(text: &str) -> Result<String, String> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '@' | '-' | '_');
    if SESSION_NAME_CHARS.contains(&text.chars().count()) && text.chars().all(is_allowed) {
        Ok(text.to_owned())
    } else {
        Err("write 2 to 64 letters, digits and . @ - _".to_owned())
    }
}

fn session_seconds(text: &str) -> Result<u32, String> {
    let seconds = parse_duration(text)?.as_secs();
    if ROLE_SECONDS.contains(&seconds) {
        u32::try_from(seconds).map_err(|error| error.to_string())
    } else {
        Err("write a duration from 15m to 12h".to_owned())
    }
}

/// A text of so many characters.
fn within(characters: RangeInclusive<usize>) -> impl FnOnce(&str) -> Result<String, String> {
    move |text| {
        if characters.contains(&text.chars().count()) {
            Ok(text.to_owned())
        } else {
            let (least, most) = (characters.start(), characters.end());
            Err(format!("write {least} to {most} characters"))
        }
    }
}
