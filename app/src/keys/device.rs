//! Guesses about the device that a key is made on. They only fill in a form; the person can write
//! something else.

/// A name for the device, from what the browser says about itself.
pub(super) fn label(user_agent: &str) -> String {
    let first = |names: &[(&str, &'static str)]| {
        names
            .iter()
            .find(|(mark, _)| user_agent.contains(mark))
            .map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("CrOS", "ChromeOS"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "this browser".to_owned(),
    }
}

/// An approver id that nobody has yet: who, at which device.
pub(super) fn approver_id(name: &str, user_agent: &str, taken: &[String]) -> String {
    let who: String = name
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    let who = if who.is_empty() { "approver" } else { &who };
    let device = if user_agent.contains("Mobile") {
        "phone"
    } else {
        "desk"
    };
    let plain = format!("{who}@{device}");
    // One more than are taken: one of them is free.
    std::iter::once(plain.clone())
        .chain((2..=taken.len() + 1).map(|number| format!("{plain}-{number}")))
        .find(|id| !taken.contains(id))
        .unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: &str = "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36";
    const DESK: &str =
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36";

    #[test]
    fn a_device_is_called_after_its_browser_and_system() {
        assert_eq!(label(PHONE), "Chrome on Android");
        assert_eq!(label(DESK), "Chrome on Linux");
        assert_eq!(label("curl/8"), "this browser");
    }

    #[test]
    fn every_device_gets_an_approver_id_of_its_own() {
        assert_eq!(approver_id("Ada Lovelace", PHONE, &[]), "ada@phone");
        let taken = ["ada@desk".to_owned(), "ada@desk-2".to_owned()];
        assert_eq!(approver_id("Ada", DESK, &taken), "ada@desk-3");
    }

    #[test]
    fn a_name_without_letters_still_gets_an_id() {
        assert_eq!(approver_id("¡!", DESK, &[]), "approver@desk");
    }
}
