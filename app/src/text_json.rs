//! How server functions answer: JSON that is read from text.
//!
//! The values that a page is rendered with are read from text too, so each type needs one reader in
//! the browser, not one for text and one for bytes. Readers are a large part of what is downloaded.

use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType, codec::Post};
use serde::{Serialize, de::DeserializeOwned};

/// The output encoding of every server function.
pub type TextJson = Post<Text>;

/// JSON, read from text.
pub struct Text;

impl ContentType for Text {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for Text {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for Text {
    type Error = serde_json::Error;

    fn encode(output: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_string(output).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for Text {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        let text = std::str::from_utf8(&bytes).map_err(serde::de::Error::custom)?;
        serde_json::from_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_survives_the_way_to_the_browser() {
        let said = vec![Some("naïve \u{202e}".to_owned()), None];
        let decoded: Vec<Option<String>> = Text::decode(Text::encode(&said).unwrap()).unwrap();
        assert_eq!(decoded, said);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        assert!(<Text as Decodes<String>>::decode(Bytes::from_static(b"\"\xff\"")).is_err());
    }
}
