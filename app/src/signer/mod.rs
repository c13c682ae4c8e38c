//! Signing in the browser: a document goes in, a signature comes out.
//!
//! This is the one place that touches WebCrypto and IndexedDB. A key is generated here as *not
//! extractable*: the browser signs with its private half and gives it to nobody, not even to this
//! page. It lies in IndexedDB as the browser's own object. Only the public half is ever read.
//!
//! What is signed is made of the document in here, with the same code that the server and the
//! rehearsed guard use, so that nothing but the document that a person has seen can be signed.

#[cfg(feature = "hydrate")]
mod vault;
#[cfg(feature = "hydrate")]
mod web_crypto;

#[cfg(feature = "hydrate")]
pub use browser::{forget, keys, make, sign};

/// The public half of a key whose private half is in this browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserKey {
    /// The approver id that it was made for.
    pub approver_id: String,
    /// The public half: SPKI in base64. It tells keys apart; approver ids may repeat between
    /// organisations.
    pub public_key: String,
}

/// Why this browser cannot make a key or sign. `Display` is the sentence for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The page came over plain http from another machine.
    NotSecure,
    /// The browser knows no Ed25519.
    NoEd25519,
    /// The browser keeps nothing for this site.
    NoStorage,
    /// The key is not in this browser.
    NoKey {
        /// Whose key it is.
        approver_id: String,
    },
    /// The document names another approver than the key.
    OtherApprover,
    /// The browser did not do it, and said no more.
    Failed,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotSecure => f.write_str(
                "This page did not come over https, so the browser offers it no keys. Open it by its https address.",
            ),
            Self::NoEd25519 => f.write_str(
                "This browser cannot make Ed25519 keys. A current Chrome, Edge, Firefox or Safari can.",
            ),
            Self::NoStorage => f.write_str(
                "This browser keeps nothing for this site, as in private browsing, so it cannot hold a key.",
            ),
            Self::NoKey { approver_id } => {
                write!(f, "The key of {approver_id} is not in this browser. It was made in another one, or its data was cleared.")
            }
            Self::OtherApprover => {
                f.write_str("The document names another approver than the key. Nothing was signed.")
            }
            Self::Failed => f.write_str("The browser could not sign. Nothing was sent; try again."),
        }
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use machinaut_chain::{approval::Document, signature::Signature};

    use super::{BrowserKey, Error, vault::Vault, web_crypto};

    /// Makes a key that cannot be exported and keeps it in this browser.
    ///
    /// # Errors
    /// Why this browser cannot.
    pub async fn make(approver_id: &str) -> Result<BrowserKey, Error> {
        let vault = Vault::open().await?;
        let pair = web_crypto::generate().await?;
        let key = BrowserKey {
            approver_id: approver_id.to_owned(),
            public_key: web_crypto::public_half(&pair.public).await?,
        };
        vault.put(&key, &pair.private).await?;
        Ok(key)
    }

    /// Drops a key from this browser, for good.
    ///
    /// # Errors
    /// Why this browser cannot.
    pub async fn forget(key: &BrowserKey) -> Result<(), Error> {
        Vault::open().await?.remove(key).await
    }

    /// The keys in this browser.
    ///
    /// # Errors
    /// Why this browser cannot hold any.
    pub async fn keys() -> Result<Vec<BrowserKey>, Error> {
        Vault::open().await?.list().await
    }

    /// Signs a document with a key in this browser.
    ///
    /// # Errors
    /// Why nothing was signed.
    pub async fn sign(document: &Document, key: &BrowserKey) -> Result<Signature, Error> {
        if document.approver_id.as_str() != Some(key.approver_id.as_str()) {
            return Err(Error::OtherApprover);
        }
        let private = Vault::open().await?.private_half(key).await?;
        let bytes = web_crypto::sign(&private, &document.signing_message()).await?;
        Ok(Signature::of(document, &bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_key_is_said_by_its_approver_id() {
        let error = Error::NoKey {
            approver_id: "ada@phone".to_owned(),
        };
        assert!(
            error
                .to_string()
                .starts_with("The key of ada@phone is not in this browser.")
        );
    }
}
