//! The environment as a source of settings: `MACHINAUT_LIMITS_BODY_BYTES` is `limits.body_bytes`.

use figment::value::{Dict, Map, Value};
use figment::{Metadata, Profile, Provider};

const PREFIX: &str = "MACHINAUT_";

/// The tables of the default file: the first word of a variable that means a setting inside one.
const TABLES: [&str; 9] = [
    "limits",
    "quotas",
    "approvals",
    "sessions",
    "search",
    "meili",
    "shutdown",
    "metrics",
    "otel",
];

/// The tables whose settings are text, even where it looks like a number.
const TEXTS: [&str; 3] = ["search", "meili", "otel"];

/// Variables with our prefix that are not settings of the server: those of the scripts and tests of this
/// repository, and the one that `machinaut rehearse` reads its token from.
const OTHERS: [&str; 4] = ["wasm_std", "lodestar_data", "token", "config"];

/// What OpenTelemetry itself calls our `otel.endpoint`. Ours counts where both are set.
const STANDARD_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// Settings from environment variables.
pub(super) struct Environment {
    values: Vec<(String, String)>,
}

impl Environment {
    pub(super) fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let (mut values, mut standard) = (Vec::new(), None);
        for (name, value) in variables {
            if name == STANDARD_ENDPOINT && !value.is_empty() {
                standard = Some(("otel_endpoint".to_owned(), value));
            } else if let Some(key) = name.strip_prefix(PREFIX).map(str::to_ascii_lowercase)
                && !key.starts_with("test_")
                && !OTHERS.contains(&key.as_str())
            {
                values.push((key, value));
            }
        }
        // A later value takes the place of an earlier one.
        values.splice(0..0, standard);
        Self { values }
    }
}

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named("the environment").interpolater(|_: &Profile, keys: &[&str]| {
            format!("{PREFIX}{}", keys.join("_").to_ascii_uppercase())
        })
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let mut dict = Dict::new();
        for (key, value) in &self.values {
            match TABLES
                .iter()
                .find_map(|table| Some((*table, key.strip_prefix(table)?.strip_prefix('_')?)))
            {
                Some((table, inner)) => {
                    let slot = dict
                        .entry(table.to_owned())
                        .or_insert_with(|| Dict::new().into());
                    if let Value::Dict(_, inside) = slot {
                        let value = if TEXTS.contains(&table) {
                            Value::from(value.as_str())
                        } else {
                            number(value)
                        };
                        inside.insert(inner.to_owned(), value);
                    }
                }
                None => {
                    dict.insert(key.clone(), Value::from(value.as_str()));
                }
            }
        }
        Ok(Map::from([(Profile::Default, dict)]))
    }
}

/// The other settings inside tables are whole numbers; anything else stays text and is refused as such.
fn number(text: &str) -> Value {
    text.parse::<u64>()
        .map_or_else(|_| Value::from(text), Value::from)
}
