use std::path::Path;

use secrecy::ExposeSecret;

use super::{DEFAULTS, Error, LogFormat, Settings};

fn load(variables: &[(&str, &str)]) -> Result<Settings, Error> {
    let empty = tempfile::NamedTempFile::new().unwrap();
    Settings::load(Some(empty.path()), owned(variables))
}

fn load_file(text: &str, variables: &[(&str, &str)]) -> Result<Settings, Error> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    Settings::load(Some(file.path()), owned(variables))
}

fn owned(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn refusal(result: Result<Settings, Error>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn without_anything_set_the_server_listens_on_loopback_with_sqlite() {
    let settings = load(&[]).unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(
        settings.public_url(settings.listen).to_string(),
        "http://127.0.0.1:3000"
    );
    assert_eq!(
        settings.database_url().expose_secret(),
        "sqlite://data/machinaut.db"
    );
    assert_eq!(settings.limits.body_bytes, 64 * 1024 * 1024);
    assert_eq!(settings.log_format, LogFormat::Text);
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let file = "data_dir = \"/srv/file\"\nlog = \"warn\"\n[limits]\nnesting = 9\n";
    let settings = load_file(
        file,
        &[
            ("MACHINAUT_LOG", "debug"),
            ("MACHINAUT_LIMITS_LINE_BYTES", "7"),
        ],
    )
    .unwrap();
    assert_eq!(settings.data_dir, Path::new("/srv/file"));
    assert_eq!(settings.log, "debug");
    assert_eq!(settings.limits.nesting, 9);
    assert_eq!(settings.limits.line_bytes, 7);
    assert_eq!(settings.limits.id_characters, 1024);
}

#[test]
fn every_setting_of_the_default_file_can_be_set_from_the_variable_beside_it() {
    let documented: Vec<&str> = DEFAULTS
        .split_whitespace()
        .filter(|word| word.starts_with("MACHINAUT_") && word.len() > "MACHINAUT_".len())
        .collect();
    assert!(
        documented.len() > 10,
        "the default file names its variables"
    );
    for name in documented {
        let value = match name {
            "MACHINAUT_LISTEN" | "MACHINAUT_METRICS_LISTEN" => "127.0.0.1:80",
            "MACHINAUT_PUBLIC_URL" => "https://machinaut.example",
            "MACHINAUT_MEILI_URL" | "MACHINAUT_OTEL_ENDPOINT" => "http://127.0.0.1:7700",
            "MACHINAUT_LOG_FORMAT" => "json",
            _ => "17",
        };
        let outcome = load(&[(name, value)]);
        assert!(outcome.is_ok(), "{name}: {}", refusal(outcome));
    }
}

#[test]
fn an_unknown_setting_is_refused_by_name() {
    let in_file = refusal(load_file("[limits]\nbody_byte = 3\n", &[]));
    assert!(
        in_file.contains("`limits.body_byte`") && in_file.contains("body_bytes"),
        "{in_file}"
    );
    let in_environment = refusal(load(&[(
        "MACHINAUT_DATABSE_URL",
        "postgres://u:hunter2@h/d",
    )]));
    assert!(
        in_environment.contains("`databse_url` in the environment"),
        "{in_environment}"
    );
    assert!(!in_environment.contains("hunter2"), "{in_environment}");
}

#[test]
fn variables_of_the_scripts_and_tests_are_not_settings() {
    let others = [
        ("MACHINAUT_WASM_STD", "debian"),
        ("MACHINAUT_LODESTAR_DATA", "/x"),
        ("MACHINAUT_TEST_POSTGRES_URL", "postgres://x"),
        ("MACHINAUT_TOKEN", "secret"),
    ];
    assert!(load(&others).is_ok());
}

#[test]
fn a_value_of_another_type_is_refused_without_showing_it() {
    let said = refusal(load_file("database_url = 8421\n", &[]));
    assert!(
        said.contains("`database_url`") && !said.contains("8421"),
        "{said}"
    );
}

#[test]
fn a_database_password_is_not_in_the_debug_form() {
    let settings = load(&[("MACHINAUT_DATABASE_URL", "postgres://u:hunter2@h/d")]).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
    assert!(settings.database_url().expose_secret().contains("hunter2"));
}

#[test]
fn a_public_url_with_a_path_or_another_scheme_is_refused() {
    for bad in [
        "https://x.example/base",
        "ftp://x.example",
        "x.example",
        "https://u:p@x.example",
    ] {
        let said = refusal(load(&[("MACHINAUT_PUBLIC_URL", bad)]));
        assert!(said.contains("`public_url`"), "{said}");
    }
}

#[test]
fn a_limit_of_zero_is_refused() {
    let said = refusal(load(&[("MACHINAUT_LIMITS_NESTING", "0")]));
    assert!(
        said.contains("`limits.nesting` must be greater than zero"),
        "{said}"
    );
}

#[test]
fn a_broken_file_says_where() {
    let said = refusal(load_file("listen = \n", &[]));
    assert!(said.contains("not valid TOML"), "{said}");
}

#[test]
fn a_file_named_on_the_command_line_must_exist() {
    let said = refusal(Settings::load(
        Some(Path::new("/nowhere/machinaut.toml")),
        [],
    ));
    assert!(said.contains("/nowhere/machinaut.toml"), "{said}");
}

#[test]
fn a_wildcard_address_is_reached_over_loopback() {
    let settings = load(&[("MACHINAUT_LISTEN", "0.0.0.0:8080")]).unwrap();
    let url = settings.public_url(settings.listen);
    assert_eq!(url.to_string(), "http://127.0.0.1:8080");
    assert!(url.is_loopback() && !url.is_https());
}

#[test]
fn figures_about_every_tenant_are_served_to_this_machine_alone() {
    assert_eq!(load(&[]).unwrap().metrics_listen, None);
    let own = load(&[("MACHINAUT_METRICS_LISTEN", "[::1]:9464")]).unwrap();
    assert_eq!(own.metrics_listen.unwrap().port(), 9464);
    for open in ["0.0.0.0:9464", "192.168.1.7:9464", "9464"] {
        let said = refusal(load(&[("MACHINAUT_METRICS_LISTEN", open)]));
        assert!(said.contains("`metrics.listen`"), "{said}");
    }
}

#[test]
fn traces_go_to_the_address_that_is_ours_or_the_standard_one_and_no_secret_is_in_it() {
    let endpoint = |variables: &[(&str, &str)]| {
        let settings = load_file("[otel]\nendpoint = \"http://file:4318\"", variables).unwrap();
        settings.otel_endpoint.unwrap().to_string()
    };
    let standard = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://standard:4318");
    let ours = ("MACHINAUT_OTEL_ENDPOINT", "https://ours.example/base");
    assert_eq!(load(&[]).unwrap().otel_endpoint, None);
    assert_eq!(endpoint(&[]), "http://file:4318/");
    assert_eq!(endpoint(&[standard]), "http://standard:4318/");
    assert_eq!(endpoint(&[ours, standard]), "https://ours.example/base");
    assert_eq!(endpoint(&[(standard.0, "")]), "http://file:4318/");
    for wrong in [
        "127.0.0.1:4318",
        "grpc://x:4317",
        "http://user:hunter2@x",
        "http://x/?key=hunter2",
    ] {
        let said = refusal(load(&[("MACHINAUT_OTEL_ENDPOINT", wrong)]));
        assert!(
            said.contains("`otel.endpoint`") && !said.contains("hunter2"),
            "{said}"
        );
    }
}

#[test]
fn the_file_of_an_sqlite_database_is_known_and_a_server_has_none() {
    let file = |url: &str| {
        load(&[("MACHINAUT_DATABASE_URL", url)])
            .unwrap()
            .sqlite_file()
    };
    assert_eq!(
        load(&[]).unwrap().sqlite_file().as_deref(),
        Some(Path::new("data/machinaut.db"))
    );
    assert_eq!(
        file("sqlite:///srv/m.db?mode=rwc").as_deref(),
        Some(Path::new("/srv/m.db"))
    );
    assert_eq!(file("postgres://u:p@h/d"), None);
}
