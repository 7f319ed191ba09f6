//! One visit of a page: who reads it, what they sent, what was left to tell them. Recognises and
//! guards; decides nothing.

use std::sync::{Arc, OnceLock};

use askama::Template;
use axum::body::Bytes;
use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use axum::http::header::{COOKIE, LOCATION, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guildhall_domain::refusal::{Code, Kind, Refusal};
use guildhall_domain::time::Timestamp;
use guildhall_store::Stop;

use super::pages::account::{security, step_up};
use super::respond;
use super::verdict::sentence;
use super::view::{Flash, Place, Plain, ProblemPage, Time, Tone};
use crate::app::App;
use crate::http::context::{cookie, from_here, header, recognise};
use crate::http::problem::{status, told};
use crate::ops::Ctx;

/// The cookie that carries one message over a redirect.
const FLASH: &str = "guildhall_flash";
/// The cookie of the chosen theme.
pub const THEME: &str = "theme";
/// The cookie that names the organization last used.
const LAST: &str = "guildhall_last";
/// Stands between the words of a message and what takes it back.
const UNDO: char = '\u{1f}';
/// How the addresses end that take something back.
const UNDOES: [&str; 2] = ["/restore", "/reactivate"];
/// The tones of a message as the cookie says them.
const MOODS: [(Tone, &str); 5] =
    [(Tone::Plain, "plain"), (Tone::Good, "good"), (Tone::Wait, "wait"), (Tone::Info, "info"), (Tone::Bad, "bad")];
const YEAR_S: u32 = 31_536_000;

/// One visit.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The request's context.
    pub ctx: Ctx,
    /// The path asked for, without its query.
    pub path: String,
    /// The query.
    pub query: String,
    /// Where to come back to: this page with its query or, for a form that was sent, the page it stood on.
    pub back: String,
    /// Whether a form was sent, not a page asked for.
    pub sent: bool,
    /// What was sent, to be sent again once somebody has proved who they are.
    pub fields: Arc<Vec<(String, String)>>,
    /// The chosen theme, empty for none.
    pub theme: String,
    /// What the page before left to tell.
    pub flash: Vec<Flash>,
    /// Slug of the organization last used.
    pub last: Option<String>,
    /// The cookie of a sign-in that waits for its second factor; empty for none.
    pub half: String,
    entered: Arc<OnceLock<String>>,
}

/// What went wrong, as a page.
#[derive(Debug)]
pub struct Wrong {
    stop: Stop,
    visit: Option<Box<Visit>>,
}

impl<T: Into<Stop>> From<T> for Wrong {
    fn from(stop: T) -> Self {
        Self { stop: stop.into(), visit: None }
    }
}

/// What a page handler answers.
pub type Shown = Result<Response, Wrong>;

impl Visit {
    /// The surroundings of a page without an organization.
    #[must_use]
    pub fn plain(&self, title: &str) -> Plain {
        Plain {
            title: title.to_owned(),
            theme: self.theme.clone(),
            csrf: self.csrf(),
            flash: self.flash.clone(),
            demo: self.ctx.app.config.demo.is_some(),
        }
    }

    /// The CSRF token of the session in use; empty without one.
    #[must_use]
    pub fn csrf(&self) -> String {
        let session = self.ctx.caller.as_ref().and_then(|caller| caller.session());
        session.map(|s| self.ctx.app.credentials.csrf_token(s.uuid().as_bytes())).unwrap_or_default()
    }

    /// A parameter of the query, empty when it is not there.
    #[must_use]
    pub fn asked(&self, name: &str) -> String {
        let mut pairs = form_urlencoded::parse(self.query.as_bytes());
        pairs.find(|(key, _)| key == name).map_or_else(String::new, |(_, value)| value.into_owned())
    }

    /// A moment as seen from this visit.
    #[must_use]
    pub fn when(&self, at: Timestamp) -> Time {
        Time::from_millis(at.micros() / 1_000, self.ctx.now.micros() / 1_000)
    }

    /// Notes the organization this visit takes place in: it is the one last used from now on.
    pub fn enter(&self, slug: &str) {
        // A visit has one organization; a second one would not be the page's own.
        let _ = self.entered.set(slug.to_owned());
    }

    /// Ties a failure to this visit, so that its page has the right surroundings and an anonymous
    /// reader is led to the sign-in page and back.
    #[must_use]
    pub fn wrong(&self, stop: impl Into<Stop>) -> Wrong {
        Wrong { stop: stop.into(), visit: Some(Box::new(self.clone())) }
    }

    /// Answers a page and forgets the message it has shown.
    ///
    /// # Errors
    /// When the template cannot be written.
    pub fn page<T: Template>(&self, status: StatusCode, page: &T) -> Shown {
        let mut response = respond::page(status, page).map_err(|e| {
            self.wrong(guildhall_store::StoreError::Bug(format!("the page `{}` cannot be written: {e}", self.path)))
        })?;
        if !self.flash.is_empty() {
            push_cookie(&mut response, &format!("{FLASH}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"));
        }
        if let Some(slug) = self.entered.get().filter(|slug| self.last.as_ref() != Some(slug)) {
            push_cookie(&mut response, &format!("{LAST}={slug}; Path=/; Max-Age={YEAR_S}; HttpOnly; SameSite=Lax"));
        }
        Ok(response)
    }
}

/// Sends the browser on with a message for the next page.
#[must_use]
pub fn go_with(path: &str, tone: Tone, text: &str) -> Response {
    go_with_undo(path, tone, text, "")
}

/// The same with a button that takes it back: the address of a form that is sent with nothing in it.
#[must_use]
pub fn go_with_undo(path: &str, tone: Tone, text: &str, undo: &str) -> Response {
    let mood = MOODS.iter().find(|(known, _)| *known == tone).map_or("plain", |(_, word)| *word);
    let mut response = go(path);
    let short: String = text.chars().take(500).collect();
    let packed = URL_SAFE_NO_PAD.encode(format!("{mood} {short}{UNDO}{undo}"));
    push_cookie(&mut response, &format!("{FLASH}={packed}; Path=/; Max-Age=60; HttpOnly; SameSite=Lax"));
    response
}

/// Sends the browser on. Only paths of this site are followed.
#[must_use]
pub fn go(path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let safe = HeaderValue::from_str(local(path)).unwrap_or_else(|_| HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, safe);
    response
}

/// The path when it is one of this site, `/` otherwise: `//evil.example` and `/\evil` are not.
#[must_use]
pub fn local(path: &str) -> &str {
    let second = path.as_bytes().get(1);
    let inside = path.starts_with('/') && !matches!(second, Some(b'/' | b'\\')) && !path.contains(['\r', '\n', '\\']);
    if inside { path } else { "/" }
}

/// Adds a cookie to an answer.
pub fn push_cookie(response: &mut Response, line: &str) {
    if let Ok(value) = HeaderValue::from_str(line) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

fn left_over(headers: &HeaderMap) -> Vec<Flash> {
    let bytes = cookie(headers, FLASH).and_then(|packed| URL_SAFE_NO_PAD.decode(packed).ok());
    let Some(text) = bytes.and_then(|b| String::from_utf8(b).ok()) else { return Vec::new() };
    let (text, undo) = text.split_once(UNDO).unwrap_or((&text, ""));
    let (mood, words) = text.split_once(' ').unwrap_or(("plain", text));
    let tone = MOODS.iter().find(|(_, word)| *word == mood).map_or(Tone::Plain, |(tone, _)| *tone);
    // A cookie may come from a stranger: it names no other form than those that take something back.
    let undo = if UNDOES.iter().any(|end| undo.ends_with(end)) { local(undo) } else { "" };
    vec![Flash::new(tone, words).undo(undo)]
}

/// The page a form stood on, as the browser tells it; `/` when it does not or names another site.
fn sent_from(headers: &HeaderMap) -> &str {
    let rest = header(headers, "referer").and_then(|address| address.split_once("://")).map(|(_, rest)| rest);
    let own = rest.zip(header(headers, "host")).and_then(|(rest, host)| rest.strip_prefix(host));
    own.map_or("/", local)
}

async fn visit(app: &Arc<App>, parts: &Parts) -> Result<Visit, Wrong> {
    let mut headers = parts.clone();
    // A page is read with the browser's session; a token is for the API.
    headers.headers.remove("authorization");
    headers.headers.remove("x-api-key");
    let ctx = recognise(app, &headers).await?;
    let sent = !matches!(parts.method, Method::GET | Method::HEAD);
    let here = || parts.uri.path_and_query().map_or("/", |at| local(at.as_str()));
    let back = if sent { sent_from(&parts.headers) } else { here() };
    Ok(Visit {
        back: back.to_owned(),
        sent,
        fields: Arc::default(),
        half: cookie(&parts.headers, &app.config.half_cookie_name()).unwrap_or_default().to_owned(),
        last: cookie(&parts.headers, LAST).map(str::to_owned),
        entered: Arc::default(),
        ctx,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        theme: cookie(&parts.headers, THEME).filter(|t| matches!(*t, "light" | "dark")).unwrap_or_default().to_owned(),
        flash: if parts.headers.contains_key(COOKIE) { left_over(&parts.headers) } else { Vec::new() },
    })
}

impl<S> FromRequestParts<S> for Visit
where
    S: Send + Sync,
    Arc<App>: FromRef<S>,
{
    type Rejection = Wrong;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Wrong> {
        visit(&Arc::<App>::from_ref(state), parts).await
    }
}

/// A form that was sent, with the visit it came in. A form of a reader who is signed in carries the
/// session's CSRF token; every form comes from a page of this site.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The visit.
    pub visit: Visit,
    /// Every field in order; a name may stand more than once.
    pub fields: Vec<(String, String)>,
}

impl Sent {
    /// The last value of a field, empty when it is not there.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.fields.iter().rev().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// Every value of a field, in order.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.fields.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }
}

impl<S> FromRequest<S> for Sent
where
    S: Send + Sync,
    Arc<App>: FromRef<S>,
{
    type Rejection = Wrong;

    async fn from_request(request: Request, state: &S) -> Result<Self, Wrong> {
        let app = Arc::<App>::from_ref(state);
        let (parts, body) = request.into_parts();
        let mut visit = visit(&app, &parts).await?;
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await;
        let bytes = bytes.map_err(|_| visit.wrong(Code::BodyTooLarge))?;
        let fields: Vec<(String, String)> = form_urlencoded::parse(&bytes).into_owned().collect();
        visit.fields = Arc::new(fields.clone());
        let sent = Self { visit, fields };
        let session = sent.visit.ctx.caller.as_ref().and_then(|caller| caller.session());
        let proved = session.is_none_or(|s| app.credentials.csrf_matches(s.uuid().as_bytes(), sent.get("csrf")));
        if !proved || !from_here(&parts.headers) {
            return Err(sent.visit.wrong(Refusal::because(
                Code::CsrfInvalid,
                "this page was too old; go back, reload it and send it again",
            )));
        }
        Ok(sent)
    }
}

/// The page for an address that leads nowhere.
pub async fn nothing(visit: Visit) -> Shown {
    Err(visit.wrong(Code::NotFound))
}

/// An address that only takes a form, asked for as by reloading what the form answered: the page above it.
pub async fn not_so(visit: Visit) -> Shown {
    match visit.path.rsplit_once('/') {
        Some((above, _)) if !visit.sent => Ok(go(above)),
        _ => Err(visit.wrong(Code::MethodNotAllowed)),
    }
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Hidden => "Nothing here",
        Kind::Forbidden => "You may not do that",
        Kind::Unauthenticated => "Please sign in",
        Kind::Unpaid => "No seat is free",
        Kind::Conflict | Kind::Stale => "That does not fit",
        Kind::Gone => "No longer valid",
        Kind::Limited => "Too much at once",
        Kind::Unavailable => "Not at this moment",
        Kind::Malformed | Kind::Method | Kind::TooLarge | Kind::MediaType | Kind::Invalid => "That was not understood",
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let visit = self.visit.as_deref();
        let page =
            |name: &str| visit.map_or_else(|| Plain { title: name.to_owned(), ..Plain::default() }, |v| v.plain(name));
        let request_id = crate::http::request_id::current();
        let mut ways = vec![Place::new("To the start", "/")];
        if let Some(form) = visit.filter(|v| v.sent && v.back != "/") {
            ways.insert(0, Place::new("Back to the page", form.back.as_str()));
        }
        let (status, page) = match told(&self.stop) {
            Some(refusal) if refusal.code.kind() == Kind::Unauthenticated => {
                let next =
                    visit.map_or_else(String::new, |v| form_urlencoded::byte_serialize(v.back.as_bytes()).collect());
                return go(&format!("/sign-in?next={next}"));
            }
            Some(refusal) if refusal.code == Code::FactorRequired => {
                return security::to_security(visit.and_then(|v| v.ctx.caller.as_deref()));
            }
            Some(refusal) if refusal.code == Code::ProofStale && visit.is_some() => {
                let page = visit.map(step_up::of).and_then(|page| respond::page(StatusCode::FORBIDDEN, &page).ok());
                return page.unwrap_or_else(|| StatusCode::FORBIDDEN.into_response());
            }
            Some(refusal) => {
                let name = title(refusal.code.kind());
                let code = refusal.code.name().to_owned();
                let status = status(refusal.code.kind());
                (
                    status,
                    ProblemPage {
                        page: page(name),
                        status: status.as_u16(),
                        title: name.to_owned(),
                        detail: sentence(&refusal.detail),
                        code,
                        request_id,
                        ways,
                    },
                )
            }
            None => {
                let name = "Something failed";
                let detail = "It is logged under the number below; nothing you typed was kept.".to_owned();
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    ProblemPage {
                        page: page(name),
                        status: 500,
                        title: name.to_owned(),
                        detail,
                        code: "server.fault".to_owned(),
                        request_id,
                        ways,
                    },
                )
            }
        };
        let mut response = respond::page(status, &page).unwrap_or_else(|_| status.into_response());
        if let Some(wait) = told_wait(&self.stop) {
            response.headers_mut().insert("retry-after", HeaderValue::from(wait));
        }
        response
    }
}

fn told_wait(stop: &Stop) -> Option<u64> {
    match stop {
        Stop::Refused(no) => no.extra.as_ref().filter(|(name, _)| *name == "retry_after_s")?.1.as_u64(),
        Stop::Failed(_) => None,
    }
}
