use leptos_router::params::ParamsMap;

use crate::sessions::encoded;

/// What results can be filtered by, as it is named in an address and in a query.
pub const FACETS: [&str; 12] = [
    "kind",
    "project",
    "session",
    "agent",
    "tool",
    "level",
    "phase",
    "verdict",
    "sensitivity",
    "truth",
    "security",
    "severity",
];

/// What is asked, as it stands in the address of the search page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked(Vec<(&'static str, String)>);

impl Asked {
    /// Reads an address; what search does not know is left out.
    pub fn of(params: &ParamsMap) -> Self {
        let known = std::iter::once("q")
            .chain(FACETS)
            .chain(["last", "sort", "after"]);
        let mut pairs = Vec::new();
        for name in known {
            for value in params.get_all(name).unwrap_or_default() {
                if !value.is_empty() && !pairs.contains(&(name, value.clone())) {
                    pairs.push((name, value));
                }
            }
        }
        Self(pairs)
    }

    /// The search for a text.
    pub fn text(text: &str) -> Self {
        Self::default().with("q", text)
    }

    /// The value that has this name, or nothing.
    pub fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(other, _)| *other == name)
            .map_or("", |(_, value)| value)
    }

    /// The filters, each with its name.
    pub fn filters(&self) -> impl Iterator<Item = &(&'static str, String)> {
        self.0.iter().filter(|(name, _)| FACETS.contains(name))
    }

    /// The same with that value, and no other, of this name. It begins at its first page again.
    pub fn with(&self, name: &'static str, value: &str) -> Self {
        let mut pairs = self.0.clone();
        pairs.retain(|(other, _)| *other != name && *other != "after");
        if !value.is_empty() {
            pairs.push((name, value.to_owned()));
        }
        Self(pairs)
    }

    /// The same with one more filter. It begins at its first page again.
    #[cfg(any(feature = "ssr", test))]
    pub fn and(&self, name: &'static str, value: &str) -> Self {
        let mut wider = self.without(name, value);
        wider.0.push((name, value.to_owned()));
        wider
    }

    /// The same without that filter. It begins at its first page again.
    pub fn without(&self, name: &str, value: &str) -> Self {
        let mut pairs = self.0.clone();
        pairs.retain(|(other, theirs)| {
            let same = *other == name && theirs.eq_ignore_ascii_case(value);
            !same && *other != "after"
        });
        Self(pairs)
    }

    /// As the part of an address after the question mark.
    pub fn query(&self) -> String {
        let pairs: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        pairs.join("&")
    }

    /// The address.
    pub fn href(&self) -> String {
        if self.0.is_empty() {
            "/search".to_owned()
        } else {
            format!("/search?{}", self.query())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Asked {
        let mut params = ParamsMap::new();
        for (name, value) in pairs {
            params.insert((*name).to_owned(), (*value).to_owned());
        }
        Asked::of(&params)
    }

    #[test]
    fn an_address_keeps_what_search_knows_once_and_in_one_order() {
        let asked = asked(&[
            ("kind", "claim"),
            ("utm", "x"),
            ("q", "a b"),
            ("kind", "claim"),
            ("kind", "action"),
            ("last", ""),
        ]);
        assert_eq!(asked.href(), "/search?q=a%20b&kind=claim&kind=action");
    }

    #[test]
    fn a_filter_goes_as_it_came() {
        let asked = asked(&[("q", "push"), ("after", "0-1")]);
        let wider = asked.and("tool", "shell & co");
        assert_eq!(wider.href(), "/search?q=push&tool=shell%20%26%20co");
        assert_eq!(wider.without("tool", "SHELL & co").href(), "/search?q=push");
    }

    #[test]
    fn another_text_keeps_the_filters_and_begins_at_the_first_page() {
        let asked = asked(&[("q", "push"), ("kind", "claim"), ("after", "0-1")]);
        assert_eq!(asked.with("q", "pull").query(), "kind=claim&q=pull");
        assert_eq!(asked.with("q", "").href(), "/search?kind=claim");
        assert_eq!(asked.get("q"), "push");
    }
}
