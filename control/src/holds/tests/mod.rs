//! The whole loop, and what an attacker would try on it, on every database.

mod attacks;
mod bench;
mod decisions;
mod joining;
