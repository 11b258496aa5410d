//! What an attacker can do to the file and to the state directory: everything that its owner can. He knows the
//! formats, has the program, and leaves as few traces as he can.

use std::fs;

use optrail::evidence::body;
use optrail::evidence::checkpoint::{self, Checkpoint};
use optrail::evidence::codec::{Codec, decompress};
use optrail::evidence::digest::Digest;
use optrail::evidence::note::SignerKey;
use optrail::evidence::tree::{Hash, SUBTREE_LEAVES, leaf_hash, root_of_hashes, subtree_root};
use optrail::verify::rebuild;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, params};

use crate::scene::{Copy, fold, scene};

/// The state of an operation as the cloud told it, and as it is to have been; of one length, so that every other
/// length stays.
const STORY: (&str, &str) = ("RUNNING", "STOPPED");

/// Somebody at work on a copy.
pub struct Forger<'a> {
    pub copy: &'a Copy,
}

impl<'a> Forger<'a> {
    pub fn at(copy: &'a Copy) -> Self {
        Self { copy }
    }

    /// The file, without any of the program's settings.
    pub fn open(&self) -> Connection {
        let connection = Connection::open(self.copy.database()).unwrap();
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)
            .unwrap();
        connection
            .execute_batch(
                "PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;",
            )
            .unwrap();
        connection
    }

    /// Works on the file with all triggers dropped, and puts them back word for word.
    fn work<T>(&self, work: impl FnOnce(&Connection) -> T) -> T {
        let connection = self.open();
        let triggers: Vec<(String, String)> = connection
            .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        connection.execute_batch("BEGIN").unwrap();
        for (name, _) in &triggers {
            connection
                .execute_batch(&format!("DROP TRIGGER {name}"))
                .unwrap();
        }
        let done = work(&connection);
        for (_, trigger) in &triggers {
            connection.execute_batch(trigger).unwrap();
        }
        connection.execute_batch("COMMIT").unwrap();
        drop(connection);
        fold(&self.copy.database());
        done
    }

    /// Runs statements.
    pub fn sql(&self, sql: &str) {
        self.work(|connection| {
            connection
                .execute_batch(sql)
                .unwrap_or_else(|error| panic!("{sql}: {error}"));
        });
    }

    /// Changes the record of a leaf; not its hash.
    pub fn edit_leaf(&self, sequence: i64, edit: impl Fn(&str) -> String) {
        self.work(|connection| {
            let record: String = connection
                .query_row(
                    "SELECT record FROM leaf WHERE sequence = ?1",
                    [sequence],
                    |row| row.get(0),
                )
                .unwrap();
            let edited = edit(&record);
            assert_ne!(edited, record);
            connection
                .execute(
                    "UPDATE leaf SET record = ?2 WHERE sequence = ?1",
                    params![sequence, edited],
                )
                .unwrap();
        });
    }

    /// Makes the hash of every leaf that of its record.
    pub fn hash_leaves(&self) {
        self.work(|connection| {
            for (sequence, record) in records(connection) {
                connection
                    .execute(
                        "UPDATE leaf SET hash = ?2 WHERE sequence = ?1",
                        params![sequence, leaf_hash(record.as_bytes())],
                    )
                    .unwrap();
            }
        });
    }

    /// Makes the cached subtrees those of the leaves.
    pub fn cache_subtrees(&self) {
        self.work(|connection| {
            connection.execute("DELETE FROM subtree", []).unwrap();
            let hashes = hashes(connection);
            for (number, full) in hashes.as_chunks::<SUBTREE_LEAVES>().0.iter().enumerate() {
                connection
                    .execute(
                        "INSERT INTO subtree (number, hash) VALUES (?1, ?2)",
                        params![number as i64, subtree_root(full)],
                    )
                    .unwrap();
            }
        });
    }

    /// Makes hashes and subtrees those of the records, and the rows those of the evidence: a file that agrees
    /// with itself.
    pub fn make_consistent(&self) {
        self.hash_leaves();
        self.cache_subtrees();
        rebuild(&self.copy.database()).unwrap();
        fold(&self.copy.database());
    }

    /// Takes out a leaf, and moves the later ones up.
    pub fn remove_leaf(&self, sequence: i64) {
        self.sql(&format!(
            "DELETE FROM leaf WHERE sequence = {sequence};
             UPDATE leaf SET sequence = -sequence WHERE sequence > {sequence};
             UPDATE leaf SET sequence = -sequence - 1 WHERE sequence < 0"
        ));
    }

    /// Puts a leaf between others.
    pub fn insert_leaf(&self, sequence: i64, record: &str) {
        self.sql(&format!(
            "UPDATE leaf SET sequence = -sequence WHERE sequence >= {sequence};
             UPDATE leaf SET sequence = -sequence + 1 WHERE sequence < 0;
             INSERT INTO leaf (sequence, record, hash) VALUES ({sequence}, '{record}', zeroblob(32))"
        ));
    }

    /// Exchanges two leaves.
    pub fn swap_leaves(&self, one: i64, two: i64) {
        self.sql(&format!(
            "UPDATE leaf SET sequence = -1 WHERE sequence = {one};
             UPDATE leaf SET sequence = {one} WHERE sequence = {two};
             UPDATE leaf SET sequence = {two} WHERE sequence = -1"
        ));
    }

    /// Cuts the log off, with the checkpoints that know better, so that the file agrees with itself.
    pub fn cut_off(&self, size: i64) {
        self.sql(&format!(
            "DELETE FROM leaf WHERE sequence >= {size};
             DELETE FROM checkpoint WHERE size > {size};
             DELETE FROM body_template WHERE template_id NOT IN
                 (SELECT template_id FROM leaf WHERE template_id IS NOT NULL)"
        ));
        self.make_consistent();
    }

    /// Writes another story: in every answer with this template the operation has ended. All digests, hashes,
    /// subtrees and rows follow.
    pub fn write_anew(&self, template_id: i64) {
        self.work(|connection| {
            let template = self.forge_template(connection, template_id);
            let answers: Vec<Answer> = connection
                .prepare(
                    "SELECT sequence, record, request_id_offset, request_id FROM leaf WHERE template_id = ?1",
                )
                .unwrap()
                .query_map([template_id], |row| {
                    let offset: Option<isize> = row.get(2)?;
                    let offset = offset.map(isize::cast_unsigned);
                    Ok((row.get(0)?, row.get(1)?, offset.zip(row.get(3)?)))
                })
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            assert!(!answers.is_empty());
            for (sequence, record, request_id) in answers {
                let cut = request_id.as_ref().map(|(at, id)| (*at, id.as_str()));
                let told = body::join(&template.told, cut).unwrap();
                let forged = body::join(&template.forged, cut).unwrap();
                let digest = |body: &[u8]| Digest::of(body).to_string();
                let record = record.replace(&digest(&told), &digest(&forged));
                connection
                    .execute(
                        "UPDATE leaf SET record = ?2 WHERE sequence = ?1",
                        params![sequence, record],
                    )
                    .unwrap();
            }
        });
        self.make_consistent();
    }

    /// Puts another template in place of one, and tells both.
    fn forge_template(&self, connection: &Connection, template_id: i64) -> Forged {
        let (codec, length, data): (i64, isize, Vec<u8>) = connection
            .query_row(
                "SELECT codec, length, data FROM body_template WHERE template_id = ?1",
                [template_id],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .unwrap();
        let told = decompress(
            Codec::from_number(codec).unwrap(),
            &data,
            length.cast_unsigned(),
        )
        .unwrap();
        let text = String::from_utf8(told.clone()).unwrap();
        let forged = text.replace(STORY.0, STORY.1).into_bytes();
        assert_ne!(told, forged);
        connection
            .execute(
                "UPDATE body_template SET sha256 = ?2, codec = 0, data = ?3 WHERE template_id = ?1",
                params![template_id, Digest::of(&forged).0, forged],
            )
            .unwrap();
        Forged { told, forged }
    }

    /// The key in the state directory, for whoever can read that.
    pub fn stolen_key(&self) -> SignerKey {
        let text = fs::read_to_string(self.copy.state().join("key")).unwrap();
        text.trim_end().parse().unwrap()
    }

    /// A key of his own under the name of the log's.
    pub fn own_key(&self) -> SignerKey {
        SignerKey::generate(self.stolen_key().verifier().name(), [66; 32]).unwrap()
    }

    /// Puts another key into the leaf that names the log's.
    pub fn name_key(&self, key: &SignerKey) {
        let known = self.stolen_key().verifier().to_string();
        let sequence = self.open().query_row(
            "SELECT sequence FROM key_event WHERE change = 'made'",
            [],
            |row| row.get(0),
        );
        self.edit_leaf(sequence.unwrap(), |record| {
            record.replace(&known, &key.verifier().to_string())
        });
        self.make_consistent();
    }

    /// Signs every checkpoint of the file anew, over the leaves that are there now.
    pub fn sign_rows(&self, key: &SignerKey) {
        self.work(|connection| {
            let sizes: Vec<i64> = connection
                .prepare("SELECT size FROM checkpoint")
                .unwrap()
                .query_map([], |row| row.get(0))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            let hashes = hashes(connection);
            for size in sizes {
                let (root, note) = signed(&hashes, size, key);
                connection
                    .execute(
                        "UPDATE checkpoint SET root = ?2, note = ?3 WHERE size = ?1",
                        params![size, root, note],
                    )
                    .unwrap();
            }
        });
    }

    /// Signs the leaves up to `size` as the newest checkpoint of the state directory.
    pub fn sign_state(&self, key: &SignerKey, size: i64) {
        let (_, note) = signed(&hashes(&self.open()), size, key);
        fs::write(self.copy.state().join("checkpoint"), note).unwrap();
    }

    /// Puts a key into the state directory.
    pub fn write_key(&self, key: &SignerKey) {
        let line = format!("{}\n", &*key.secret_text());
        fs::write(self.copy.state().join("key"), line).unwrap();
    }

    /// Removes all that the state directory knows.
    pub fn remove_state(&self) {
        fs::remove_dir_all(self.copy.state()).unwrap();
    }

    /// Puts the database that was there after the first run in the place of this one.
    pub fn put_older_database(&self) {
        let older = scene().older().join("optrail.db");
        fs::copy(older, self.copy.database()).unwrap();
    }

    /// The same with the state directory.
    pub fn put_older_state(&self) {
        let older = scene().older().join("state/optrail").join(&scene().log);
        fs::copy(
            older.join("checkpoint"),
            self.copy.state().join("checkpoint"),
        )
        .unwrap();
    }
}

/// Sequence, record, and the RequestId with its place.
type Answer = (i64, String, Option<(usize, String)>);

struct Forged {
    told: Vec<u8>,
    forged: Vec<u8>,
}

fn records(connection: &Connection) -> Vec<(i64, String)> {
    connection
        .prepare("SELECT sequence, record FROM leaf ORDER BY sequence")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

fn hashes(connection: &Connection) -> Vec<Hash> {
    connection
        .prepare("SELECT hash FROM leaf ORDER BY sequence")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap()
}

fn signed(hashes: &[Hash], size: i64, key: &SignerKey) -> (Hash, String) {
    let head = Checkpoint {
        origin: key.verifier().name().to_owned(),
        size: size.try_into().unwrap(),
        root: root_of_hashes(&hashes[..usize::try_from(size).unwrap()]),
    };
    let note = checkpoint::sign(&head, key).unwrap();
    (head.root, note.to_string())
}
