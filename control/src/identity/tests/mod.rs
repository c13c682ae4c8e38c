mod setup;
mod sign_in;
mod web_sessions;
