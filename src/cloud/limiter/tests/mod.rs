//! The limiter against clouds that are made up.
