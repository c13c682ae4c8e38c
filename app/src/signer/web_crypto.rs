//! Ed25519 in the browser's own cryptography.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use js_sys::{Array, Promise, Reflect, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, DomException, SubtleCrypto};

use super::Error;

const ED25519: &str = "Ed25519";

pub(super) struct KeyPair {
    pub(super) public: CryptoKey,
    pub(super) private: CryptoKey,
}

/// A new pair. `false` makes the private half one that can never be exported.
pub(super) async fn generate() -> Result<KeyPair, Error> {
    let usages = Array::of2(&"sign".into(), &"verify".into());
    let pair = settled(subtle()?.generate_key_with_str(ED25519, false, &usages)).await?;
    let half = |name: &str| {
        Reflect::get(&pair, &name.into())
            .ok()
            .and_then(|half| half.dyn_into::<CryptoKey>().ok())
    };
    let (Some(public), Some(private)) = (half("publicKey"), half("privateKey")) else {
        return Err(Error::Failed);
    };
    if private.extractable() {
        return Err(Error::Failed);
    }
    Ok(KeyPair { public, private })
}

/// The SPKI of the public half, in base64.
pub(super) async fn public_half(public: &CryptoKey) -> Result<String, Error> {
    let spki = settled(subtle()?.export_key("spki", public)).await?;
    Ok(STANDARD.encode(Uint8Array::new(&spki).to_vec()))
}

pub(super) async fn sign(private: &CryptoKey, message: &[u8]) -> Result<[u8; 64], Error> {
    let signature =
        settled(subtle()?.sign_with_str_and_u8_array(ED25519, private, message)).await?;
    Uint8Array::new(&signature)
        .to_vec()
        .try_into()
        .map_err(|_| Error::Failed)
}

/// Absent where the page is not from a secure origin; touching it then would throw.
fn subtle() -> Result<SubtleCrypto, Error> {
    if !window().is_secure_context() {
        return Err(Error::NotSecure);
    }
    window()
        .crypto()
        .map(|crypto| crypto.subtle())
        .map_err(|_| Error::NotSecure)
}

async fn settled(begun: Result<Promise, JsValue>) -> Result<JsValue, Error> {
    let outcome = match begun {
        Ok(promise) => JsFuture::from(promise).await,
        Err(thrown) => Err(thrown),
    };
    outcome.map_err(|thrown| match thrown.dyn_ref::<DomException>() {
        Some(exception) if exception.name() == "NotSupportedError" => Error::NoEd25519,
        _ => Error::Failed,
    })
}
