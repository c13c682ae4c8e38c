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

/// Writes `number` as `number.toFixed(3)` does: rounded exactly, and halves away from zero.
pub(crate) fn thousandths(number: f64) -> String {
    /// From here on every number is whole.
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    if !number.is_finite() {
        let name = if number.is_nan() { "NaN" } else { "Infinity" };
        let sign = if number < 0.0 { "-" } else { "" };
        return format!("{sign}{name}");
    }
    if number.abs() >= WHOLE {
        let mut whole = Vec::new();
        self::number(number, &mut whole);
        // Beyond 10^21 there is no other form than the shortest.
        whole.extend_from_slice(if number.abs() < 1e21 { b".000" } else { b"" });
        return String::from_utf8_lossy(&whole).into_owned();
    }
    // The number is its mantissa divided by two this often.
    let bits = number.abs().to_bits();
    let (mantissa, halvings) = match bits >> 52 {
        0 => (bits, 1074),
        exponent => (bits & ((1 << 52) - 1) | 1 << 52, 1075 - exponent),
    };
    let scaled = u128::from(mantissa) * 1000;
    let rounded = match halvings {
        0 => scaled,
        1..=120 => (scaled + (1 << (halvings - 1))) >> halvings,
        _ => 0,
    };
    let sign = if number < 0.0 { "-" } else { "" };
    format!("{sign}{}.{:03}", rounded / 1000, rounded % 1000)
}

#[cfg(test)]
mod tests {
    use super::thousandths;

    #[test]
    fn three_digits_are_those_of_to_fixed() {
        for (number, written) in [
            (0.0, "0.000"),
            (-0.0, "0.000"),
            (1.0, "1.000"),
            (0.0625, "0.063"),
            (-0.0625, "-0.063"),
            (0.8125, "0.813"),
            (0.0005, "0.001"),
            (1.0005, "1.000"),
            (2.0 / 7.0, "0.286"),
            (-0.0001, "-0.000"),
            (5e-324, "0.000"),
            (123_456.789_5, "123456.789"),
            (1e20, "100000000000000000000.000"),
            (1e21, "1e+21"),
            (f64::INFINITY, "Infinity"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(thousandths(number), written, "{number:?}");
        }
    }
}
