//! Where this browser keeps its keys: one IndexedDB store, by public key.

use js_sys::{Array, Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    CryptoKey, IdbDatabase, IdbObjectStore, IdbObjectStoreParameters, IdbOpenDbRequest, IdbRequest,
    IdbTransaction, IdbTransactionMode,
};

use super::{BrowserKey, Error};

const DATABASE: &str = "machinaut-signer";
const VERSION: u32 = 1;
const STORE: &str = "keys";
const PUBLIC_KEY: &str = "public_key";
const APPROVER_ID: &str = "approver_id";
const PRIVATE_KEY: &str = "private_key";

pub(super) struct Vault(IdbDatabase);

impl Vault {
    pub(super) async fn open() -> Result<Self, Error> {
        let factory = window()
            .indexed_db()
            .ok()
            .flatten()
            .ok_or(Error::NoStorage)?;
        let request = factory
            .open_with_u32(DATABASE, VERSION)
            .map_err(|_| Error::NoStorage)?;
        let making = {
            let request = request.clone();
            Closure::once(move || make_store(&request))
        };
        request.set_onupgradeneeded(Some(making.as_ref().unchecked_ref()));
        let database = answer(&request).await.map_err(|_| Error::NoStorage)?;
        Ok(Self(database.dyn_into().map_err(|_| Error::NoStorage)?))
    }

    /// Keeps a key until it is removed; asks the browser not to clear it away when space is short.
    pub(super) async fn put(&self, key: &BrowserKey, private: &CryptoKey) -> Result<(), Error> {
        let record = Object::new();
        for (name, value) in [
            (PUBLIC_KEY, JsValue::from_str(&key.public_key)),
            (APPROVER_ID, JsValue::from_str(&key.approver_id)),
            (PRIVATE_KEY, private.into()),
        ] {
            Reflect::set(&record, &name.into(), &value).map_err(|_| Error::Failed)?;
        }
        let (transaction, store) = self.store(IdbTransactionMode::Readwrite)?;
        store.put(&record).map_err(|_| Error::NoStorage)?;
        done(&transaction).await?;
        if let Ok(asked) = window().navigator().storage().persist() {
            // A browser that says no keeps the key all the same, only less firmly.
            drop(JsFuture::from(asked).await);
        }
        Ok(())
    }

    pub(super) async fn remove(&self, key: &BrowserKey) -> Result<(), Error> {
        let (transaction, store) = self.store(IdbTransactionMode::Readwrite)?;
        store
            .delete(&key.public_key.as_str().into())
            .map_err(|_| Error::NoStorage)?;
        done(&transaction).await
    }

    pub(super) async fn list(&self) -> Result<Vec<BrowserKey>, Error> {
        let (_, store) = self.store(IdbTransactionMode::Readonly)?;
        let records = answer(&store.get_all().map_err(|_| Error::NoStorage)?).await?;
        Ok(Array::from(&records)
            .iter()
            .filter_map(|record| key_of(&record))
            .collect())
    }

    pub(super) async fn private_half(&self, key: &BrowserKey) -> Result<CryptoKey, Error> {
        let (_, store) = self.store(IdbTransactionMode::Readonly)?;
        let found = store
            .get(&key.public_key.as_str().into())
            .map_err(|_| Error::NoStorage)?;
        let record = answer(&found).await?;
        let private = if record.is_object() {
            Reflect::get(&record, &PRIVATE_KEY.into()).ok()
        } else {
            None
        };
        private
            .and_then(|private| private.dyn_into().ok())
            .ok_or_else(|| Error::NoKey {
                approver_id: key.approver_id.clone(),
            })
    }

    fn store(&self, mode: IdbTransactionMode) -> Result<(IdbTransaction, IdbObjectStore), Error> {
        let transaction = self
            .0
            .transaction_with_str_and_mode(STORE, mode)
            .map_err(|_| Error::NoStorage)?;
        let store = transaction
            .object_store(STORE)
            .map_err(|_| Error::NoStorage)?;
        Ok((transaction, store))
    }
}

impl Drop for Vault {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn make_store(request: &IdbOpenDbRequest) {
    let by_public_key = IdbObjectStoreParameters::new();
    by_public_key.set_key_path(&PUBLIC_KEY.into());
    let database = request
        .result()
        .ok()
        .and_then(|result| result.dyn_into::<IdbDatabase>().ok());
    if let Some(database) = database {
        // It fails only where the store is there already; opening a transaction shows whether it is.
        drop(database.create_object_store_with_optional_parameters(STORE, &by_public_key));
    }
}

fn key_of(record: &JsValue) -> Option<BrowserKey> {
    let text = |name: &str| {
        Reflect::get(record, &name.into())
            .ok()
            .and_then(|value| value.as_string())
    };
    Some(BrowserKey {
        approver_id: text(APPROVER_ID)?,
        public_key: text(PUBLIC_KEY)?,
    })
}

async fn answer(request: &IdbRequest) -> Result<JsValue, Error> {
    let answered = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    JsFuture::from(answered)
        .await
        .map_err(|_| Error::NoStorage)?;
    request.result().map_err(|_| Error::NoStorage)
}

/// When it is on disk, not before.
async fn done(transaction: &IdbTransaction) -> Result<(), Error> {
    let completed = Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
        transaction.set_onerror(Some(&reject));
    });
    JsFuture::from(completed)
        .await
        .map(drop)
        .map_err(|_| Error::NoStorage)
}
