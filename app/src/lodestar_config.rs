//! What an operator pastes into Lodestar's configuration and shell, exactly as it is.

use std::fmt::Write as _;

/// A key to be pinned.
pub struct Pinned<'a> {
    /// The approver id.
    pub approver_id: &'a str,
    /// The public half: SPKI in base64.
    pub public_key: &'a str,
}

/// The `approvals` part of Lodestar's configuration.
pub fn approvals(pinned: &[Pinned<'_>], endpoint: &str, is_loopback_http: bool) -> String {
    let mut config = "\"approvals\": {\n".to_owned();
    if !pinned.is_empty() {
        config.push_str("  \"authorized_keys\": [");
        for (index, key) in pinned.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            // Writing to a string cannot fail.
            let _ = write!(
                config,
                "{comma}{{\n    \"actor_id\": {},\n    \"public_key\": {}\n  }}",
                json(key.approver_id),
                json(&pem(key.public_key)),
            );
        }
        config.push_str("],\n");
    }
    let allow_http = if is_loopback_http {
        ",\n    \"allow_http\": true"
    } else {
        ""
    };
    let _ = write!(
        config,
        "  \"channel\": {{\n    \"kind\": \"http\",\n    \"endpoint\": {},\n    \"token_env\": \
         \"LODESTAR_APPROVALS_TOKEN\"{allow_http}\n  }}\n}}",
        json(endpoint),
    );
    config
}

/// The public half as PEM, as Lodestar's configuration wants it.
pub fn pem(public_key: &str) -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{public_key}\n-----END PUBLIC KEY-----\n")
}

/// The lines that give a token to the shell of the proxy.
pub fn exports(secret: &str, ships: bool, relays: bool) -> String {
    let ship = ships.then(|| format!("export LODESTAR_SHIP_TOKEN={secret}"));
    let approvals = relays.then(|| format!("export LODESTAR_APPROVALS_TOKEN={secret}"));
    [ship, approvals]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("\n")
}

fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPKI: &str = "MCowBQYDK2VwAyEAUkx4XupoOlUXGQXiF5a0HiPwqlp393ibOhHA4hYElXs=";

    fn parsed(config: &str) -> serde_json::Value {
        serde_json::from_str(&format!("{{{config}}}")).unwrap()
    }

    #[test]
    fn the_configuration_pins_every_key_and_names_the_channel() {
        let keys = [
            Pinned {
                approver_id: "ada@phone",
                public_key: SPKI,
            },
            Pinned {
                approver_id: "ada \"the\" \\desk",
                public_key: SPKI,
            },
        ];
        let config = parsed(&approvals(&keys, "https://machinaut.example", false));
        let pinned = &config["approvals"]["authorized_keys"];
        assert_eq!(pinned[0]["actor_id"], "ada@phone");
        assert_eq!(pinned[0]["public_key"], pem(SPKI));
        assert_eq!(pinned[1]["actor_id"], "ada \"the\" \\desk");
        let channel = &config["approvals"]["channel"];
        assert_eq!(channel["kind"], "http");
        assert_eq!(channel["endpoint"], "https://machinaut.example");
        assert_eq!(channel["token_env"], "LODESTAR_APPROVALS_TOKEN");
        assert_eq!(channel.get("allow_http"), None);
    }

    #[test]
    fn plain_http_on_loopback_is_allowed_in_so_many_words() {
        let config = parsed(&approvals(&[], "http://127.0.0.1:3000", true));
        assert_eq!(config["approvals"]["channel"]["allow_http"], true);
        assert_eq!(config["approvals"].get("authorized_keys"), None);
    }

    #[test]
    fn a_token_is_exported_under_the_name_of_what_it_may() {
        assert_eq!(
            exports("mnt_x", true, false),
            "export LODESTAR_SHIP_TOKEN=mnt_x"
        );
        assert_eq!(
            exports("mnt_x", true, true),
            "export LODESTAR_SHIP_TOKEN=mnt_x\nexport LODESTAR_APPROVALS_TOKEN=mnt_x"
        );
    }
}
