//! Real identity providers on loopback, and somebody who travels to one and back as a browser would.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use reqwest::header::{LOCATION, SET_COOKIE};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::{Caller, TestApp};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/providers")
}

/// How long a provider takes to start on a busy machine, and some more.
const READY_WITHIN: Duration = Duration::from_secs(20);

/// What a provider says once it is ready.
async fn ready(lines: &mut Lines<BufReader<ChildStdout>>) -> Value {
    loop {
        let line = lines.next_line().await.expect("a line").expect("the provider is ready");
        if let Ok(said) = serde_json::from_str::<Value>(&line) {
            return said;
        }
    }
}

/// A provider of its own process; it ends with the test.
pub struct OpenId {
    /// What it calls itself.
    pub issuer: String,
    /// All it said when it was ready.
    pub said: Value,
    _process: Child,
}

impl OpenId {
    /// The npm package `oidc-provider`; see `tests/providers/openid.mjs`.
    pub async fn start(test: &TestApp) -> Self {
        let back = [format!("{}/auth/sso/callback", test.url), format!("{}/auth/sso/backchannel-logout", test.url)];
        Self::spawn(Command::new("node").arg("--no-warnings").arg("openid.mjs").args(back)).await
    }

    /// Canaille, from PyPI.
    pub async fn canaille(test: &TestApp) -> Self {
        let python = folder().join(".venv/bin/python");
        Self::spawn(Command::new(python).arg("second.py").arg(format!("{}/auth/sso/callback", test.url))).await
    }

    /// A provider that speaks SAML, of the npm package `samlp`; see `tests/providers/saml.mjs`.
    pub async fn saml() -> Self {
        Self::spawn(Command::new("node").arg("--no-warnings").arg("saml.mjs")).await
    }

    async fn spawn(command: &mut Command) -> Self {
        // Whoever talks to it needs this; installing it a second time changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let command = command.current_dir(folder()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut tries = 0;
        let (process, mut lines, said) = loop {
            let mut process =
                command.kill_on_drop(true).spawn().expect("the provider starts; `cargo xtask test` installs it");
            let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
            // Now and then one stands still before it has begun; the next one does not.
            if let Ok(said) = tokio::time::timeout(READY_WITHIN, ready(&mut lines)).await {
                break (process, lines, said);
            }
            tries += 1;
            assert!(tries < 4, "the provider does not get ready");
        };
        // What it goes on to say is nobody's concern, but it must be able to say it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let issuer = said["issuer"].as_str().expect("an issuer").to_owned();
        Self { issuer, said, _process: process }
    }

    /// Asks one of the provider's own ways to be spoilt.
    pub async fn tell(&self, path: &str) -> Value {
        let answer = reqwest::get(format!("{}{path}", self.issuer)).await.expect("the provider answers");
        serde_json::from_str(&answer.text().await.expect("a body")).unwrap_or_default()
    }

    /// A logout token with these claims.
    pub async fn logout_token(&self, claims: &Value, by: &str) -> String {
        let packed: String = form_urlencoded::byte_serialize(claims.to_string().as_bytes()).collect();
        let url = format!("{}/_logout_token?signed_by={by}&claims={packed}", self.issuer);
        reqwest::get(url).await.expect("the provider answers").text().await.expect("a token")
    }
}

/// Where a journey ended.
#[derive(Clone, Debug)]
pub struct Landed {
    /// HTTP status of the last page.
    pub status: u16,
    /// Its address.
    pub url: String,
    /// What it said.
    pub text: String,
    /// The same as JSON.
    pub body: Value,
    /// The address that led back from the provider, with code and state.
    pub back: Option<String>,
    /// The session's cookie of the product, as `name=value`.
    pub session: Option<String>,
}

impl Landed {
    /// The refusal's code, empty when it is none.
    #[must_use]
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Fails unless it ended in a refusal with this status and code, and without a session.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{} {}", self.url, self.text);
        assert_eq!(self.session, None);
    }
}

/// A browser, as far as redirects, cookies and the provider's forms go.
#[derive(Clone, Debug)]
pub struct Traveller {
    client: reqwest::Client,
    product: String,
    /// Whether to stop short of the product's own step after a SAML answer.
    stops: bool,
    /// One jar for each host and port.
    jars: HashMap<String, HashMap<String, String>>,
}

fn host(url: &str) -> String {
    url.split('/').nth(2).unwrap_or_default().to_owned()
}

impl Traveller {
    /// With no cookies.
    #[must_use]
    pub fn new(test: &TestApp) -> Self {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Self { client, product: test.url.clone(), stops: false, jars: HashMap::new() }
    }

    /// With a session of the product.
    #[must_use]
    pub fn with(mut self, cookie: &str) -> Self {
        let (name, value) = cookie.split_once('=').expect("a cookie");
        self.jars.entry(host(&self.product)).or_default().insert(name.to_owned(), value.to_owned());
        self
    }

    /// That stops where a SAML answer was taken, before the browser is asked whether it is the one that began.
    #[must_use]
    pub const fn stopping(mut self) -> Self {
        self.stops = true;
        self
    }

    fn cookies(&self, url: &str) -> String {
        let jar = self.jars.get(&host(url)).into_iter().flatten();
        jar.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    async fn ask(&mut self, url: &str, form: Option<&str>, from: &str) -> reqwest::Response {
        let request = match form {
            Some(form) => {
                self.client.post(url).header("content-type", "application/x-www-form-urlencoded").body(form.to_owned())
            }
            None => self.client.get(url),
        };
        // What another site posts goes without cookies: they are `SameSite=Lax`.
        let cookies = if form.is_some() && host(from) != host(url) { String::new() } else { self.cookies(url) };
        let answer = request.header("cookie", cookies).send().await.expect("an answer");
        for line in answer.headers().get_all(SET_COOKIE).iter().filter_map(|v| v.to_str().ok()) {
            if let Some((name, value)) = line.split(';').next().and_then(|pair| pair.split_once('=')) {
                self.jars.entry(host(url)).or_default().insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    /// Where the product sends whoever begins at `path`.
    pub async fn sent(&mut self, path: &str) -> String {
        let url = format!("{}{path}", self.product);
        let answer = self.ask(&url, None, &url).await;
        answer.headers().get(LOCATION).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
    }

    /// Follows the way from `path` to the provider, signs in there as `login`, and follows the way back; ends at the
    /// first page of the product that leads nowhere further, or into it.
    pub async fn travel(&mut self, path: &str, login: &str) -> Landed {
        let mut url = format!("{}{path}", self.product);
        let mut from = url.clone();
        let (mut form, mut back) = (None, None);
        for _ in 0..30 {
            let answer = self.ask(&url, form.take().as_deref(), &from).await;
            from.clone_from(&url);
            let status = answer.status().as_u16();
            let onward = answer.headers().get(LOCATION).and_then(|v| v.to_str().ok()).map(str::to_owned);
            let from_product = host(&url) == host(&self.product);
            if let Some(next) = onward {
                let next = if next.starts_with('/') { format!("http://{}{next}", host(&url)) } else { next };
                let comes_back = ["/auth/sso/callback", "/auth/saml/continue"].iter().any(|path| next.contains(path));
                if comes_back {
                    back = Some(next.clone());
                    if self.stops && next.contains("/auth/saml/") {
                        return self.landed(status, next, String::new(), back);
                    }
                }
                // Back in the product, past the door.
                if from_product && host(&next) == host(&url) && url.contains("/auth/") && !comes_back {
                    return self.landed(status, next, String::new(), back);
                }
                url = next;
                continue;
            }
            let text = answer.text().await.expect("a body");
            let action = text.split("<form").find_map(|part| part.split("action=\"").nth(1)?.split('"').next());
            let hidden = |name: &str| {
                let rest = text.split(&format!("name=\"{name}\" value=\"")).nth(1)?;
                rest.split('"').next().map(|value| value.replace("&amp;", "&"))
            };
            let prompt = hidden("prompt");
            if let (Some(action), Some(answer), false) = (action, hidden("SAMLResponse"), from_product) {
                let mut fields = form_urlencoded::Serializer::new(String::new());
                fields.append_pair("SAMLResponse", &answer);
                if let Some(state) = hidden("RelayState") {
                    fields.append_pair("RelayState", &state);
                }
                form = Some(fields.finish());
                url = action.replace("&amp;", "&");
                continue;
            }
            match (action, prompt) {
                (Some(action), Some(prompt)) if !from_product => {
                    let login: String = form_urlencoded::byte_serialize(login.as_bytes()).collect();
                    form = Some(format!("prompt={prompt}&login={login}&password=x"));
                    url = action.replace("&amp;", "&");
                }
                _ => return self.landed(status, url, text, back),
            }
        }
        panic!("too many redirects, last `{url}`");
    }

    fn landed(&self, status: u16, url: String, text: String, back: Option<String>) -> Landed {
        let session = self.jars.get(&host(&self.product)).and_then(|jar| jar.get("guildhall_session"));
        let body = serde_json::from_str(&text).unwrap_or_default();
        let session = session.map(|value| format!("guildhall_session={value}"));
        Landed { status, url, text, body, back, session }
    }
}

impl TestApp {
    /// Signs in by the organization's provider as `login`.
    pub async fn by_provider(&self, path: &str, login: &str) -> Landed {
        Traveller::new(self).travel(path, login).await
    }

    /// Whoever holds the session that a journey ended with.
    pub async fn holder(&self, landed: &Landed) -> Caller {
        let cookie = landed.session.as_deref().unwrap_or_else(|| panic!("no session: {} {}", landed.url, landed.text));
        let mut caller = self.anybody().with_session(cookie, "");
        let shown = caller.get("/session").await.expect(200);
        self.anybody().with_session(cookie, shown.at("/csrf_token"))
    }
}
