//! The table: one attack, six who look, and what each must find.

use crate::forger::Forger;
use crate::scene::{Copy, scene};

/// What somebody who looks must come to.
#[derive(Clone, Copy)]
pub enum Sees<'a> {
    /// Nothing: the file agrees with all that he has. An honest miss, or no harm was done.
    Nothing,
    /// Differences whose lines begin so; names in braces stand for places of the scene. With exit status 3.
    This(&'a [&'a str]),
}

/// What the next run does.
#[derive(Clone, Copy)]
pub enum NextRun {
    /// It records and exits with this status.
    Goes(i32),
    /// It refuses with exit status 3 and says this.
    Refuses(&'static str),
}

/// One attack.
pub struct Attack<'a> {
    /// What is done, and its number in the table of threats.
    pub name: &'static str,
    pub make: fn(&Forger<'_>),
    /// The file alone: tree, rows, and the checkpoints in it.
    pub alone: Sees<'a>,
    /// With the state directory.
    pub state: Sees<'a>,
    /// With a public key that was handed over before, and no state directory.
    pub key: Sees<'a>,
    /// With a checkpoint that was handed over before (`--checkpoint`), or its line (`--against`).
    pub kept: Sees<'a>,
    pub next_run: NextRun,
}

/// Attacks, one after another, each on a copy of its own.
pub fn assert_found(attacks: &[Attack<'_>]) {
    for attack in attacks {
        let copy = scene().copy();
        (attack.make)(&Forger::at(&copy));
        attack.look(&copy);
    }
}

impl Attack<'_> {
    fn look(&self, copy: &Copy) {
        let scene = scene();
        let note = scene.note().to_str().unwrap().to_owned();
        let (key, line) = (scene.vkey.as_str(), scene.line.as_str());
        let verify = |name: &str, arguments: &[&str], sees: Sees<'_>, external: bool| {
            let arguments = [&["verify"], arguments].concat();
            let ended = match name {
                "state" => copy.run(&arguments),
                _ => copy.run_without_state(&arguments),
            };
            self.judge(name, &ended.stdout, ended.code, sees);
            assert_eq!(ended.stderr, "", "{}, {name}", self.name);
            // Never silent about how far it could look.
            let limit = ended.stdout.ends_with(", compared with no external copy\n");
            assert_eq!(limit, !external, "{}, {name}: {}", self.name, ended.stdout);
        };
        verify("alone", &[], self.alone, false);
        verify("state", &[], self.state, false);
        verify("key", &["--key", key], self.key, false);
        let kept = ["--checkpoint", &note, "--key", key];
        verify("checkpoint", &kept, self.kept, true);
        verify("line", &["--against", line], self.kept, true);
        self.run_next(copy);
    }

    fn judge(&self, who: &str, said: &str, code: Option<i32>, sees: Sees<'_>) {
        let name = self.name;
        match sees {
            Sees::Nothing => {
                assert_eq!(code, Some(0), "{name}, {who}: {said}");
                assert!(said.starts_with("all agrees: "), "{name}, {who}: {said}");
            }
            Sees::This(beginnings) => {
                assert_eq!(code, Some(3), "{name}, {who}: {said}");
                for beginning in beginnings {
                    let beginning = fill(beginning);
                    let is_said = said.lines().any(|line| line.starts_with(&beginning));
                    assert!(is_said, "{name}, {who}: no line {beginning:?} in\n{said}");
                }
            }
        }
    }

    fn run_next(&self, copy: &Copy) {
        let ended = copy.run(&["collect"]);
        let name = self.name;
        match self.next_run {
            NextRun::Goes(code) => assert_eq!(ended.code, Some(code), "{name}: {ended:?}"),
            NextRun::Refuses(words) => {
                assert_eq!(ended.code, Some(3), "{name}: {ended:?}");
                assert!(ended.stderr.contains(words), "{name}: {ended:?}");
            }
        }
    }
}

/// Puts the places of the scene in the place of their names.
pub fn fill(text: &str) -> String {
    let scene = scene();
    let [first, second, third] = scene.sealed;
    let numbers = [
        ("{first}", first),
        ("{second}", second),
        ("{third}", third),
        ("{before first}", first - 1),
        ("{before second}", second - 1),
        ("{before third}", third - 1),
        ("{victim}", scene.victim.0),
        ("{template}", scene.victim.1),
        ("{subtree}", scene.victim.0 / 256),
    ];
    let filled = numbers
        .iter()
        .fold(text.to_owned(), |text, (name, number)| {
            text.replace(name, &number.to_string())
        });
    assert!(!filled.contains('{'), "{filled}");
    filled
}
