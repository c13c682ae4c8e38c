//! An approver whose private key only the test knows, and the hold that is decided.

use ed25519_dalek::{Signer as _, SigningKey};
use machinaut_chain::approval::{Document, Resolution, ResolutionKind};
use machinaut_chain::sample::{Hold, Story};
use machinaut_chain::signature::{Pins, PublicKey, Signature};
use machinaut_chain::timestamp::Instant;
use machinaut_control::keys::{self, NewKey};
use machinaut_control::{Control, Scope, holds};

pub(crate) const APPROVER: &str = "alice@phone";
pub(crate) const PROJECT: &str = "infra-tools";

/// A key pair, registered under [`APPROVER`].
pub(crate) struct Approver {
    secret: SigningKey,
}

impl Approver {
    pub(crate) fn unregistered(seed: u8) -> Self {
        Self {
            secret: SigningKey::from_bytes(&[seed; 32]),
        }
    }

    pub(crate) async fn registered(scope: &Scope, control: &Control) -> Self {
        let approver = Self::unregistered(7);
        let new = NewKey {
            approver_id: APPROVER.parse().unwrap(),
            label: "phone".to_owned(),
            public_key: approver.key().to_pem(),
        };
        keys::register(scope, control, new).await.unwrap();
        approver
    }

    pub(crate) fn key(&self) -> PublicKey {
        PublicKey::from_bytes(self.secret.verifying_key().as_bytes()).unwrap()
    }

    /// What an operator pins to believe this approver.
    pub(crate) fn pins(&self) -> Pins {
        Pins::one(APPROVER, self.key())
    }

    /// Signs a decision, as the browser does.
    pub(crate) fn decides(
        &self,
        (request, action): (&str, &str),
        kind: ResolutionKind,
        at: Instant,
    ) -> Resolution {
        let at = at.to_timestamp();
        let document = Document {
            request_id: request.into(),
            action_id: action.into(),
            kind,
            approver_id: APPROVER.into(),
            reason: None,
            at: at.as_str().into(),
        };
        let bytes = self.secret.sign(&document.signing_message()).to_bytes();
        Resolution {
            request_id: document.request_id.clone(),
            action_id: document.action_id.clone(),
            kind,
            approver_id: document.approver_id.clone(),
            reason: None,
            at,
            signature: Some(Signature::of(&document, &bytes)),
        }
    }
}

/// A story with a hold, at the present moment of the control plane.
pub(crate) fn held(control: &Control, request_id: &str) -> Hold {
    let now = control.now().millis();
    Hold::push_to_main(Story {
        project: PROJECT.parse().unwrap(),
        session: format!("session-of-{}", request_id.len()).parse().unwrap(),
        agent: "agent:release".parse().unwrap(),
        first_seq: 10,
        request_id: request_id.to_owned(),
        action_id: format!("action-of-{request_id}"),
        held_at: Instant::from_millis(now),
        deadline: Some(Instant::from_millis(now + 300_000)),
    })
}

/// Decides the only hold that waits.
pub(crate) async fn decide(scope: &Scope, control: &Control, resolution: &Resolution) {
    let inbox = holds::inbox(scope, control).await.unwrap();
    let hold = inbox.waiting.first().expect("a hold that waits");
    holds::decide(scope, control, hold.id, resolution)
        .await
        .unwrap();
}

/// What a decision on this story is about.
pub(crate) fn about(story: &Hold) -> (&str, &str) {
    (&story.request().request_id, &story.request().action_id)
}
