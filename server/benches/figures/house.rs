//! The server inside of this process, over its default database in a folder of its own, for what is measured
//! from within; and those who use it.

use std::net::SocketAddr;

use machinaut_control::identity::{self, SetUp};
use machinaut_control::tokens::{self, NewToken};
use machinaut_control::{Control, Grant, LocalOperator, Scope, orgs};
use machinaut_server::cli::Serving;
use machinaut_server::settings::Settings;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::runtime::Runtime;

use crate::http::Caller;
use crate::table::folder;

/// The organisation, and the password of its owner.
const ORGANISATION: &str = "acme";
const OWNER: &str = "owner@acme.example";
const PASSWORD: &str = "correct horse battery";

/// A server with an owner and a machine's token.
pub(crate) struct House {
    pub(crate) runtime: Runtime,
    pub(crate) scope: Scope,
    pub(crate) token: String,
    serving: Option<Serving>,
    folder: tempfile::TempDir,
}

impl House {
    /// A server in a new folder.
    pub(crate) fn open() -> Self {
        let folder = folder();
        let runtime = Runtime::new().unwrap();
        let (serving, scope, token) = runtime.block_on(async {
            let settings = folder.path().join("machinaut.toml");
            std::fs::write(&settings, "").unwrap();
            let variables = [
                ("MACHINAUT_LISTEN", "127.0.0.1:0".to_owned()),
                ("MACHINAUT_DATA_DIR", folder.path().display().to_string()),
            ];
            let variables = variables.map(|(name, value)| (name.to_owned(), value));
            let settings = Settings::load(Some(&settings), variables).unwrap();
            let serving = Serving::start(&settings).await.unwrap();
            let (scope, token) = settle(serving.control()).await;
            (serving, scope, token)
        });
        Self {
            runtime,
            scope,
            token,
            serving: Some(serving),
            folder,
        }
    }

    /// How many bytes the search index has on the disk.
    pub(crate) fn index_bytes(&self) -> u64 {
        let index = self.folder.path().join("search").join("links");
        let files = std::fs::read_dir(index).unwrap();
        // A file may go away meanwhile, when pieces of the index are merged.
        let sizes = files.filter_map(|file| Some(file.ok()?.metadata().ok()?.len()));
        sizes.sum()
    }

    fn serving(&self) -> &Serving {
        self.serving.as_ref().unwrap()
    }

    pub(crate) fn control(&self) -> &Control {
        self.serving().control()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.serving().address()
    }

    /// How many questions of guards are held open.
    pub(crate) fn waiting(&self) -> usize {
        self.serving().waiting()
    }

    /// A caller with the machine's token.
    pub(crate) fn caller(&self) -> Caller {
        Caller::with_token(self.address(), &self.token)
    }

    /// A browser of the owner, signed in.
    pub(crate) fn browser(&self) -> Caller {
        let mut stranger = Caller::new(
            self.address(),
            &[
                ("content-type", "application/x-www-form-urlencoded"),
                ("accept", "application/json"),
                ("sec-fetch-site", "same-origin"),
            ],
        );
        let form = format!(
            "email={}&password={}&next=%2Finbox",
            OWNER.replace('@', "%40"),
            PASSWORD.replace(' ', "+")
        );
        let answer = stranger.send("POST", "/api/sign_in", form.as_bytes());
        let cookie = answer
            .cookie
            .unwrap_or_else(|| panic!("no cookie: {}", answer.status));
        Caller::new(
            self.address(),
            &[("cookie", &cookie), ("accept", "text/html")],
        )
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(serving) = self.serving.take() {
            let _ = self.runtime.block_on(serving.stop());
        }
    }
}

/// Founds an organisation, with an owner and a machine.
async fn settle(control: &Control) -> (Scope, String) {
    let operator = LocalOperator::at_the_console;
    let _ = orgs::create(operator(), control, ORGANISATION).await;
    let link = identity::issue_setup_link(operator(), control, ORGANISATION)
        .await
        .unwrap();
    let owner = SetUp {
        organisation: None,
        name: "Ada".to_owned(),
        email: OWNER.to_owned(),
        password: SecretString::from(PASSWORD),
    };
    let signed_in = identity::setup(control, &link.secret, owner).await.unwrap();
    let scope = identity::scope_for(control, signed_in.sign_in)
        .await
        .unwrap();
    let machine = NewToken {
        name: "bench".to_owned(),
        grants: Grant::ALL.to_vec(),
        project: None,
    };
    let (_, token) = tokens::create(&scope, control, machine).await.unwrap();
    (scope, token.expose_secret().to_owned())
}
