//! Closed vocabularies of the wire that must survive words they do not know.

/// Declares an enum for a vocabulary of Lodestar. A word outside it is kept as it came, for an
/// envelope is somebody else's and must be shown as it is.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal $(| $alias:literal)*),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum $name {
            $($(#[$vmeta])* $variant,)+
            /// A word that the contract does not list, as the log has it.
            Other(String),
        }

        impl $name {
            /// The word as it is written on the wire.
            ///
            /// ```
            #[doc = concat!("use machinaut_chain::model::", stringify!($name), ";")]
            ///
            #[doc = concat!("for word in [\"", $($word, "\", \"",)+ "tomorrow's word\"] {")]
            #[doc = concat!("    assert_eq!(", stringify!($name), "::from(word.to_owned()).as_str(), word);")]
            /// }
            /// ```
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                match word.as_str() {
                    $($word $(| $alias)* => Self::$variant,)+
                    _ => Self::Other(word),
                }
            }
        }

        impl From<$name> for String {
            fn from(word: $name) -> Self {
                word.as_str().to_owned()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use words;
