//! The API reference as a page: what the served OpenAPI document says, without asking anybody else.

use askama::Template;

/// One field of a body; those of an object inside follow it one step deeper.
#[derive(Clone, Debug, Default)]
pub struct ApiField {
    /// Its name.
    pub name: String,
    /// Its type, such as `string`, `array of Role`, `"email" | "link"`.
    pub kind: String,
    /// Whether it must be there.
    pub required: bool,
    /// What it means.
    pub description: String,
    /// 0 for the body itself, at most 3.
    pub depth: u8,
}

/// A body, of a request or an answer.
#[derive(Clone, Debug, Default)]
pub struct ApiBody {
    /// Its media type.
    pub media_type: String,
    /// The name of its schema; empty for none.
    pub schema: String,
    /// Its fields.
    pub fields: Vec<ApiField>,
    /// An example, laid out; empty for none.
    pub example: String,
}

/// One parameter.
#[derive(Clone, Debug, Default)]
pub struct ApiParameter {
    /// Its name.
    pub name: String,
    /// `path`, `query` or `header`.
    pub place: String,
    /// Its type.
    pub kind: String,
    /// Whether it must be there.
    pub required: bool,
    /// What it means.
    pub description: String,
}

/// One answer.
#[derive(Clone, Debug, Default)]
pub struct ApiAnswer {
    /// Its status, such as `200`.
    pub status: String,
    /// What it means.
    pub description: String,
    /// The stable codes it may carry.
    pub codes: Vec<String>,
    /// Its body; `None` for none.
    pub body: Option<ApiBody>,
}

/// One operation.
#[derive(Clone, Debug, Default)]
pub struct ApiOperation {
    /// The anchor, unique in the page.
    pub id: String,
    /// `GET`, `POST` …
    pub method: String,
    /// The path with its parameters in braces.
    pub path: String,
    /// A few words.
    pub summary: String,
    /// The rest; empty for nothing.
    pub description: String,
    /// Who may: the permission or the credential; empty for everybody.
    pub access: String,
    /// The parameters.
    pub parameters: Vec<ApiParameter>,
    /// What is sent.
    pub body: Option<ApiBody>,
    /// What comes back.
    pub answers: Vec<ApiAnswer>,
}

impl ApiOperation {
    /// The class of the method's colour.
    #[must_use]
    pub fn verb_class(&self) -> &'static str {
        match self.method.as_str() {
            "GET" => "verb-get",
            "POST" => "verb-post",
            "PUT" => "verb-put",
            "PATCH" => "verb-patch",
            "DELETE" => "verb-delete",
            _ => "verb-other",
        }
    }
}

impl ApiField {
    /// The class that moves a nested field in.
    #[must_use]
    pub fn depth_class(&self) -> &'static str {
        match self.depth {
            0 => "depth-0",
            1 => "depth-1",
            2 => "depth-2",
            _ => "depth-3",
        }
    }
}

/// Operations about one thing.
#[derive(Clone, Debug, Default)]
pub struct ApiGroup {
    /// The anchor, unique in the page.
    pub id: String,
    /// Its name, such as `Members`.
    pub name: String,
    /// A sentence or two; empty for nothing.
    pub description: String,
    /// Its operations.
    pub operations: Vec<ApiOperation>,
}

/// `GET /api/docs`
#[derive(Clone, Debug, Template)]
#[template(path = "access/api_docs.html")]
pub struct ApiDocsPage {
    /// Surroundings.
    pub page: super::Plain,
    /// The version of the API.
    pub version: String,
    /// What it is, in a sentence or two.
    pub intro: String,
    /// Where the document is, such as `/api/openapi.json`.
    pub document_href: String,
    /// The operations.
    pub groups: Vec<ApiGroup>,
}
