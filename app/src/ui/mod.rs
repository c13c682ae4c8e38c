//! The design system: every button, badge, table and dialog once.
//!
//! A component knows how a thing looks and what it means to a reader, and nothing about the product behind it. The
//! class names are those of `style/components.css`. Three borders tell three speakers apart: solid is us, dashed is an
//! agent, hatched is withheld.

mod axes;
mod callout;
mod chips;
pub mod clock;
mod code;
mod copy;
mod countdown;
mod decision_bar;
mod delivery;
mod empty;
mod field;
mod guard_sign;
mod hesitations;
mod icon;
mod id;
mod meter;
mod outline;
mod panel;
mod pill_new;
pub mod said;
mod sheet;
mod skeleton;
mod status;
mod tabs;
mod told;
mod tone;
mod verified;
mod withheld;

pub use axes::{Axes, Axis};
pub use callout::{Banner, Callout};
pub use chips::{Chip, Chips};
pub use clock::Ago;
pub use code::Code;
pub use copy::{Copy, CopyLink};
pub use countdown::{Clock, Countdown};
pub use decision_bar::DecisionBar;
pub use delivery::{Delivery, Step, StepState};
pub use empty::Empty;
pub use field::Field;
pub use guard_sign::{GuardSign, is_worth_reading_again};
pub use hesitations::{Hesitation, Hesitations};
pub use icon::{Glyph, Icon};
pub use id::{HashFull, Id, cut_middle, short_id};
pub use meter::Meter;
pub use outline::{Outline, OutlineNode};
pub use panel::{Panel, SectionHead};
pub use pill_new::PillNew;
pub use said::{Said, SaidBlock};
pub use sheet::Sheet;
pub use skeleton::Skeleton;
pub use status::{Badge, Flag, Status};
pub use tabs::{Choice, Segmented, Tabs};
pub use told::{Tense, Told, as_title};
pub use tone::Tone;
pub use verified::{Place, Verified};
pub use withheld::{Withheld, WithheldInline};
