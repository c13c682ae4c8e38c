//! Light, dark, or as the system says.
//!
//! The choice is kept in a cookie, so that the server writes it into the first byte of every page: no flash of the
//! other theme, and no script that would have to run before the page is drawn.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::ui::Icon;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// The choice that came with the request.
    pub(super) fn remembered() -> Self {
        #[cfg(feature = "ssr")]
        if let Some(parts) = use_context::<http::request::Parts>() {
            return parts
                .headers
                .get_all(http::header::COOKIE)
                .iter()
                .filter_map(|cookies| cookies.to_str().ok())
                .find_map(Self::in_cookies)
                .unwrap_or_default();
        }
        Self::default()
    }

    /// The value of `data-theme`; none leaves it to the system.
    pub(super) const fn forced(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    #[cfg(any(feature = "ssr", test))]
    fn in_cookies(cookies: &str) -> Option<Self> {
        cookies.split(';').find_map(|cookie| match cookie.trim() {
            "theme=light" => Some(Self::Light),
            "theme=dark" => Some(Self::Dark),
            _ => None,
        })
    }

    const fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::System => "Theme: system",
            Self::Light => "Theme: light",
            Self::Dark => "Theme: dark",
        }
    }

    #[cfg(feature = "hydrate")]
    fn apply(self) {
        let Some(root) = document().document_element() else {
            return;
        };
        let cookie = if let Some(forced) = self.forced() {
            drop(root.set_attribute("data-theme", forced));
            format!("theme={forced}; Path=/; Max-Age=31536000; SameSite=Lax")
        } else {
            drop(root.remove_attribute("data-theme"));
            "theme=; Path=/; Max-Age=0; SameSite=Lax".to_owned()
        };
        // It cannot fail for a document that has a root.
        let _ = js_sys::Reflect::set(&document(), &"cookie".into(), &cookie.into());
    }
}

/// Carries the remembered choice to the browser. Once, in the root of the app.
pub(crate) fn provide_theme() {
    provide_context(RwSignal::new(
        SharedValue::new(Theme::remembered).into_inner(),
    ));
}

/// Goes on to the next of system, light and dark.
pub(crate) fn use_theme_switch() -> Callback<()> {
    let theme = use_context::<RwSignal<Theme>>().unwrap_or_default();
    Callback::new(move |()| {
        let next = theme.get_untracked().next();
        #[cfg(feature = "hydrate")]
        next.apply();
        theme.set(next);
    })
}

/// The button that says which theme is on, and goes on to the next.
#[component]
pub(crate) fn ThemeToggle() -> impl IntoView {
    let theme = use_context::<RwSignal<Theme>>().unwrap_or_default();
    let next = use_theme_switch();
    view! {
        <button class="foot-action" type="button" on:click=move |_| next.run(())>
            <Icon name="theme"/>
            <span>{move || theme.get().name()}</span>
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_is_found_among_other_cookies() {
        assert_eq!(
            Theme::in_cookies("machinaut=abc; theme=dark"),
            Some(Theme::Dark)
        );
        assert_eq!(Theme::in_cookies("mytheme=dark; theme=purple"), None);
    }

    #[test]
    fn every_choice_comes_round() {
        assert_eq!(Theme::System.next().next().next(), Theme::System);
    }
}
