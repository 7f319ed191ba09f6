//! Every page of the console with made-up data: the gallery serves them, a test looks at them all.

mod account;
mod inviting;
mod organization;
mod people;
mod reference;
mod shared;
mod things;
mod way_in;

use askama::Template;
use axum::http::Method;
use guildhall_server::console::gallery::GalleryPage;
use guildhall_server::console::view::{OrganizationsPage, Person};

pub(crate) use shared::Visit;

/// Draws a page for a visit.
pub(crate) type Draw = fn(&Visit) -> Result<String, askama::Error>;

/// One page with made-up data.
pub(crate) struct Sample {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) title: &'static str,
    pub(crate) status: u16,
    pub(crate) draw: Draw,
}

/// A page that is opened.
const fn page(path: &'static str, title: &'static str, draw: Draw) -> Sample {
    Sample { method: Method::GET, path, title, status: 200, draw }
}

/// A page that answers a form.
const fn answer(path: &'static str, title: &'static str, status: u16, draw: Draw) -> Sample {
    Sample { method: Method::POST, path, title, status, draw }
}

/// All of them.
pub(crate) fn samples() -> impl Iterator<Item = &'static Sample> {
    [
        OWN,
        way_in::SAMPLES,
        inviting::SAMPLES,
        people::SAMPLES,
        organization::SAMPLES,
        account::SAMPLES,
        things::SAMPLES,
        reference::SAMPLES,
    ]
    .into_iter()
    .flatten()
}

const OWN: &[Sample] = &[
    page("/", "All samples", index),
    page("/design", "Design", |visit| GalleryPage::new(&visit.theme, "sample", visit.now_ms).render()),
];

fn index(visit: &Visit) -> Result<String, askama::Error> {
    let place = |one: &Sample| Person::new(one.title, one.path, one.path).href(one.path);
    OrganizationsPage {
        page: visit.plain("Samples"),
        email: "everybody".to_owned(),
        turned_away: Vec::new(),
        places: samples().filter(|one| one.method == Method::GET).map(place).collect(),
        create_href: None,
    }
    .render()
}
