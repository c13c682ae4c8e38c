//! A page that re-computes what the server claims: it verifies a shipped body and tells the why of
//! an action. `scripts/chain-size` weighs it beside [`floor`](../floor.rs), the same page without
//! this crate.

#[cfg(target_arch = "wasm32")]
mod page {
    use machinaut_chain::session::{Event, Session};
    use machinaut_chain::ship::{Limits, Reader, Record};
    use machinaut_chain::why::Reasons;
    use wasm_bindgen::prelude::wasm_bindgen;

    /// A shipped body that was verified.
    #[wasm_bindgen]
    pub struct Verified {
        session: Session,
    }

    #[wasm_bindgen]
    impl Verified {
        /// Reads and re-hashes a body.
        ///
        /// # Errors
        /// Where the body is malformed: the line, the column and the reason.
        #[wasm_bindgen(constructor)]
        pub fn new(body: &[u8]) -> Result<Verified, String> {
            let mut events = Vec::new();
            let mut reader = Reader::new(Limits::default());
            let mut keep = |record: Record<'_>| events.push(Event::from_record(record));
            let read = reader.push(body, &mut keep);
            let read = read.and_then(|()| reader.finish(&mut keep));
            read.map_err(|error| error.to_string())?;
            let session = Session::from_events(events);
            Ok(Self { session })
        }

        /// How many events were re-hashed and matched.
        pub fn events(&self) -> usize {
            self.session
                .events()
                .iter()
                .filter(|event| event.verified)
                .count()
        }

        /// Everything behind an action as a page shows it, a line for each thing; nothing where the
        /// log has no such action.
        pub fn why(&self, action: &str) -> Option<String> {
            let why = Reasons::of(&self.session).why(action)?;
            let mut lines = vec![why.sentence.to_text()];
            for hesitation in &why.hesitations {
                let headline = hesitation.headline.to_text();
                lines.push([&headline, " ", &hesitation.detail.to_text()].concat());
            }
            for edge in &why.edges {
                let (from, to) = (&edge.from.id, &edge.to.id);
                lines.push([from, " ", edge.relation.as_words(), " ", to].concat());
            }
            for event in why.nodes.iter().flat_map(|node| &node.events) {
                let verified = if event.verified {
                    "verified"
                } else {
                    "not verified"
                };
                lines.push([&event.event_id, ": ", verified].concat());
            }
            Some(lines.join("\n"))
        }
    }
}
