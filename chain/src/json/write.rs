//! Strings and numbers as `JSON.stringify` writes them.

use super::Text;

/// Writes `text` in quotes. Answers whether an escape was needed.
pub(crate) fn quoted(text: &Text, out: &mut Vec<u8>) -> bool {
    out.push(b'"');
    let escaped = if let Some(plain) = text.as_str() {
        utf8(plain, out)
    } else {
        for unit in char::decode_utf16(text.units()) {
            match unit {
                Ok(char) => {
                    utf8(char.encode_utf8(&mut [0; 4]), out);
                }
                Err(lone) => {
                    out.extend(format!("\\u{:04x}", lone.unpaired_surrogate()).bytes());
                }
            }
        }
        true
    };
    out.push(b'"');
    escaped
}

fn utf8(text: &str, out: &mut Vec<u8>) -> bool {
    let mut rest = text.as_bytes();
    let mut escaped = false;
    while let Some(found) = rest
        .iter()
        .position(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\')
    {
        out.extend_from_slice(&rest[..found]);
        let byte = rest[found];
        let short = match byte {
            b'"' | b'\\' => byte,
            0x08 => b'b',
            0x09 => b't',
            0x0A => b'n',
            0x0C => b'f',
            0x0D => b'r',
            _ => b'u',
        };
        out.extend_from_slice(&[b'\\', short]);
        if short == b'u' {
            out.extend(format!("{byte:04x}").bytes());
        }
        escaped = true;
        rest = &rest[found + 1..];
    }
    out.extend_from_slice(rest);
    escaped
}

/// Writes `number` as ECMAScript does; what is not finite becomes `null`.
pub(crate) fn number(number: f64, out: &mut Vec<u8>) {
    if number.is_finite() {
        out.extend_from_slice(ryu_js::Buffer::new().format_finite(number).as_bytes());
    } else {
        out.extend_from_slice(b"null");
    }
}
