//! Signing in the browser.
