//! Makes cargo notice a new migration file: `embed_migrations!` only tracks the files it already knows. And tells the
//! program the number of the newest, which each start asks for: refinery would compile a regular expression first.

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=migrations");
    let mut newest = 0;
    for file in std::fs::read_dir("migrations")? {
        let name = file?.file_name().to_string_lossy().into_owned();
        let number = name
            .strip_prefix('V')
            .and_then(|rest| rest.split('_').next());
        newest = newest.max(number.and_then(|number| number.parse().ok()).unwrap_or(0));
    }
    println!("cargo:rustc-env=NEWEST_MIGRATION={newest}");
    Ok(())
}
