//! The order of keys: by UTF-16 code units, told from their canonical bytes.

use std::cmp::Ordering;

/// A key in its canonical bytes, without the quotes.
#[derive(Clone, Copy)]
pub(super) struct Key<'a> {
    pub(super) bytes: &'a [u8],
    /// Whether an escape stands in it.
    pub(super) escaped: bool,
}

pub(super) fn compare(left: Key<'_>, right: Key<'_>) -> Ordering {
    if left.escaped || right.escaped {
        return units(left.bytes).cmp(units(right.bytes));
    }
    let same = left
        .bytes
        .iter()
        .zip(right.bytes)
        .take_while(|(left, right)| left == right)
        .count();
    match (left.bytes.get(same), right.bytes.get(same)) {
        // UTF-8 sorts as code points do. Only U+E000 to U+FFFF (lead bytes EE and EF) and the
        // code points above them (F0 and up), which UTF-16 writes as surrogates, change places.
        (Some(0xEE..=0xEF), Some(0xF0..)) => Ordering::Greater,
        (Some(0xF0..), Some(0xEE..=0xEF)) => Ordering::Less,
        (left, right) => left.cmp(&right),
    }
}

/// The UTF-16 code units of a canonical string.
fn units(bytes: &[u8]) -> impl Iterator<Item = u16> {
    // The writer writes nothing but UTF-8.
    let mut chars = std::str::from_utf8(bytes).unwrap_or_default().chars();
    let mut low = None;
    std::iter::from_fn(move || {
        if let Some(low) = low.take() {
            return Some(low);
        }
        let char = match chars.next()? {
            '\\' => match chars.next()? {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => {
                    let unit = chars.by_ref().take(4).fold(0, |unit, digit| {
                        unit << 4 | u16::try_from(digit.to_digit(16).unwrap_or(0)).unwrap_or(0)
                    });
                    return Some(unit);
                }
                other => other,
            },
            other => other,
        };
        let mut buffer = [0; 2];
        let pair = char.encode_utf16(&mut buffer);
        low = pair.get(1).copied();
        pair.first().copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Key<'_> {
        Key {
            bytes: text.as_bytes(),
            escaped: false,
        }
    }

    fn escaped(text: &str) -> Key<'_> {
        Key {
            bytes: text.as_bytes(),
            escaped: true,
        }
    }

    #[test]
    fn plain_keys_sort_as_their_utf16_units_do() {
        let texts = [
            "",
            "a",
            "aa",
            "b",
            "é",
            "\u{D7FF}",
            "😀",
            "𝒳",
            "\u{10FFFF}",
            "\u{E000}",
            "～",
            "z😀",
            "z\u{FFFF}",
        ];
        for left in texts {
            for right in texts {
                let expected = left.encode_utf16().cmp(right.encode_utf16());
                assert_eq!(
                    compare(plain(left), plain(right)),
                    expected,
                    "{left:?} and {right:?}"
                );
                assert_eq!(
                    compare(escaped(left), escaped(right)),
                    expected,
                    "{left:?} and {right:?}"
                );
            }
        }
    }

    #[test]
    fn an_escape_sorts_as_the_character_it_stands_for() {
        assert_eq!(compare(escaped("\\n"), plain(" ")), Ordering::Less);
        assert_eq!(compare(escaped("\\\\"), plain("[")), Ordering::Greater);
        assert_eq!(
            compare(escaped("\\ud800"), plain("\u{D7FF}")),
            Ordering::Greater
        );
        assert_eq!(
            compare(escaped("\\ud800"), plain("\u{E000}")),
            Ordering::Less
        );
        assert_eq!(compare(escaped("\\u0001"), escaped("\\n")), Ordering::Less);
    }
}
