//! The database schema, one file a step.
