//! Somebody who talks to the program over HTTP.

use reqwest::header::{HeaderMap, SET_COOKIE};
use serde_json::Value;

/// One person or program with its credential.
#[derive(Clone, Debug)]
pub struct Caller {
    client: reqwest::Client,
    url: String,
    token: Option<String>,
    cookie: Option<String>,
    csrf: Option<String>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The JSON body; `null` when there is none.
    pub body: Value,
    /// The body as text.
    pub text: String,
    /// The headers.
    pub headers: HeaderMap,
}

impl Answer {
    /// The refusal's code, empty when it is none.
    #[must_use]
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The text at a JSON pointer, empty when there is none.
    #[must_use]
    pub fn at(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// Fails unless the status is `status`.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// A header's text, empty when there is none.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// How many `items` it has.
    #[must_use]
    pub fn count(&self) -> usize {
        self.body["items"].as_array().map_or(0, Vec::len)
    }

    /// Fails unless it is a refusal with this status and code.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.text);
    }
}

impl Caller {
    pub(crate) fn new(url: &str) -> Self {
        // Fails when it is installed already, which is as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { client: reqwest::Client::new(), url: url.to_owned(), token: None, cookie: None, csrf: None }
    }

    /// The same with a token.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// The same with a session: its cookie as `name=value`, and its CSRF token.
    #[must_use]
    pub fn with_session(mut self, cookie: &str, csrf: &str) -> Self {
        (self.cookie, self.csrf) = (Some(cookie.to_owned()), Some(csrf.to_owned()));
        self
    }

    /// The cookie of the session in use, as `name=value`.
    #[must_use]
    pub fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// The same without the session's CSRF token, as another site's page would send it.
    #[must_use]
    pub fn without_csrf(mut self) -> Self {
        self.csrf = None;
        self
    }

    /// Sends a request with a JSON body and further headers.
    pub async fn send(&mut self, method: &str, path: &str, body: Option<&Value>, headers: &[(&str, &str)]) -> Answer {
        let mut all = headers.to_vec();
        if body.is_some() {
            all.push(("content-type", "application/json"));
        }
        self.send_bytes(method, path, body.map(|b| b.to_string().into_bytes()), &all).await
    }

    /// Sends a request with any body at all; its media type is one of the headers.
    pub async fn send_bytes(
        &mut self,
        method: &str,
        path: &str,
        body: Option<Vec<u8>>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let beside =
            ["/api/", "/scim/", "/access/", "/auth/", "/.well-known/"].iter().any(|root| path.starts_with(root));
        let base = if beside || !path.starts_with('/') { "" } else { "/api/v1" };
        let method = method.parse().expect("a method");
        let mut request = self.client.request(method, format!("{}{base}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(csrf) = &self.csrf {
            request = request.header("x-csrf-token", csrf);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.expect("the program answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.expect("a body");
        let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        if let Some(line) = headers.get(SET_COOKIE).and_then(|v| v.to_str().ok()) {
            self.cookie = line.split(';').next().map(str::to_owned);
            self.csrf = body["csrf_token"].as_str().map(str::to_owned);
        }
        Answer { status, body, text, headers }
    }

    /// GET.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, None, &[]).await
    }

    /// POST.
    pub async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(&body), &[]).await
    }

    /// PATCH.
    pub async fn patch(&mut self, path: &str, body: Value) -> Answer {
        self.send("PATCH", path, Some(&body), &[]).await
    }

    /// DELETE.
    pub async fn delete(&mut self, path: &str) -> Answer {
        self.send("DELETE", path, None, &[]).await
    }
}
