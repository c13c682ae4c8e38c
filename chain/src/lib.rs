//! What a Lodestar log says, and what follows from it.
