//! What search asks of the server. Thin: scope, one look, view model.

use leptos::prelude::*;

use super::model::{HitView, SearchView};
use crate::{problem::Problem, text_json::TextJson};

/// Searches as an address of the search page says; `address` is its part after the question mark.
///
/// # Errors
/// Where nobody is signed in, or the engine does not answer.
#[server(endpoint = "search", output = TextJson)]
pub async fn search(address: String) -> Result<SearchView, Problem> {
    use leptos_router::location::RequestUrl;
    use machinaut_control::Error;

    use super::{address::Asked, reading};
    use crate::problem::{control, scope};

    let (scope, control) = (scope()?, control()?);
    let address = RequestUrl::new(&format!("/search?{address}"))
        .parse()
        .map_err(|_| Error::invalid("address", "cannot be read"))?;
    let asked = Asked::of(address.search_params());
    Ok(reading::read(&scope, &control, &asked).await?)
}

/// Holds, sessions and links for the palette.
///
/// # Errors
/// Where nobody is signed in.
#[server(endpoint = "find_anything", output = TextJson)]
pub async fn find_anything(text: String) -> Result<Vec<HitView>, Problem> {
    use super::anything;
    use crate::problem::{control, scope};

    Ok(anything::find(&scope()?, &control()?, &text).await?)
}

/// Saves a search for the one who is signed in.
///
/// # Errors
/// Where the name cannot be shown, the query is not understood, or too many are saved.
#[server(endpoint = "save_search", output = TextJson)]
pub async fn save_search(name: String, text: String, newest: bool) -> Result<(), Problem> {
    use machinaut_control::search::{self, NewSavedSearch, Sort};

    use crate::problem::{control, scope};

    let sort = if newest { Sort::Newest } else { Sort::Best };
    search::save(&scope()?, &control()?, NewSavedSearch { name, text, sort }).await?;
    crate::problem::redirect_plain_form("/search");
    Ok(())
}

/// Forgets a search that the one who is signed in saved.
///
/// # Errors
/// Where the member saved no such search.
#[server(endpoint = "forget_search", output = TextJson)]
pub async fn forget_search(id: String) -> Result<(), Problem> {
    use crate::problem::{control, scope};

    machinaut_control::search::forget(&scope()?, &control()?, id.parse()?).await?;
    crate::problem::redirect_plain_form("/search");
    Ok(())
}
