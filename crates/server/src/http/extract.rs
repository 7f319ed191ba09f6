//! Strict readers of bodies and queries: what is unknown, missing or of another type is refused by
//! its name. Does not look at values.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use bytes::Bytes;
use guildhall_domain::refusal::{Code, Refusal};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// A JSON body.
#[derive(Clone, Debug)]
pub struct Body<T>(pub T);

/// A JSON body that may be left out.
#[derive(Clone, Debug)]
pub struct OptionalBody<T>(pub T);

/// The parameters behind `?`.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

/// The variable parts of the path. What cannot be read cannot be there.
#[derive(Clone, Debug)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(Code::NotFound.into()),
        }
    }
}

/// No parameters at all.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoParameters {}

fn named(message: &str) -> Option<&str> {
    message.split('`').nth(1)
}

/// Turns what serde says into a refusal that names the field.
#[must_use]
pub fn refused(path: &str, message: &str) -> Refusal {
    let at = |leaf: &str| match path {
        "" | "." => leaf.to_owned(),
        path if path.rsplit('.').next() == Some(leaf) => path.to_owned(),
        path => format!("{path}.{leaf}"),
    };
    let plain = message.split(" at line ").next().unwrap_or(message);
    if message.starts_with("unknown field") {
        let field = at(named(message).unwrap_or_default());
        let known = plain.split_once("expected ").map_or("it takes none", |(_, rest)| rest);
        return Refusal::field(field, "field.unknown", format!("there is no such field; known: {known}"));
    }
    if message.starts_with("missing field") {
        return Refusal::field(at(named(message).unwrap_or_default()), "field.missing", "must be given");
    }
    if message.starts_with("duplicate field") {
        return Refusal::field(at(named(message).unwrap_or_default()), "field.duplicate", "stands twice");
    }
    let field = if path.is_empty() || path == "." { "body" } else { path };
    Refusal::field(field, "field.wrong_type", plain.to_owned())
}

/// Reads a JSON object.
///
/// # Errors
/// `request.malformed`; `request.invalid`, naming the field.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    // A list would be taken for an object whose fields stand in order.
    if bytes.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'[') {
        return Err(Refusal::field("body", "field.wrong_type", "must be an object, not a list"));
    }
    if let Ok(value) = serde_json::from_slice(bytes) {
        return Ok(value);
    }
    // Once more, for the place of what is wrong: to keep track of it costs more than to read.
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        if inner.is_data() {
            refused(&path, &inner.to_string())
        } else {
            Refusal::because(Code::RequestMalformed, format!("the body is not JSON: {inner}"))
        }
    })?;
    reader
        .end()
        .map_err(|e| Refusal::because(Code::RequestMalformed, format!("the body goes on after its end: {e}")))?;
    Ok(value)
}

async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        let too_large = rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE;
        let code = if too_large { Code::BodyTooLarge } else { Code::RequestMalformed };
        Problem::from(code)
    })
}

/// Whether a body comes as JSON.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Code::MediaType.into());
        }
        Ok(Self(parse(&bytes(request, state).await?)?))
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let json = is_json(request.headers());
        let body = bytes(request, state).await?;
        if body.is_empty() {
            return Ok(Self(T::default()));
        }
        if !json {
            return Err(Code::MediaType.into());
        }
        Ok(Self(parse(&body)?))
    }
}

/// Reads a query string or a form's body.
///
/// # Errors
/// `request.invalid`, naming the parameter.
pub fn query<T: DeserializeOwned>(text: &str) -> Result<T, Refusal> {
    let reader = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let path = error.path().to_string();
        refused(&path, &error.into_inner().to_string())
    })
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(query(parts.uri.query().unwrap_or_default())?))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Item {
        email: String,
        count: Option<u32>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        items: Vec<Item>,
    }

    #[test]
    fn unknown_missing_and_wrong_fields_are_named_by_their_path() {
        let fields = |text: &str| {
            parse::<Outer>(text.as_bytes())
                .unwrap_err()
                .errors
                .first()
                .map(|e| (e.field.clone(), e.code.clone()))
                .unwrap()
        };
        assert_eq!(fields(r#"{"items":[{"email":"a","x":1}]}"#), ("items[0].x".to_owned(), "field.unknown".to_owned()));
        assert_eq!(fields(r#"{"items":[{}]}"#), ("items[0].email".to_owned(), "field.missing".to_owned()));
        assert_eq!(fields(r#"{"items":[{"email":7}]}"#), ("items[0].email".to_owned(), "field.wrong_type".to_owned()));
        assert_eq!(fields(r#" [[]]"#), ("body".to_owned(), "field.wrong_type".to_owned()));
        let whole: Outer = parse(br#"{"items":[{"email":"a"},{"email":"b","count":2}]}"#).unwrap();
        assert_eq!(whole.items.iter().map(|item| item.count).collect::<Vec<_>>(), [None, Some(2)]);
        assert_eq!(parse::<Outer>(b"{").unwrap_err().code, Code::RequestMalformed);
        assert_eq!(parse::<Outer>(b"{\"items\":[]} x").unwrap_err().code, Code::RequestMalformed);
    }

    #[test]
    fn queries_are_decoded_and_strict() {
        let item: Item = query("email=a%40b+c&count=3").unwrap();
        assert_eq!((item.email.as_str(), item.count), ("a@b c", Some(3)));
        assert_eq!(query::<Item>("email=a&y=1").unwrap_err().errors.first().unwrap().field, "y");
        assert_eq!(query::<Item>("email=a&count=x").unwrap_err().errors.first().unwrap().field, "count");
    }
}
