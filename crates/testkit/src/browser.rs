//! Somebody with a browser whose scripts are off: keeps cookies, follows redirects, and sends only forms that stand on
//! the page it looks at, with everything hidden in them.

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};

use crate::TestApp;

/// The browser, and the page it shows.
#[derive(Clone, Debug)]
pub struct Browser {
    client: reqwest::Client,
    url: String,
    cookies: BTreeMap<String, String>,
    /// The form that was sent last; it is sent again where the answer says so.
    sent: Vec<u8>,
    /// Status of the page.
    pub status: u16,
    /// Path and query of the page, after redirects.
    pub path: String,
    /// Its HTML.
    pub html: String,
    /// Its headers.
    pub headers: HeaderMap,
}

/// What a form or a link is written as in HTML.
fn unescaped(text: &str) -> String {
    [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (written, meant)| text.replace(written, meant))
}

/// The value of an attribute inside a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split(&format!(" {name}=\"")).nth(1)?;
    rest.split('"').next().map(unescaped)
}

impl TestApp {
    /// Somebody with a fresh browser.
    #[must_use]
    pub fn browser(&self) -> Browser {
        // Fails when it is installed already, which is as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build();
        Browser {
            client: client.expect("a client"),
            url: self.url.clone(),
            cookies: BTreeMap::new(),
            sent: Vec::new(),
            status: 0,
            path: "/".to_owned(),
            html: String::new(),
            headers: HeaderMap::new(),
        }
    }
}

impl Browser {
    /// A cookie's value.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Whether the page holds this text, as a reader sees it.
    #[must_use]
    pub fn shows(&self, text: &str) -> bool {
        unescaped(&self.html).contains(text)
    }

    /// Opens an address of this site and follows where it leads.
    pub async fn open(&mut self, address: &str) -> &mut Self {
        let path = address.strip_prefix(&self.url).unwrap_or(address).to_owned();
        self.ask("GET", &path, None, &[("sec-fetch-site", "none")]).await;
        self.follow().await
    }

    /// Sends one request as it is, without following.
    pub async fn ask(&mut self, method: &str, path: &str, body: Option<Vec<u8>>, headers: &[(&str, &str)]) {
        let method = method.parse().expect("a method");
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request = request.header("cookie", cookies.join("; ")).header("referer", format!("{}{}", self.url, self.path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        }
        let response = request.send().await.expect("the program answers");
        self.status = response.status().as_u16();
        self.headers = response.headers().clone();
        self.path = path.to_owned();
        for line in self.headers.get_all(SET_COOKIE).iter().filter_map(|v| v.to_str().ok()) {
            let (name, value) = line.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            match value {
                "" => self.cookies.remove(name),
                value => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        self.html = response.text().await.expect("a body");
    }

    async fn follow(&mut self) -> &mut Self {
        for _ in 0..10 {
            let Some(next) = self.headers.get(LOCATION).and_then(|v| v.to_str().ok()).map(str::to_owned) else { break };
            if self.status == 307 {
                let body = self.sent.clone();
                self.ask("POST", &next, Some(body), &[("sec-fetch-site", "same-origin")]).await;
                continue;
            }
            assert_eq!(self.status, 303, "only forms and doors redirect");
            self.ask("GET", &next, None, &[("sec-fetch-site", "same-origin")]).await;
        }
        assert!(!self.headers.contains_key(LOCATION), "redirects turn in a circle at {}", self.path);
        self
    }

    /// The form of the page that posts to `action`.
    #[must_use]
    pub fn form(&self, action: &str) -> Option<&str> {
        let posts = |form: &&str| {
            let tag = form.split('>').next().unwrap_or_default();
            tag.contains("method=\"post\"") && attribute(tag, "action").as_deref() == Some(action)
        };
        self.html.split("<form").skip(1).map(|form| form.split("</form>").next().unwrap_or(form)).find(posts)
    }

    /// Sends the form of the page that posts to `action`, with these fields beside its hidden ones, and follows where
    /// the answer leads.
    pub async fn send(&mut self, action: &str, fields: &[(&str, &str)]) -> &mut Self {
        self.press(action, action, fields).await
    }

    /// The same by a button of the form that leads to another address.
    pub async fn press(&mut self, action: &str, leads_to: &str, fields: &[(&str, &str)]) -> &mut Self {
        let form = self.form(action).unwrap_or_else(|| panic!("{} has no form for {action}: {}", self.path, self.html));
        assert!(
            action == leads_to || form.contains(&format!("formaction=\"{leads_to}\"")),
            "no button leads to {leads_to}"
        );
        let inputs = form.split('<').filter(|tag| tag.starts_with("input "));
        let hidden = inputs.filter(|tag| tag.contains("type=\"hidden\""));
        let hidden = hidden.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)));
        let given = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let pairs: Vec<(String, String)> = hidden.chain(given).collect();
        self.submit(leads_to, &pairs).await
    }

    /// Sends these fields and nothing else, as a form of the page would, and follows where the answer leads.
    pub async fn submit(&mut self, path: &str, pairs: &[(String, String)]) -> &mut Self {
        self.post(path, pairs).await;
        self.follow().await
    }

    /// Sends fields that stand in no form of the page, as somebody does who knows the addresses, with the token of
    /// the page. Follows nothing.
    pub async fn forge(&mut self, path: &str, fields: &[(&str, &str)]) -> u16 {
        let token = self.html.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let token = token.unwrap_or_else(|| panic!("{} has no form at all", self.path)).to_owned();
        let given = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let pairs: Vec<(String, String)> = given.chain([("csrf".to_owned(), token)]).collect();
        self.post(path, &pairs).await;
        self.status
    }

    async fn post(&mut self, path: &str, pairs: &[(String, String)]) {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.sent = body.clone().into_bytes();
        self.ask("POST", path, Some(body.into_bytes()), &[("sec-fetch-site", "same-origin")]).await;
    }

    /// Signs in by the page.
    pub async fn sign_in(&mut self, email: &str, password: &str) -> &mut Self {
        self.open("/sign-in").await;
        self.give(email, password).await
    }

    /// Gives address and password to the sign-in page that is open, in its two steps.
    pub async fn give(&mut self, email: &str, password: &str) -> &mut Self {
        self.send("/sign-in", &[("email", email)]).await;
        self.send("/sign-in", &[("password", password)]).await
    }
}
