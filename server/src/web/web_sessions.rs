//! The store behind `tower-sessions`: web sessions in the database of the control plane, under the hash of their id.

use async_trait::async_trait;
use machinaut_control::Control;
use machinaut_control::clock::Moment;
use machinaut_control::identity::web_sessions::{self, WebSession};
use secrecy::SecretString;
use tower_sessions::SessionStore;
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

/// Web sessions in the database.
#[derive(Clone)]
pub(super) struct Store {
    control: Control,
}

impl Store {
    pub(super) fn new(control: Control) -> Self {
        Self { control }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> Result<()> {
        while !web_sessions::create(&self.control, &secret(record.id), kept(record)?)
            .await
            .map_err(|error| backend(&error))?
        {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        web_sessions::save(&self.control, &secret(record.id), kept(record)?)
            .await
            .map_err(|error| backend(&error))
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = web_sessions::load(&self.control, &secret(*id))
            .await
            .map_err(|error| backend(&error))?;
        found.map(|session| read(*id, &session)).transpose()
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        web_sessions::delete(&self.control, &secret(*id))
            .await
            .map_err(|error| backend(&error))
    }
}

fn secret(id: Id) -> SecretString {
    SecretString::from(id.to_string())
}

fn kept(record: &Record) -> Result<WebSession> {
    let data =
        serde_json::to_string(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
    let millis = record.expiry_date.unix_timestamp_nanos() / 1_000_000;
    let expires_at = i64::try_from(millis).map_err(|error| Error::Encode(error.to_string()))?;
    Ok(WebSession {
        data,
        expires_at: Moment::from_millis(expires_at),
    })
}

fn read(id: Id, session: &WebSession) -> Result<Record> {
    let data =
        serde_json::from_str(&session.data).map_err(|error| Error::Decode(error.to_string()))?;
    let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(
        i128::from(session.expires_at.millis()) * 1_000_000,
    )
    .map_err(|error| Error::Decode(error.to_string()))?;
    Ok(Record {
        id,
        data,
        expiry_date,
    })
}

fn backend(error: &machinaut_control::Error) -> Error {
    Error::Backend(error.to_string())
}
