-- Evidence: what was asked and answered, in order, never changed. Everything else in this file can be
-- made again from these three tables. Insert-only: the triggers below guard against our own mistakes;
-- against anybody else stands the hash tree, checked by `optrail verify`.

-- Answers without their RequestId. Every answer of the cloud bears a fresh RequestId, so whole bodies
-- never repeat; without it an unchanged answer is stored once.
CREATE TABLE body_template (
    template_id INTEGER PRIMARY KEY, -- number of the template, in order of first use
    sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32), -- SHA-256 of the uncompressed template
    length INTEGER NOT NULL CHECK (length >= 0), -- bytes of the uncompressed template
    codec INTEGER NOT NULL CHECK (codec IN (0, 1)), -- how data is stored: 0 as it is, 1 zstd
    data BLOB NOT NULL -- the template
) STRICT;

-- Every event of the recorder's life: one line of JSON each, hashed as stored into an RFC 6962 Merkle tree.
CREATE TABLE leaf (
    sequence INTEGER PRIMARY KEY CHECK (sequence >= 0), -- place in the tree, from 0 without gap
    record TEXT NOT NULL, -- the leaf: one line of JSON, hashed exactly as it stands here
    hash BLOB NOT NULL CHECK (length(hash) = 32), -- SHA-256(0x00 || record)
    template_id INTEGER REFERENCES body_template (template_id), -- body that belongs to the leaf; NULL without one
    request_id_offset INTEGER CHECK (request_id_offset >= 0), -- byte offset at which request_id goes back into the template
    request_id TEXT, -- RequestId cut out of the body; NULL where the body has not exactly one
    CHECK ((request_id IS NULL) = (request_id_offset IS NULL)),
    CHECK (request_id IS NULL OR template_id IS NOT NULL)
) STRICT;

-- Roots of complete subtrees of 256 leaves: a cache, so that the root of a large tree is cheap.
CREATE TABLE subtree (
    number INTEGER PRIMARY KEY CHECK (number >= 0), -- the subtree over leaves 256 * number up to 256 * number + 255
    hash BLOB NOT NULL CHECK (length(hash) = 32) -- its RFC 6962 root
) STRICT;

CREATE TRIGGER body_template_is_append_only_update BEFORE UPDATE ON body_template
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER body_template_is_append_only_delete BEFORE DELETE ON body_template
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER leaf_is_append_only_update BEFORE UPDATE ON leaf
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER leaf_is_append_only_delete BEFORE DELETE ON leaf
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER subtree_is_append_only_update BEFORE UPDATE ON subtree
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
CREATE TRIGGER subtree_is_append_only_delete BEFORE DELETE ON subtree
BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
