use std::future::Future;

use leptos::prelude::*;

/// Asks the server again, one question at a time: what comes while a question is under way is
/// answered by one more question after it.
#[derive(Clone, Copy)]
pub struct Refresh {
    ask: StoredValue<Box<dyn Fn() + Send + Sync>>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Turn {
    #[default]
    Idle,
    Asking,
    AskingAndWanted,
}

impl Refresh {
    /// Prepares the question. It is never asked on the server.
    pub fn new<Asked>(question: impl Fn() -> Asked + Copy + Send + Sync + 'static) -> Self
    where
        Asked: Future<Output = ()> + 'static,
    {
        let turn = StoredValue::new(Turn::Idle);
        let ask = move || {
            if turn.get_value() != Turn::Idle {
                turn.set_value(Turn::AskingAndWanted);
                return;
            }
            turn.set_value(Turn::Asking);
            leptos::task::spawn_local(async move {
                loop {
                    question().await;
                    match turn.try_get_value() {
                        Some(Turn::AskingAndWanted) => turn.set_value(Turn::Asking),
                        _ => break,
                    }
                }
                turn.try_update_value(|turn| *turn = Turn::Idle);
            });
        };
        Self {
            ask: StoredValue::new(Box::new(ask)),
        }
    }

    /// Asks now, or once more after the answer that is awaited.
    pub fn ask(self) {
        self.ask.try_with_value(|ask| ask());
    }
}
