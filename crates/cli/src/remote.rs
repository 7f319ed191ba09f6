//! The client of a running server's REST API, for one organization or above all.
//!
//! Knows addresses, credentials, pages and refusals; what is asked is the verbs' business. Nothing is tried again.

use reqwest::{Method, Response, StatusCode, Url, header};
use serde::Deserialize;
use serde_json::Value;

use guildhall_server::security::token::recognise;

use crate::failure::{Failure, Message};
use crate::output::plain;

/// Which server, who asks, and about which organization.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct RemoteArgs {
    /// The server's address
    #[arg(long, env = "GUILDHALL_URL", value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
    /// A personal or service token; the variable keeps it out of the list of processes
    #[arg(long, env = "GUILDHALL_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub(crate) token: String,
    /// The organization's slug or id
    #[arg(long, env = "GUILDHALL_ORGANIZATION", value_name = "ORGANIZATION")]
    pub(crate) organization: String,
}

/// Which server, and who asks, about no organization in particular.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ServerArgs {
    /// The server's address
    #[arg(long, env = "GUILDHALL_URL", value_name = "URL", default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
    /// The token made at `init`; the variable keeps it out of the list of processes
    #[arg(long, env = "GUILDHALL_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub(crate) token: String,
}

/// A server, with a credential, seen from one organization or from above all.
pub(crate) struct Remote {
    client: reqwest::Client,
    base: Url,
    token: String,
}

impl Remote {
    /// Checks what can be checked without asking; does not connect.
    pub(crate) fn new(args: &RemoteArgs) -> Result<Self, Failure> {
        Self::below(&args.url, &args.token, &["organizations", &args.organization])
    }

    /// The same above all organizations.
    pub(crate) fn of_server(args: &ServerArgs) -> Result<Self, Failure> {
        Self::below(&args.url, &args.token, &[])
    }

    fn below(url: &str, token: &str, path: &[&str]) -> Result<Self, Failure> {
        recognise(token).map_err(|typo| {
            Failure::usage(format!("`--token`: {typo}"), "make one in the browser or with `POST /api/v1/me/tokens`")
        })?;
        let address =
            Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some());
        let mut base = address.ok_or_else(|| {
            Failure::usage(format!("`{url}` is not a server's address"), "write it like `https://teams.example.com`")
        })?;
        base.set_query(None);
        push(&mut base, &["api", "v1"]);
        push(&mut base, path);
        // Fails only when another provider was installed before, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .user_agent(concat!("guildhall/", env!("CARGO_PKG_VERSION")))
            // A redirect would carry the token to an address nobody named.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| {
                Failure::failed(
                    format!("cannot start the HTTP client: {}", chain(&error)),
                    "check this machine's certificates",
                )
            })?;
        Ok(Self { client, base, token: token.to_owned() })
    }

    /// One request below the base; the body of the answer is not read yet.
    pub(crate) async fn open(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Response, Failure> {
        let mut address = self.base.clone();
        push(&mut address, path);
        if !query.is_empty() {
            address.query_pairs_mut().extend_pairs(query);
        }
        let mut request = self.client.request(method, address).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| unreachable_server(&error))?;
        if response.status().is_success() { Ok(response) } else { Err(refusal(response).await) }
    }

    /// One request with its answer as JSON; `null` for an answer without a body.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Value, Failure> {
        let response = self.open(method, path, query, body).await?;
        let bytes = response.bytes().await.map_err(|error| unreachable_server(&error))?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|_| {
            Failure::failed("the answer is not JSON", "check that `--url` is a guildhall server and not a proxy's page")
        })
    }

    /// Every item of a list, page after page, until `each` says stop with `Ok(false)`.
    pub(crate) async fn each_page(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        mut each: impl FnMut(&[Value]) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let mut after: Option<String> = None;
        loop {
            let mut query: Vec<(&str, &str)> = query.to_vec();
            query.push(("limit", "100"));
            query.extend(after.as_deref().map(|cursor| ("after", cursor)));
            let page = self.ask(Method::GET, path, &query, None).await?;
            let items = page.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            if !each(items)? {
                return Ok(());
            }
            let next = page.get("next").and_then(Value::as_str).map(str::to_owned);
            if next.is_some() && next == after {
                return Err(Failure::failed(
                    "the server answered the same page twice",
                    "this is a fault of the server, please report it",
                ));
            }
            if next.is_none() {
                return Ok(());
            }
            after = next;
        }
    }
}

/// Runs the future on this thread.
pub(crate) fn run<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime
        .map_err(|error| Failure::failed(format!("cannot start: {error}"), "check the limits of this process"))?
        .block_on(future)
}

/// Appends path segments, each encoded.
fn push(url: &mut Url, segments: &[&str]) {
    // Fails only for addresses that cannot have a path, which `new` has refused.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
}

/// `application/problem+json` (RFC 9457) with what Guildhall adds.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Problem {
    title: Option<String>,
    detail: Option<String>,
    code: Option<String>,
    errors: Vec<FieldError>,
    blockers: Vec<Blocker>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FieldError {
    field: String,
    code: String,
    detail: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Blocker {
    resource: String,
    r#type: String,
    name: String,
}

async fn refusal(response: Response) -> Failure {
    let status = response.status();
    let retry_after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()).map(plain);
    let problem: Problem = response.json().await.unwrap_or_default();
    let reason = problem.detail.or(problem.title).unwrap_or_else(|| format!("the server answered {status}"));
    let code = problem.code.map(|code| format!(" (`{code}`)")).unwrap_or_default();
    let mut lines = vec![plain(&format!("{reason}{code}"))];
    lines.extend(
        problem.errors.iter().map(|error| plain(&format!("`{}`: {} (`{}`)", error.field, error.detail, error.code))),
    );
    let blockers = problem.blockers.iter();
    lines
        .extend(blockers.map(|blocker| {
            plain(&format!("in the way: {} `{}` ({})", blocker.r#type, blocker.name, blocker.resource))
        }));
    let hint = match status {
        StatusCode::UNAUTHORIZED => {
            Some("the token is unknown, expired or revoked; make a new one in the browser".to_owned())
        }
        StatusCode::FORBIDDEN => Some("the token, or its holder, lacks the right for this".to_owned()),
        StatusCode::NOT_FOUND => {
            Some("check the id and `--organization`; what the token may not see counts as missing".to_owned())
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            retry_after.map(|seconds| format!("try again in {seconds} s"))
        }
        status if status.is_redirection() => {
            Some("the server redirects; give its final address with `--url`".to_owned())
        }
        _ if !problem.blockers.is_empty() => {
            Some("pass them on with `--transfer-to MEMBER`, or one by one with `--transfer RESOURCE=MEMBER`".to_owned())
        }
        _ => None,
    };
    Failure::Failed(Message { error: lines.join("\n"), hint })
}

pub(crate) fn unreachable_server(error: &reqwest::Error) -> Failure {
    let hint = if error.is_connect() {
        "check `--url`, and that `guildhall serve` is running there"
    } else {
        "check the connection and try again"
    };
    Failure::failed(format!("the server cannot be reached: {}", plain(&chain(error))), hint)
}

/// The causes, innermost last, without the address: it may hold what should not be repeated.
fn chain(error: &dyn std::error::Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes.dedup();
    if causes.is_empty() { "no further reason given".to_owned() } else { causes.join(": ") }
}

#[cfg(test)]
#[path = "remote_tests.rs"]
mod tests;
