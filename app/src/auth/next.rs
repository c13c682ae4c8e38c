/// Where to go after signing in: a path of this installation, whatever the link said.
pub(super) fn local_path(wanted: &str) -> &str {
    let is_local = wanted.starts_with('/')
        && !wanted.starts_with("//")
        && !wanted.contains('\\')
        && wanted.chars().all(|letter| letter.is_ascii_graphic());
    if is_local { wanted } else { "/inbox" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_ours_is_kept() {
        assert_eq!(local_path("/holds/018f?x=1#why"), "/holds/018f?x=1#why");
    }

    #[test]
    fn no_link_leads_to_another_host_after_signing_in() {
        for wanted in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "",
            "/a\r\nb",
        ] {
            assert_eq!(local_path(wanted), "/inbox", "{wanted:?}");
        }
    }
}
