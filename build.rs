//! Makes cargo notice a new migration file: `embed_migrations!` only tracks the files it already knows.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
