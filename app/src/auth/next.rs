/// Where to go after signing in: a path of this installation, whatever the link said.
pub(super) fn local_path(wanted: &str) -> &str {
    let is_local = wanted.starts_with('/')
        && !wanted.starts_with("//")
        && !wanted.contains('\\')
        && wanted.chars().all(|letter| letter.is_ascii_graphic());
    if is_local { wanted } else { "/inbox" }
}

/// The address of the sign-in page that leads back to a page, with its query (without `?`).
pub(crate) fn sign_in_first(path: &str, query: &str) -> String {
    let mut address = "/sign-in?next=".to_owned();
    let question = if query.is_empty() { "" } else { "?" };
    for byte in [path, question, query].into_iter().flat_map(str::bytes) {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            address.push(char::from(byte));
        } else {
            let digit = |value: u8| char::from(b"0123456789ABCDEF"[usize::from(value)]);
            address.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_keeps_its_query() {
        assert_eq!(
            sign_in_first("/sessions", "project=a b&q=é"),
            "/sign-in?next=/sessions%3Fproject%3Da%20b%26q%3D%C3%A9"
        );
        assert_eq!(
            sign_in_first("/holds/018f", ""),
            "/sign-in?next=/holds/018f"
        );
    }

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
