//! `machinaut rehearse`, against a real server with the clock of the world.

use std::ffi::OsString;

use machinaut_chain::approval::ResolutionKind;
use machinaut_chain::timestamp::Instant;
use machinaut_control::holds::delivery::Stage;
use machinaut_control::holds::{self, HoldRow};
use machinaut_control::identity::{self, SetUp};
use machinaut_control::tokens::{self, NewToken};
use machinaut_control::{Control, Grant, LocalOperator, Scope, orgs};
use machinaut_server::cli::{Serving, run};
use machinaut_server::settings::Settings;
use secrecy::{ExposeSecret, SecretString};

use crate::approver::{APPROVER, Approver, decide};
use crate::house::until;

/// A server with an owner, an approver and a token.
struct Theatre {
    serving: Serving,
    scope: Scope,
    alice: Approver,
    token: String,
    folder: tempfile::TempDir,
}

impl Theatre {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let no_file = tempfile::NamedTempFile::new().unwrap();
        let variables = [
            ("MACHINAUT_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
            (
                "MACHINAUT_DATA_DIR".to_owned(),
                folder.path().display().to_string(),
            ),
        ];
        let settings = Settings::load(Some(no_file.path()), variables).unwrap();
        let serving = Serving::start(&settings).await.unwrap();
        let (scope, token) = people(serving.control()).await;
        let alice = Approver::registered(&scope, serving.control()).await;
        Self {
            serving,
            scope,
            alice,
            token,
            folder,
        }
    }

    fn control(&self) -> &Control {
        self.serving.control()
    }

    /// The list of pinned keys, as the page Keys shows it.
    fn pins(&self) -> String {
        let list =
            serde_json::json!([{ "actor_id": APPROVER, "public_key": self.alice.key().to_pem() }]);
        let path = self.folder.path().join("keys.json");
        std::fs::write(&path, format!("\"authorized_keys\": {list}")).unwrap();
        path.display().to_string()
    }

    /// Plays a rehearsal: exit code, standard output, standard error.
    async fn rehearse(&self, options: &[&str]) -> (u8, String, String) {
        let endpoint = format!("http://{}", self.serving.address());
        let usual = [
            "machinaut",
            "rehearse",
            "--endpoint",
            &endpoint,
            "--silence-ms",
            "0",
        ];
        let arguments: Vec<OsString> = usual.iter().chain(options).map(OsString::from).collect();
        let environment = vec![(
            OsString::from("MACHINAUT_TOKEN"),
            OsString::from(&self.token),
        )];
        tokio::task::spawn_blocking(move || {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let code = run(arguments, environment, &mut out, &mut err);
            (
                code,
                String::from_utf8(out).unwrap(),
                String::from_utf8(err).unwrap(),
            )
        })
        .await
        .unwrap()
    }

    /// Decides the hold once it has been shipped.
    async fn decides(&self, kind: ResolutionKind) {
        until(async || self.rows().await.iter().any(|row| row.session.is_some())).await;
        let rows = self.rows().await;
        let about = (
            rows[0].request_id.as_deref().unwrap(),
            rows[0].action_id.as_deref().unwrap(),
        );
        let now = Instant::from_millis(self.control().now().millis());
        let signed = self.alice.decides(about, kind, now);
        decide(&self.scope, self.control(), &signed).await;
    }

    async fn rows(&self) -> Vec<HoldRow> {
        let inbox = holds::inbox(&self.scope, self.control()).await.unwrap();
        inbox
            .waiting
            .into_iter()
            .chain(inbox.past)
            .chain(inbox.ended)
            .collect()
    }

    async fn stage(&self) -> Stage {
        self.rows().await[0].decision.as_ref().unwrap().stage
    }
}

async fn people(control: &Control) -> (Scope, String) {
    let operator = LocalOperator::at_the_console();
    orgs::create(operator, control, "acme").await.unwrap();
    let link = identity::issue_setup_link(operator, control, "acme")
        .await
        .unwrap();
    let with = SetUp {
        organisation: None,
        name: "Ada".to_owned(),
        email: "ada@acme.example".to_owned(),
        password: SecretString::from("correct horse battery"),
    };
    let signed_in = identity::setup(control, &link.secret, with).await.unwrap();
    let scope = identity::scope_for(control, signed_in.sign_in)
        .await
        .unwrap();
    let new = NewToken {
        name: "rehearsal".to_owned(),
        grants: Grant::ALL.to_vec(),
        project: None,
    };
    let (_, token) = tokens::create(&scope, control, new).await.unwrap();
    (scope, token.expose_secret().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_granted_rehearsal_ends_confirmed_in_the_log() {
    let theatre = Theatre::open().await;
    let pins = theatre.pins();
    let options = ["--pins", pins.as_str(), "--timeout", "60"];
    let ((code, out, err), ()) = tokio::join!(
        theatre.rehearse(&options),
        theatre.decides(ResolutionKind::Granted)
    );
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(
        out.contains("GRANTED by alice@phone") && out.contains("The action proceeded"),
        "{out}"
    );
    assert_eq!(theatre.stage().await, Stage::Confirmed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_rehearsal_says_that_the_action_was_not_run() {
    let theatre = Theatre::open().await;
    let pins = theatre.pins();
    let options = ["--pins", pins.as_str(), "--timeout", "60"];
    let ((code, out, _), ()) = tokio::join!(
        theatre.rehearse(&options),
        theatre.decides(ResolutionKind::Denied)
    );
    assert_eq!(code, 0, "{out}");
    assert!(
        out.contains("DENIED by alice@phone") && out.contains("was not run"),
        "{out}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_pinned_key_every_decision_is_refused_and_the_server_notices() {
    let theatre = Theatre::open().await;
    let options = ["--timeout", "5"];
    let ((code, out, _), ()) = tokio::join!(
        theatre.rehearse(&options),
        theatre.decides(ResolutionKind::Granted)
    );
    assert_eq!(code, 4, "{out}");
    assert!(
        out.contains("REFUSED a decision by alice@phone: no key is pinned"),
        "{out}"
    );
    assert_eq!(theatre.stage().await, Stage::Refused);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_that_nobody_decides_ends_at_its_deadline() {
    let theatre = Theatre::open().await;
    let pins = theatre.pins();
    let (code, out, _) = theatre.rehearse(&["--pins", &pins, "--timeout", "1"]).await;
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("deadline passed"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_nobody_knows_is_one_sentence() {
    let theatre = Theatre {
        token: "mnt_nonsense".to_owned(),
        ..Theatre::open().await
    };
    let (code, _, err) = theatre.rehearse(&["--timeout", "5"]).await;
    assert_eq!(code, 1);
    assert!(
        err.contains("refused the announcement with 401") && err.lines().count() == 1,
        "{err}"
    );
    assert!(!err.contains("mnt_nonsense"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_keys_is_refused_before_anything_is_sent() {
    let theatre = Theatre::open().await;
    let path = theatre.folder.path().join("empty.json");
    std::fs::write(&path, "[]").unwrap();
    let (code, _, err) = theatre
        .rehearse(&["--pins", &path.display().to_string()])
        .await;
    assert_eq!(code, 2);
    assert!(err.contains("authorized_keys"), "{err}");
    assert_eq!(theatre.rows().await, []);
}
