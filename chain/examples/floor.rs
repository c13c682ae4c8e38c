//! The floor under [`page`](../page.rs): the same page, without this crate.

#[cfg(target_arch = "wasm32")]
mod page {
    use wasm_bindgen::prelude::wasm_bindgen;

    /// A shipped body that nobody looked at.
    #[wasm_bindgen]
    pub struct Verified {
        body: Vec<u8>,
    }

    #[wasm_bindgen]
    impl Verified {
        /// Takes a body as it is.
        ///
        /// # Errors
        /// Where the body is empty.
        #[wasm_bindgen(constructor)]
        pub fn new(body: &[u8]) -> Result<Verified, String> {
            if body.is_empty() {
                return Err(String::from("the body is empty"));
            }
            let body = body.to_vec();
            Ok(Self { body })
        }

        /// How many bytes there are.
        pub fn events(&self) -> usize {
            self.body.len()
        }

        /// The name of an action, again.
        pub fn why(&self, action: &str) -> Option<String> {
            (!self.body.is_empty()).then(|| action.to_owned())
        }
    }
}
