//! The statements that make the file: tables and indexes as the migrations have them, then the views.

use crate::store::dictionary::View;
use crate::store::{migrate, views};

/// The statements, which make an empty file of the same schema. Tables come with the whole of it only.
pub(super) fn write(chosen: &[&View], with_tables: bool) -> String {
    let mut text = String::new();
    if with_tables {
        for migration in migrate::definitions() {
            text.push_str(migration.trim_end());
            text.push_str("\n\n");
        }
    }
    for view in chosen {
        text.push_str(&format!("-- {}\n", view.row));
        text.push_str(views::statement(view.name).unwrap_or_default());
        text.push_str(";\n\n");
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::{catalogue, dictionary, open};

    #[test]
    fn they_make_the_schema_of_a_new_file() {
        let home = tempfile::tempdir().unwrap();
        let new = open::create(&home.path().join("optrail.db")).unwrap();
        let mut wanted = catalogue::objects(&new.connection).unwrap();
        // The record of migrations is made by what applies them.
        wanted.retain(|(_, name), _| !name.contains("refinery_schema_history"));
        let made = crate::store::Connection::open_in_memory().unwrap();
        let views: Vec<&View> = dictionary::all().iter().collect();
        made.execute_batch(&write(&views, true)).unwrap();
        assert_eq!(catalogue::objects(&made).unwrap(), wanted);
    }
}
