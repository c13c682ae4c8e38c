//! What the guard announces: Lodestar's `ApprovalRequest`.

use serde::{Deserialize, Serialize};

use super::schema::{Expected, SchemaError, non_empty, object, optional, text, timestamp};
use crate::envelope::{ID_CHARS, check_id};
use crate::json::{Limits, Object, Text, Value};
use crate::ship::Sensitivity;
use crate::timestamp::Timestamp;

/// A request for a decision on an action that is held. It names no project, no session, no tool
/// and no inputs.
///
/// ```
/// use machinaut_chain::approval::Request;
///
/// let request = Request::parse(
///     br#"{"request_id":"r-1","action_id":"a-1","reason":"L4 always requires approval",
///         "required_authority":{},"requested_at":"2026-03-01T09:00:00Z",
///         "deadline":"2026-03-01T09:05:00Z"}"#,
/// )?;
/// let deadline = request.deadline.and_then(|deadline| deadline.instant());
/// let asked = request.requested_at.instant();
/// let millis = deadline.zip(asked).map(|(end, start)| end.millis() - start.millis());
/// assert_eq!(millis, Some(300_000));
/// # Ok::<(), machinaut_chain::approval::SchemaError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The request. At most 1,024 characters, none of them a control character.
    pub request_id: String,
    /// The action that is held. As `request_id`.
    pub action_id: String,
    /// Why it is held, in the words of the policy.
    pub reason: Text,
    /// Who may decide.
    pub required_authority: RequiredAuthority,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// Until when an answer counts; without one nobody waits for it.
    pub deadline: Option<Timestamp>,
}

/// Who may decide. Lodestar says it and does not check it.
///
/// ```
/// use machinaut_chain::approval::RequiredAuthority;
/// use machinaut_chain::json::Value;
/// use machinaut_chain::session::Sensitivity;
///
/// let value = br#"{"min_trust_baseline":0.8,"sensitivity_clearance":"internal"}"#;
/// let value = Value::parse(value, &Default::default())?;
/// let authority = RequiredAuthority::from_value(&value)?;
/// assert_eq!(authority.min_trust_baseline, Some(0.8));
/// assert_eq!(authority.sensitivity_clearance, Some(Sensitivity::Internal));
/// assert_eq!(authority.scope, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RequiredAuthority {
    /// The least trust that the approver has, from 0 to 1.
    pub min_trust_baseline: Option<f64>,
    /// Up to which sensitivity the approver may read.
    pub sensitivity_clearance: Option<Sensitivity>,
    /// For what the approver has to be responsible, as JSON.
    pub scope: Option<Value>,
}

impl Request {
    /// Reads what the guard announces. Keys that are not known are ignored: a newer guard may send
    /// more.
    ///
    /// ```
    /// use machinaut_chain::approval::Request;
    ///
    /// let newer = br#"{"request_id":"r-1","action_id":"a-1","reason":"","required_authority":{},
    ///     "requested_at":"2026-03-01T09:00:00Z","priority":"high"}"#;
    /// assert_eq!(Request::parse(newer)?.request_id, "r-1");
    /// let error = Request::parse(b"[]").unwrap_err();
    /// assert_eq!(error.to_string(), "the body has to be an object");
    /// # Ok::<(), machinaut_chain::approval::SchemaError>(())
    /// ```
    ///
    /// # Errors
    /// Where the bytes are not JSON or not the schema, or an id is too long or too strange.
    pub fn parse(bytes: &[u8]) -> Result<Self, SchemaError> {
        let noted = Value::parse_noting(bytes, &Limits::default()).map_err(SchemaError::Json)?;
        if noted.duplicate_keys {
            return Err(SchemaError::DuplicateKey);
        }
        Self::from_value(&noted.value)
    }

    /// Reads a request from a value, such as the payload of an `approval.requested` event.
    ///
    /// ```
    /// use machinaut_chain::approval::Request;
    /// use machinaut_chain::json::Value;
    ///
    /// let payload = br#"{"request_id":"r-1","action_id":"a\u0000"}"#;
    /// let payload = Value::parse(payload, &Default::default())?;
    /// let error = Request::from_value(&payload).unwrap_err();
    /// assert!(error.to_string().starts_with("`action_id` has to be a string of 1 to 1024 characters"));
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Request::parse`].
    pub fn from_value(value: &Value) -> Result<Self, SchemaError> {
        let fields = object(value, "")?;
        Ok(Self {
            request_id: id(fields, "request_id")?,
            action_id: id(fields, "action_id")?,
            reason: text(fields, "reason")?,
            required_authority: fields
                .get("required_authority")
                .ok_or(SchemaError::field("required_authority", Expected::Object))
                .and_then(RequiredAuthority::from_value)?,
            requested_at: timestamp(fields, "requested_at")?,
            deadline: optional(fields, "deadline", timestamp)?,
        })
    }

    /// The body of the announcement.
    ///
    /// ```
    /// use machinaut_chain::approval::Request;
    ///
    /// let body = r#"{"request_id":"r-1","action_id":"a-1","reason":"L4","required_authority":{},"requested_at":"2026-03-01T09:00:00Z"}"#;
    /// assert_eq!(Request::parse(body.as_bytes())?.to_json(), body);
    /// # Ok::<(), machinaut_chain::approval::SchemaError>(())
    /// ```
    pub fn to_json(&self) -> String {
        self.to_value().to_json()
    }

    /// The request as a value: the payload of an `approval.requested` event.
    ///
    /// ```
    /// use machinaut_chain::approval::{Request, RequiredAuthority};
    /// use machinaut_chain::json::Value;
    ///
    /// let request = Request {
    ///     request_id: "r-1".to_owned(),
    ///     action_id: "a-1".to_owned(),
    ///     reason: "L4 always requires approval".into(),
    ///     required_authority: RequiredAuthority::default(),
    ///     requested_at: "2026-03-01T09:00:00Z".parse()?,
    ///     deadline: None,
    /// };
    /// let payload = request.to_value();
    /// assert_eq!(payload.get("action_id").and_then(Value::as_str), Some("a-1"));
    /// assert_eq!(payload.get("deadline"), None, "absent is absent, never null");
    /// assert_eq!(Request::from_value(&payload)?, request);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn to_value(&self) -> Value {
        let mut object = Object::new();
        object.insert("request_id", self.request_id.as_str());
        object.insert("action_id", self.action_id.as_str());
        object.insert("reason", self.reason.clone());
        object.insert("required_authority", self.required_authority.to_object());
        object.insert("requested_at", self.requested_at.as_str());
        if let Some(deadline) = &self.deadline {
            object.insert("deadline", deadline.as_str());
        }
        Value::Object(object)
    }
}

impl RequiredAuthority {
    /// Reads it from a value.
    ///
    /// ```
    /// use machinaut_chain::approval::RequiredAuthority;
    /// use machinaut_chain::json::Value;
    ///
    /// let value = Value::parse(br#"{"min_trust_baseline":80}"#, &Default::default())?;
    /// let error = RequiredAuthority::from_value(&value).unwrap_err();
    /// let told = "`required_authority.min_trust_baseline` has to be a number from 0 to 1";
    /// assert_eq!(error.to_string(), told);
    /// # Ok::<(), machinaut_chain::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where the value is not the schema.
    pub fn from_value(value: &Value) -> Result<Self, SchemaError> {
        let fields = object(value, "required_authority")?;
        Ok(Self {
            min_trust_baseline: optional(
                fields,
                "required_authority.min_trust_baseline",
                fraction,
            )?,
            sensitivity_clearance: optional(
                fields,
                "required_authority.sensitivity_clearance",
                sensitivity,
            )?,
            scope: fields.get("scope").cloned(),
        })
    }

    fn to_object(&self) -> Object {
        let mut object = Object::new();
        if let Some(trust) = self.min_trust_baseline {
            object.insert("min_trust_baseline", trust);
        }
        if let Some(sensitivity) = self.sensitivity_clearance {
            object.insert("sensitivity_clearance", sensitivity.as_str());
        }
        if let Some(scope) = &self.scope {
            object.insert("scope", scope.clone());
        }
        object
    }
}

fn id(fields: &Object, field: &'static str) -> Result<String, SchemaError> {
    non_empty(fields, field)
        .ok()
        .and_then(|text| text.as_str().map(str::to_owned))
        .filter(|text| check_id(text, ID_CHARS).is_ok())
        .ok_or(SchemaError::field(field, Expected::Id(ID_CHARS)))
}

fn fraction(fields: &Object, field: &'static str) -> Result<f64, SchemaError> {
    fields
        .get("min_trust_baseline")
        .and_then(Value::as_f64)
        .filter(|number| (0.0..=1.0).contains(number))
        .ok_or(SchemaError::field(field, Expected::Fraction))
}

fn sensitivity(fields: &Object, field: &'static str) -> Result<Sensitivity, SchemaError> {
    fields
        .get("sensitivity_clearance")
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok())
        .ok_or(SchemaError::field(
            field,
            Expected::OneOf("public, internal, confidential, secret"),
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the real guard sent it, but for the scope and the trust.
    const ANNOUNCED: &str = r#"{"request_id":"e017cf56","action_id":"c8084c7e","reason":"L4 (external/shared) always requires approval","required_authority":{"min_trust_baseline":0.9,"sensitivity_clearance":"internal","scope":{"level":"project","identifier":"p"}},"requested_at":"2026-11-23T04:46:15.531Z","deadline":"2026-11-23T04:46:25.530Z"}"#;

    fn with(from: &str, to: &str) -> Result<Request, SchemaError> {
        assert!(ANNOUNCED.contains(from), "{from}");
        Request::parse(ANNOUNCED.replace(from, to).as_bytes())
    }

    fn refused_field(from: &str, to: &str) -> &'static str {
        match with(from, to) {
            Err(SchemaError::Field { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_the_guard_announces_is_read_and_written_unchanged() {
        let request = Request::parse(ANNOUNCED.as_bytes()).unwrap();
        assert_eq!(
            request.required_authority.sensitivity_clearance,
            Some(Sensitivity::Internal)
        );
        assert_eq!(request.to_json(), ANNOUNCED);
    }

    #[test]
    fn keys_that_a_newer_guard_may_send_are_ignored() {
        assert!(with("{\"request_id\"", "{\"tool\":\"push\",\"request_id\"").is_ok());
    }

    #[test]
    fn a_hold_that_nobody_waits_for_has_no_deadline() {
        let request = with(",\"deadline\":\"2026-11-23T04:46:25.530Z\"", "").unwrap();
        assert_eq!(request.deadline, None);
        assert!(!request.to_json().contains("deadline"));
    }

    #[test]
    fn a_refusal_names_the_field_and_nothing_that_was_in_it() {
        for (from, to, field) in [
            ("\"e017cf56\"", "\"\"", "request_id"),
            ("\"e017cf56\"", "7", "request_id"),
            ("\"e017cf56\"", "\"a\\u202eb\"", "request_id"),
            ("\"e017cf56\"", "\"\\ud800\"", "request_id"),
            ("\"action_id\"", "\"action\"", "action_id"),
            (
                "\"L4 (external/shared) always requires approval\"",
                "null",
                "reason",
            ),
            (
                "\"required_authority\"",
                "\"authority\"",
                "required_authority",
            ),
            ("0.9", "1.5", "required_authority.min_trust_baseline"),
            (
                "\"internal\"",
                "\"hush-hush\"",
                "required_authority.sensitivity_clearance",
            ),
            (
                "\"2026-11-23T04:46:15.531Z\"",
                "\"yesterday\"",
                "requested_at",
            ),
            ("\"2026-11-23T04:46:25.530Z\"", "null", "deadline"),
        ] {
            assert_eq!(refused_field(from, to), field, "{to}");
        }
        let sentence = with("\"internal\"", "\"hush-hush\"")
            .unwrap_err()
            .to_string();
        assert!(!sentence.contains("hush"), "{sentence}");
        assert_eq!(
            with("\"reason\"", "\"action_id\":\"x\",\"reason\""),
            Err(SchemaError::DuplicateKey)
        );
    }

    #[test]
    fn an_id_may_be_as_long_as_any_id_and_no_longer() {
        let id = |length: usize| format!("\"{}\"", "i".repeat(length));
        assert!(with("\"e017cf56\"", &id(ID_CHARS)).is_ok());
        assert_eq!(
            refused_field("\"e017cf56\"", &id(ID_CHARS + 1)),
            "request_id"
        );
    }
}
