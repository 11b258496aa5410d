//! A file with a year of gaps is read at once.
