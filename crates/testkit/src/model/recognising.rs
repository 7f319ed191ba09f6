//! Who a credential is, and whether it opens anything at a moment.

use serde_json::Value;

use super::{Call, Caller, Model, OPEN, Organization, Outcome, Request, SESSION_IDLE_S, Seconds, Token, Who, no};

const LENGTHS: [&str; 2] = ["session.idle_s", "session.absolute_s"];

impl Organization {
    /// How long a session lasts here, idle and in use. "New sessions only": one that began before lengths changed
    /// keeps those of its time, as far as the tenant lets it.
    pub(super) fn lengths_for(&self, began: Seconds) -> [i64; 2] {
        let past = self.lengths.iter().find(|(until, _)| *until > began);
        let past = past.filter(|_| self.knob("session.new_only") == true).map(|(_, past)| past.clone());
        let own = past.unwrap_or_else(|| LENGTHS.map(|name| self.own_knob(name)));
        let [idle, absolute] = own;
        [(LENGTHS[0], idle), (LENGTHS[1], absolute)]
            .map(|(name, own)| self.left_of(name, own).as_i64().unwrap_or(i64::MAX))
    }
}

impl Model {
    /// Lengths of sessions changed, perhaps: those there are keep theirs where later ones are for new sessions only.
    pub(super) fn keep_lengths(&mut self, before: &Organization) {
        let now = self.now;
        let one = self.organization_mut(&before.id);
        let was: [Value; 2] = LENGTHS.map(|name| before.own_knob(name));
        if was != LENGTHS.map(|name| one.own_knob(name)) && one.knob("session.new_only") == true {
            one.lengths.push((now, was));
        }
    }

    /// Whether a credential opens an organization at this moment.
    #[must_use]
    pub fn opens(&mut self, who: &Who, organization: &str, now: Seconds) -> bool {
        self.now = now;
        let asked = Request { who: who.clone(), ..Request::get("/organizations/{}") };
        let marks = self.sessions.clone();
        let caller = self.recognise(&asked).ok().flatten();
        let opens = self.place(&Call { asked: &asked, caller }, organization).is_ok();
        self.sessions = marks;
        opens
    }

    /// Whether a credential is anybody's at this moment.
    #[must_use]
    pub fn is_known(&mut self, who: &Who, now: Seconds) -> bool {
        self.now = now;
        let marks = self.sessions.clone();
        let asked = Request { who: who.clone(), ..Request::get("/me") };
        let known = self.recognise(&asked).is_ok_and(|caller| caller.is_some());
        self.sessions = marks;
        known
    }

    pub(super) fn recognise(&mut self, asked: &Request) -> Outcome<Option<Caller>> {
        let (secret, forged) = match &asked.who {
            Who::Anybody => return Ok(None),
            Who::Garbled => return no(401, "token.malformed"),
            Who::Token(secret) if secret.starts_with("~share.") => {
                // The link answers for itself and opens nothing else.
                let asks = asked.method == "POST" && asked.route == "/organizations/{}/check";
                let share = self.share(secret).filter(|_| asks).map(|share| share.id.clone());
                return match share {
                    Some(share) => Ok(Some(Caller { share: Some(share), ..Caller::default() })),
                    None => no(401, "auth.invalid"),
                };
            }
            Who::Token(secret) => {
                return match self.by_token(secret) {
                    Some(caller) => Ok(Some(caller)),
                    None => no(401, "auth.invalid"),
                };
            }
            Who::Session(secret) => (secret, false),
            Who::Forged(secret) => (secret, true),
        };
        let caller = self.by_session(secret);
        if caller.is_some() && forged && asked.method != "GET" {
            let open = OPEN.contains(&asked.route) && asked.method != "DELETE";
            return if open { Ok(None) } else { no(403, "csrf.invalid") };
        }
        Ok(caller)
    }

    pub(super) fn by_token(&self, secret: &str) -> Option<Caller> {
        // The secret it has, or the one before for as long as both work.
        let before = |t: &Token| t.old.as_ref().filter(|(old, _, until)| old == secret && *until > self.now).cloned();
        let token = self.tokens.iter().find(|t| t.secret == secret || before(t).is_some())?;
        let issued = before(token).map_or(token.issued, |(_, issued, _)| issued);
        let over = token.revoked || !token.active || token.expires.is_some_and(|end| end <= self.now);
        let reset = self.person(&token.person).is_some_and(|person| issued < person.valid_from);
        let reset = reset || issued < self.valid_from;
        let (person, token) = (token.person.clone(), Some(token.id.clone()));
        (!over && !reset).then(|| Caller { person, token, issued, ..Caller::default() })
    }

    pub(super) fn by_session(&mut self, secret: &str) -> Option<Caller> {
        let now = self.now;
        let session = self.sessions.iter().find(|s| s.secret == secret)?.clone();
        let over = session.expires <= now || now - session.seen > SESSION_IDLE_S;
        if over || session.created < self.person(&session.person)?.valid_from.max(self.valid_from) {
            return None;
        }
        for one in self.sessions.iter_mut().filter(|s| s.id == session.id) {
            (one.seen_before, one.seen) = (one.seen, now);
        }
        let issued = session.created;
        Some(Caller { person: session.person, session: Some(session.id), issued, ..Caller::default() })
    }
}
