//! Every form that any page of the console renders, found by following every link, is sent with scripts off: as it is
//! rendered, and with what it asks for filled in. None leads nowhere, none fails, each answers with a page that says
//! what happened or what to mend; and no address that takes a form is without one.

mod sweep {
    pub mod html;
    pub mod reader;
    pub mod routes;
    pub mod walk;
}
