//! Fills the corpora from Lodestar's conformance data:
//! `MACHINAUT_LODESTAR_DATA=… cargo run --bin seed`, in this folder.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use machinaut_chain::json::{Limits, Value};
use machinaut_chain::ship::{Limits as ShipLimits, Payload, read_record};

/// What is larger costs the fuzzer more than it tells.
const LARGEST: usize = 64 * 1024;

/// Policies that use every member of the schema between them.
const POLICIES: &[(&str, &str)] = &[
    (
        "draft",
        r#"{"id":"p","version":"1","rules":[{"match":{"tool":"git.*","max_blast_radius":"project","reversibility":["reversible","compensable"],"data_sensitivity":"private","required_level_lte":3},"effect":"allow","reason":"r"},{"match":{},"effect":"deny","reason":"no"}]}"#,
    ),
    (
        "signed",
        r#"{"id":"p","version":"2","signed_by":"a","signature":{"signer_id":"a","payload_hash":"74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b","algorithm":"ed25519","signature":"AA==","at":"2026-11-23T04:46:15Z"},"rules":[{"match":{"tool":"*push*","scope":{"level":"repo","identifier":"x"}},"effect":"require_approval","approval":{"quorum":2,"required_authority":{"min_trust_baseline":0.5,"sensitivity_clearance":"internal","scope":{"level":"project","identifier":"p"}}},"reason":"r"}]}"#,
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let data = env::var_os("MACHINAUT_LODESTAR_DATA").map_or_else(
        || Path::new("../../../shared/lodestar").to_owned(),
        PathBuf::from,
    );
    let read = |name: &str| -> Result<Value, Box<dyn Error>> {
        Ok(Value::parse(
            &fs::read(data.join(name))?,
            &Limits { nesting: 1024 },
        )?)
    };
    for vector in read("canonical/vectors.json")?
        .as_array()
        .unwrap_or_default()
    {
        if let (Some(name), Some(json)) = (text(vector, "name"), text(vector, "json")) {
            keep("json", name, json.as_bytes())?;
        }
    }
    let approvals = read("approvals/vectors.json")?;
    for case in approvals
        .get("schema")
        .and_then(Value::as_array)
        .unwrap_or_default()
    {
        if let (Some(name), Some(document)) = (text(case, "name"), case.get("document")) {
            keep("approval", name, document.to_json().as_bytes())?;
        }
    }
    for case in approvals
        .get("verify")
        .and_then(Value::as_array)
        .unwrap_or_default()
    {
        if let (Some(name), Some(document)) = (
            text(case, "name"),
            case.get("doc").and_then(Value::as_object),
        ) {
            let mut resolution = document.clone();
            if let Some(signature) = case.get("signature") {
                resolution.insert("signature", signature.clone());
            }
            keep(
                "approval",
                name,
                Value::Object(resolution).to_json().as_bytes(),
            )?;
        }
    }
    if let Some(pinned) = approvals.get("pinned") {
        keep("approval", "pinned", pinned.to_json().as_bytes())?;
    }
    for (name, policy) in POLICIES {
        keep("policy", name, policy.as_bytes())?;
    }
    for file in fs::read_dir(data.join("ship/bad"))? {
        let path = file?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "ndjson")
        {
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            keep("ship", &name, &[b"\x3F", &fs::read(&path)?[..]].concat())?;
        }
    }
    for session in fs::read_dir(data.join("sessions"))? {
        let path = session?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let Ok(body) = fs::read(path.join("ship-secret.ndjson")) else {
            continue;
        };
        keep("session", &name, &events(&body))?;
        for ceiling in ["internal", "secret"] {
            let body = fs::read(path.join(format!("ship-{ceiling}.ndjson")))?;
            keep(
                "ship",
                &format!("{name}-{ceiling}"),
                &[b"\x3F", &body[..]].concat(),
            )?;
        }
    }
    Ok(())
}

/// The events of a body as the target for sessions takes them.
fn events(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in body.split(|&byte| byte == b'\n').skip(1) {
        let Ok(record) = read_record(line, &ShipLimits::default()) else {
            continue;
        };
        let Payload::Open(payload) = record.payload else {
            continue;
        };
        let header = record.header;
        out.extend(
            format!(
                "{}\t{}\t{payload}\n",
                header.event_type, header.schema_version
            )
            .bytes(),
        );
    }
    out
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn keep(target: &str, name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    if bytes.len() > LARGEST {
        return Ok(());
    }
    let folder = Path::new("corpus").join(target);
    fs::create_dir_all(&folder)?;
    let name: String = name
        .chars()
        .map(|char| {
            if char.is_ascii_alphanumeric() {
                char
            } else {
                '-'
            }
        })
        .collect();
    Ok(fs::write(folder.join(name), bytes)?)
}
