//! Reads a bundle and checks what needs no more than hashes and proofs. The container is read by code of the test's own.

use std::collections::BTreeMap;

use optrail::evidence::checkpoint::Checkpoint;
use optrail::evidence::digest::Digest;
use optrail::evidence::note::{Note, VerifierKey};
use optrail::evidence::tlog_proof::TlogProof;
use optrail::evidence::tree::{leaf_hash, verify_consistency, verify_inclusion};
use serde_json::Value;

/// Bytes of a block.
const BLOCK: usize = 512;

/// The files of a bundle.
pub type Files = BTreeMap<String, Vec<u8>>;

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0);
    String::from_utf8(bytes[..end.unwrap_or(bytes.len())].to_vec()).unwrap()
}

/// Reads the container: plain files in the order of their names, and nothing else.
pub fn read(tar: &[u8]) -> Result<Files, String> {
    let mut files = Files::new();
    let mut at = 0;
    loop {
        let block = tar.get(at..at + BLOCK).ok_or("cut off")?;
        if block.iter().all(|byte| *byte == 0) {
            break;
        }
        let number = |from: usize, digits: usize| {
            u64::from_str_radix(&text(&block[from..from + digits]), 8).map_err(|e| e.to_string())
        };
        let mut blank = block.to_vec();
        blank[148..156].fill(b' ');
        let sum: u64 = blank.iter().map(|byte| u64::from(*byte)).sum();
        let name = text(&block[..100]);
        if number(148, 6)? != sum || &block[154..156] != b"\0 " {
            return Err(format!("{name}: wrong sum"));
        }
        let head = (
            number(100, 7)?,
            number(108, 7)?,
            number(116, 7)?,
            number(136, 11)?,
        );
        if head != (0o644, 0, 0, 0) || block[156] != b'0' || &block[257..265] != b"ustar\x0000" {
            return Err(format!("{name}: not the usual header"));
        }
        if block[157..257]
            .iter()
            .chain(&block[265..329])
            .chain(&block[345..])
            .any(|byte| *byte != 0)
        {
            return Err(format!("{name}: owner, link or prefix"));
        }
        let size = number(124, 11)? as usize;
        let padded = size.div_ceil(BLOCK) * BLOCK;
        let content = tar.get(at + BLOCK..at + BLOCK + padded).ok_or("cut off")?;
        if content[size..].iter().any(|byte| *byte != 0) {
            return Err(format!("{name}: padding"));
        }
        if files
            .last_key_value()
            .is_some_and(|(last, _)| *last >= name)
        {
            return Err(format!("{name}: out of order"));
        }
        files.insert(name, content[..size].to_vec());
        at += BLOCK + padded;
    }
    match tar[at..] == [0; 2 * BLOCK] {
        true => Ok(files),
        false => Err("the end".to_owned()),
    }
}

/// What a bundle is about, when it holds.
pub struct Checked {
    pub files: Files,
    pub head: Checkpoint,
    pub leaves: BTreeMap<i64, Value>,
    pub statement: Value,
}

/// Checks the container, the manifest, the signature, each proof and each body.
pub fn check(tar: &[u8], key: &VerifierKey) -> Result<Checked, String> {
    let files = read(tar)?;
    let file = |name: &str| files.get(name).ok_or_else(|| format!("{name} is missing"));
    let others = files.iter().filter(|(name, _)| *name != "MANIFEST");
    let manifest: String = others
        .map(|(name, bytes)| format!("{}  {name}\n", Digest::of(bytes)))
        .collect();
    if file("MANIFEST")? != manifest.as_bytes() {
        return Err("MANIFEST".to_owned());
    }
    let note = Note::parse(file("checkpoint")?).map_err(|e| e.to_string())?;
    let head = optrail::evidence::checkpoint::open(&note, key).map_err(|e| e.to_string())?;
    let mut leaves = BTreeMap::new();
    let mut bodies = Vec::new();
    for (name, bytes) in &files {
        let Some(number) = name.strip_prefix("leaves/") else {
            continue;
        };
        let number: i64 = number.strip_suffix(".json").ok_or("name")?.parse().unwrap();
        let proof = file(&format!("proofs/{number}.tlog-proof"))?;
        let proof = std::str::from_utf8(proof).map_err(|e| e.to_string())?;
        let proof: TlogProof = proof.parse().map_err(|e| format!("{name}: {e}"))?;
        if proof.index != number as u64 || proof.checkpoint.as_bytes() != file("checkpoint")? {
            return Err(format!("{name}: the proof is of another leaf"));
        }
        // The checkpoint in it is the one whose signature was checked above.
        let hash = leaf_hash(bytes);
        verify_inclusion(proof.index, head.size, &hash, &proof.hashes, &head.root)
            .map_err(|e| format!("{name}: {e}"))?;
        let leaf: Value = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        if let Some(body) = leaf["body"].as_str() {
            let content = file(&format!("bodies/{body}"))?;
            if Digest::of(content).to_string() != body || leaf["length"] != content.len() {
                return Err(format!("{name}: body"));
            }
            bodies.push(format!("bodies/{body}"));
        }
        leaves.insert(number, leaf);
    }
    bodies.sort();
    bodies.dedup();
    let is_body = |name: &&String| name.starts_with("bodies/");
    if !files.keys().filter(is_body).eq(&bodies) {
        return Err("bodies that no leaf names".to_owned());
    }
    check_consistency(&files, &head, key)?;
    let statement = serde_json::from_slice(file("statement.json")?).map_err(|e| e.to_string())?;
    Ok(Checked {
        head,
        leaves,
        statement,
        files: files.clone(),
    })
}

/// Each checkpoint that was held, and the way from it.
fn check_consistency(files: &Files, head: &Checkpoint, key: &VerifierKey) -> Result<(), String> {
    use base64::Engine as _;
    for (name, bytes) in files
        .iter()
        .filter(|(name, _)| name.starts_with("checkpoints/"))
    {
        let note = Note::parse(bytes).map_err(|e| e.to_string())?;
        let held = optrail::evidence::checkpoint::open(&note, key).map_err(|e| e.to_string())?;
        assert_eq!(*name, format!("checkpoints/{}", held.size));
        let proof = &files[&format!("consistency/{}-{}", held.size, head.size)];
        let proof = std::str::from_utf8(proof).unwrap();
        let (top, end) = proof.split_once("\n\n").unwrap();
        assert_eq!(end.as_bytes(), files["checkpoint"]);
        let mut lines = top.lines();
        assert_eq!(lines.next().unwrap(), format!("old {}", held.size));
        let decode = |line| {
            base64::engine::general_purpose::STANDARD
                .decode(line)
                .unwrap()
        };
        let hashes: Vec<[u8; 32]> = lines.map(|line| decode(line).try_into().unwrap()).collect();
        verify_consistency(held.size, head.size, &held.root, &head.root, &hashes)
            .map_err(|e| format!("{name}: {e}"))?;
    }
    Ok(())
}

impl Checked {
    /// The rows of a table by column. NULL and the empty text are the same here.
    pub fn table(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_reader(self.files[&format!("{name}.csv")].as_slice());
        let columns = reader.headers().unwrap().clone();
        let row = |record: csv::StringRecord| {
            let pairs = columns.iter().zip(record.iter());
            pairs.map(|(c, v)| (c.to_owned(), v.to_owned())).collect()
        };
        reader
            .records()
            .map(|record| row(record.unwrap()))
            .collect()
    }
}
