//! One reader's walk through everything they are offered: pages by their links, forms by sending them.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::browser::Browser;

use super::html::{self, Button, Field, Form, Kind, Page};
use super::routes::{self, Route};

/// Of pages that are alike, so many are looked at: people in different states have different menus.
const ALIKE: usize = 2;
/// Not the console's: files, programs' doors, and the gallery, whose forms are samples.
const OUTSIDE: [&str; 4] = ["/assets/", "/api/", "/auth/", "/design"];
/// The words of addresses that take something away, which come after the rest.
const ENDS: [&str; 8] = ["remove", "revoke", "cancel", "reject", "deactivate", "end", "switch", "drop"];
/// Those of addresses that may shut the reader out.
const LAST: [&str; 4] = ["email", "reset", "leave", "password"];

/// What the walks of everybody found.
#[derive(Debug, Default)]
pub struct Found {
    /// The routes whose forms were sent.
    pub sent: BTreeSet<String>,
    /// How many forms were sent.
    pub count: usize,
    /// What was wrong.
    pub wrong: BTreeSet<String>,
}

/// A form with a button of it, and where it stands; one that came as an answer stands nowhere.
#[derive(Clone, Debug)]
struct Task {
    page: Option<String>,
    form: Form,
    button: Button,
    filled: bool,
}

impl Task {
    fn address(&self) -> &str {
        if self.button.action.is_empty() { &self.form.action } else { &self.button.action }
    }

    /// When it is its turn: what an answer asks for at once, what takes away late.
    fn turn(&self) -> u8 {
        let path = self.address();
        let says = |words: &[&str]| path.split('/').any(|piece| words.iter().any(|word| piece.starts_with(word)));
        match () {
            () if path == "/sign-out" => 5,
            () if says(&LAST) => 4,
            () if says(&["delete"]) => 3,
            () if says(&ENDS) || ENDS.contains(&self.button.value.as_str()) => 2,
            () => u8::from(self.page.is_some()),
        }
    }
}

/// Ids and secrets differ from form to form of one kind.
fn is_id(value: &str) -> bool {
    value.split_once('_').is_some_and(|(_, rest)| rest.len() > 12) || value.len() > 40
}

/// Whether somebody would do something about a field that the page leaves open.
fn is_asked(field: &Field) -> bool {
    match field.kind {
        Kind::Typed(_) => field.value.is_empty(),
        Kind::Tick => !field.on && (field.required || field.name == "pick"),
        Kind::Select(_) => field.value.is_empty(),
        Kind::Hidden => false,
    }
}

/// One reader's walk.
pub struct Walk<'a> {
    pub browser: Browser,
    /// Who reads, for what is told.
    pub who: String,
    /// The address to sign in with; empty for somebody without an account.
    pub email: String,
    /// Somebody of the organization, for fields that ask for a person.
    pub other: String,
    pub routes: &'a [Route],
    pub found: &'a mut Found,
    pages: Vec<String>,
    seen: BTreeMap<String, usize>,
    asked: BTreeSet<String>,
    tasks: Vec<Task>,
    /// The kinds of forms that this reader sent.
    known: BTreeSet<String>,
    made: usize,
    stays: bool,
}

impl<'a> Walk<'a> {
    pub fn new(browser: Browser, who: &str, routes: &'a [Route], found: &'a mut Found) -> Self {
        Self {
            browser,
            who: who.to_owned(),
            email: String::new(),
            other: String::new(),
            routes,
            found,
            pages: Vec::new(),
            seen: BTreeMap::new(),
            asked: BTreeSet::new(),
            tasks: Vec::new(),
            known: BTreeSet::new(),
            made: 0,
            stays: false,
        }
    }

    fn complain(&mut self, of: &str, what: &str) {
        self.found.wrong.insert(format!("{}: {of}: {what}", self.who));
    }

    /// What makes pages or forms alike: the route, with the variables that choose what is shown.
    fn like(&self, path: &str) -> Option<String> {
        let route = routes::of(self.routes, path)?;
        let (plain, query) = path.split_once('?').unwrap_or((path, ""));
        let chosen = route.path.split('/').zip(plain.split('/'));
        let words: Vec<&str> = chosen
            .map(|(piece, value)| match piece {
                "{act}" | "{to}" | "{tab}" | "{section}" => value,
                other => other,
            })
            .collect();
        let mut keys: Vec<String> = form_urlencoded::parse(query.as_bytes()).map(|(key, _)| key.into_owned()).collect();
        keys.sort();
        Some(format!("{}?{}", words.join("/"), keys.join("&")))
    }

    /// Takes an address in, once, unless enough of its kind were looked at.
    pub fn visit(&mut self, path: &str) {
        let path = path.split('#').next().unwrap_or_default();
        let leaves = OUTSIDE.iter().any(|start| path.starts_with(start));
        if !path.starts_with('/') || leaves || !self.asked.insert(path.to_owned()) {
            return;
        }
        let Some(like) = self.like(path) else {
            return self.complain(path, "a link to no route");
        };
        let seen = self.seen.entry(like).or_default();
        *seen += 1;
        if *seen <= ALIKE {
            self.pages.push(path.to_owned());
        }
    }

    /// Looks at one page alone.
    pub fn only(&mut self, path: &str) {
        self.visit(path);
        self.stays = true;
    }

    /// Notes what a page offers.
    fn take_in(&mut self, page: &Page, at: Option<&str>) {
        for link in page.links.iter().filter(|_| !self.stays).cloned().collect::<Vec<_>>() {
            self.visit(&link);
        }
        for form in &page.forms {
            let address = form.action.clone();
            if !form.posts {
                self.visit(&asked_by(form));
                continue;
            }
            if form.buttons.is_empty() {
                self.complain(&address, "a form without a button");
            }
            for button in &form.buttons {
                let variants: &[bool] = if form.fields.iter().any(is_asked) { &[false, true] } else { &[false] };
                for &filled in variants {
                    let (form, button) = (form.clone(), button.clone());
                    let task = Task { page: at.map(str::to_owned), form, button, filled };
                    self.plan(task);
                }
            }
        }
    }

    fn plan(&mut self, task: Task) {
        // What an answer offers is done at once or not at all; what ends something stands on a page as well.
        if task.page.is_none() && task.turn() > 1 {
            return;
        }
        match routes::of(self.routes, task.address()) {
            Some(route) if route.posts => {}
            _ => return self.complain(task.address(), "a form to no route"),
        }
        if !self.known.contains(&self.key(&task)) {
            self.tasks.push(task);
        }
    }

    fn key(&self, task: &Task) -> String {
        let telling = task.form.fields.iter().filter(|field| field.kind == Kind::Hidden);
        let telling = telling.filter(|field| !is_id(&field.value) && field.name != "next");
        let hidden: Vec<String> = telling.map(|field| format!("{}={}", field.name, field.value)).collect();
        let button = if is_id(&task.button.value) { "" } else { &task.button.value };
        let like = self.like(task.address()).unwrap_or_default();
        format!("{like} {}={button} {} {}", task.button.name, hidden.join("&"), task.filled)
    }

    /// Walks until nothing new is offered.
    pub async fn go(mut self) {
        loop {
            while let Some(path) = self.pages.pop() {
                self.open(&path).await;
            }
            let next = (0..self.tasks.len()).min_by_key(|at| self.tasks[*at].turn());
            let Some(at) = next else { break };
            let task = self.tasks.remove(at);
            if self.known.contains(&self.key(&task)) {
                continue;
            }
            if let Some(form) = self.stands(&task).await {
                self.known.insert(self.key(&task));
                self.send(&Task { form, ..task }).await;
            }
        }
    }

    /// Opens a page; whoever was signed out by what they sent signs in again.
    async fn open(&mut self, path: &str) {
        self.browser.open(path).await;
        let out = self.browser.path.starts_with("/sign-in?next=") && !path.starts_with("/sign-in");
        if out && !self.email.is_empty() {
            self.browser.give(&self.email, PASSWORD).await;
        }
        let page = html::read(&self.browser.html);
        if self.browser.status >= 500 {
            self.complain(path, &format!("status {}", self.browser.status));
        }
        let at = self.browser.path.clone();
        self.take_in(&page, Some(&at));
    }

    /// The form as it stands now where it was found; it may have gone with what it was about.
    async fn stands(&mut self, task: &Task) -> Option<Form> {
        let Some(at) = &task.page else { return Some(task.form.clone()) };
        self.open(&at.clone()).await;
        let offers = |form: &Form| {
            form.buttons.iter().any(|button| (&button.name, &button.value) == (&task.button.name, &task.button.value))
        };
        let mut forms = html::read(&self.browser.html).forms.into_iter();
        forms.find(|form| form.posts && form.action == task.form.action && offers(form))
    }

    /// Sends the form and judges the answer.
    async fn send(&mut self, task: &Task) {
        let address = task.address().to_owned();
        let pairs = self.pairs(task);
        let (before, shown) = (self.browser.path.clone(), html::read(&self.browser.html).text);
        self.browser.submit(&address, &pairs).await;
        let route = routes::of(self.routes, &address).map_or_else(String::new, |route| route.path.clone());
        self.found.sent.insert(route);
        self.found.count += 1;
        let (status, page) = (self.browser.status, html::read(&self.browser.html));
        let kind = self.browser.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
        let what = format!("{address} {} from {before} with {pairs:?}", if task.filled { "filled" } else { "bare" });
        if !kind.starts_with("text/html") {
            let kind = kind.to_owned();
            self.complain(&what, &format!("answers {kind}"));
        } else if !matches!(status, 200 | 401 | 402 | 403 | 409 | 410 | 412 | 422 | 429 | 503) {
            let what = format!("{what}, now at {}", self.browser.path);
            self.complain(&what, &format!("status {status}"));
        } else if status >= 400 && !page.tells {
            self.complain(&what, &format!("status {status} and not a word"));
        } else if self.browser.path == before && page.text == shown && !page.tells && address != "/theme" {
            self.complain(&what, "the same page and not a word");
        }
        let stays = self.browser.path == address;
        let at = self.browser.path.clone();
        self.take_in(&page, (!stays).then_some(at.as_str()));
    }

    /// What the form sends.
    fn pairs(&mut self, task: &Task) -> Vec<(String, String)> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for field in &task.form.fields {
            let first = !pairs.iter().any(|(name, _)| *name == field.name);
            let value = match &field.kind {
                Kind::Tick if field.on || task.filled && first && is_asked(field) => field.value.clone(),
                Kind::Select(values) if values.is_empty() => continue,
                Kind::Tick => continue,
                // What stands there says that nothing is chosen.
                Kind::Select(values) if field.value.is_empty() && task.filled => {
                    values.iter().rfind(|value| !value.is_empty()).cloned().unwrap_or_default()
                }
                Kind::Typed(kind) if field.value.is_empty() && task.filled => self.typed(field, kind),
                Kind::Typed(_) | Kind::Hidden | Kind::Select(_) => field.value.clone(),
            };
            pairs.push((field.name.clone(), value));
        }
        if !task.button.name.is_empty() {
            pairs.push((task.button.name.clone(), task.button.value.clone()));
        }
        pairs
    }

    /// What somebody would type.
    fn typed(&mut self, field: &Field, kind: &str) -> String {
        self.made += 1;
        let n = format!("{}{}", self.who.replace(|c: char| !c.is_ascii_alphanumeric(), ""), self.made);
        match (field.name.as_str(), kind) {
            ("addresses", _) => format!("{n}@acme.test, {n}b@acme.test"),
            ("who" | "to" | "heir" | "owner", _) => self.other.clone(),
            ("parent" | "expires_at" | "organizations[0]", _) => String::new(),
            ("unit", _) => "tokens".to_owned(),
            ("budget", _) => "10".to_owned(),
            ("type", _) => "connection".to_owned(),
            ("organization", _) => "beta".to_owned(),
            ("slug" | "handle" | "external_id", _) => n.to_lowercase(),
            ("domain", _) => format!("{n}.test").to_lowercase(),
            (_, "email") => format!("{n}@acme.test"),
            (_, "password") => PASSWORD.to_owned(),
            (_, "number") if field.min.is_empty() => "1".to_owned(),
            (_, "number") => field.min.clone(),
            (_, "date") => "2030-01-01".to_owned(),
            (_, "datetime-local") => "2030-01-01T10:00".to_owned(),
            (_, "url") => "https://provider.test".to_owned(),
            _ => format!("Made by {n}"),
        }
    }
}

/// The address that a form without anything typed in it asks for.
fn asked_by(form: &Form) -> String {
    let given = form.fields.iter().filter(|field| field.on && !field.value.is_empty());
    let mut query = form_urlencoded::Serializer::new(String::new());
    for field in given {
        query.append_pair(&field.name, &field.value);
    }
    let query = query.finish();
    if query.is_empty() { form.action.clone() } else { format!("{}?{query}", form.action) }
}
