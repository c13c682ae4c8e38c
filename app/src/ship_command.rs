//! The command that brings a session here, to be pasted into a shell as it is.

/// The command that ships a session. Ids come from envelopes: they are quoted for the shell.
pub fn ship_command(session: &str, project: &str, endpoint: &str, everything: bool) -> String {
    let ceiling = if everything {
        " \\\n  --sensitivity-ceiling secret"
    } else {
        ""
    };
    format!(
        "lodestar ship {} \\\n  --project {} \\\n  --endpoint {endpoint} \\\n  --token-env LODESTAR_SHIP_TOKEN{ceiling}",
        for_shell(session),
        for_shell(project),
    )
}

/// A word for a POSIX shell that stays one word whatever is in it.
fn for_shell(word: &str) -> String {
    let is_placeholder = matches!(word, "<session>" | "<project>");
    let is_plain = !word.is_empty()
        && !word.starts_with('-')
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/' | '@'));
    if is_plain || is_placeholder {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_is_the_one_that_lodestar_takes() {
        assert_eq!(
            ship_command("sess-1", "notes-app", "https://machinaut.example", true),
            "lodestar ship sess-1 \\\n  --project notes-app \\\n  --endpoint https://machinaut.example \\\n  \
             --token-env LODESTAR_SHIP_TOKEN \\\n  --sensitivity-ceiling secret"
        );
    }

    #[test]
    fn an_id_cannot_add_a_command_of_its_own() {
        assert_eq!(for_shell("a; rm -rf /"), "'a; rm -rf /'");
        assert_eq!(for_shell("it's"), r"'it'\''s'");
        assert_eq!(for_shell("$(x)"), "'$(x)'");
    }
}
