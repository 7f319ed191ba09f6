//! Tokens that people make for themselves.

use serde_json::{Value, json};

use super::answers::token_view;
use super::rules::tidy;
use super::{Call, Model, Outcome, Seconds, Token, no};

/// A moment as it stands in a request of the model: `~time:` and the second.
pub(super) fn moment(text: &str) -> Option<Seconds> {
    text.strip_prefix("~time:")?.parse().ok()
}

impl Model {
    pub(super) fn create_token(&mut self, c: &Call<'_>) -> Outcome {
        let Some(name) = c.text("name").and_then(tidy) else { return no(422, "request.invalid") };
        let by_bound_token = self.bound(c)?.is_some();
        let place = self.take_place(c, c.text("organization").unwrap_or_default())?;
        self.permit(&place, "token.create")?;
        let held = self.held(&place);
        let mut scopes = None;
        if let Some(wanted) = c.asked.body["scopes"].as_array() {
            let wanted: Vec<String> = wanted.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            for scope in &wanted {
                if !self.at(&place).rules.permissions.contains(scope) {
                    return no(422, "token.scope_unknown");
                }
                if !held.contains(scope) {
                    return no(403, "token.scope_above_own");
                }
            }
            if wanted.is_empty() {
                return no(422, "request.invalid");
            }
            scopes = Some(wanted);
        } else if by_bound_token {
            // A token hands on what it has at this moment, but not the making of tokens.
            scopes = Some(held.into_iter().filter(|p| p != "token.create").collect());
        }
        let expires = c.text("expires_at").and_then(moment);
        let works = |t: &&Token| !t.revoked && t.expires.is_none_or(|end| end > self.now);
        let mine = self.tokens.iter().filter(|t| t.member.as_ref() == Some(&place.me.id)).filter(works).count();
        let most = self.at(&place).knob("token.max_per_member").as_u64();
        if most.is_some_and(|most| mine as u64 >= most) {
            return no(409, "token.limit");
        }
        let latest = self.at(&place).knob("token.max_life_s").as_i64().map(|life_s| self.now + life_s);
        if latest.is_some_and(|latest| expires.is_none_or(|end| end > latest)) {
            return no(422, "token.life");
        }
        if expires.is_some_and(|end| end <= self.now) {
            return no(422, "token.life");
        }
        let (id, secret) = (self.fresh("tok"), self.fresh("pat"));
        let token = Token {
            id,
            secret: secret.clone(),
            organization: Some(place.id.clone()),
            member: Some(place.me.id.clone()),
            person: place.me.person.clone().unwrap_or_default(),
            name,
            scopes,
            expires,
            created: self.now,
            revoked: false,
        };
        let mut view = token_view(&token);
        view["token"] = json!(secret);
        self.tokens.push(token);
        self.tell(&place.id, "token.created");
        Ok((201, view))
    }

    fn listed(&self, wanted: impl Fn(&Token) -> bool) -> Outcome {
        let items: Vec<Value> = self.tokens.iter().filter(|t| !t.revoked && wanted(t)).map(token_view).collect();
        Ok((200, json!({"items": {"$set": items}})))
    }

    pub(super) fn my_tokens(&mut self, c: &Call<'_>) -> Outcome {
        let me = c.caller()?.person.clone();
        let with = self.in_use(c)?;
        self.listed(|t| t.person == me && with.as_ref().is_none_or(|own| reaches(own, t)))
    }

    /// The token that asks.
    fn in_use(&self, c: &Call<'_>) -> Outcome<Option<Token>> {
        let id = c.caller()?.token.clone();
        Ok(self.tokens.iter().find(|t| Some(&t.id) == id.as_ref()).cloned())
    }

    pub(super) fn list_tokens(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "token.manage")?;
        self.listed(|t| t.organization.as_ref() == Some(&place.id))
    }

    fn revoke(&mut self, id: &str) {
        let Some(token) = self.tokens.iter_mut().find(|t| t.id == id) else { return };
        token.revoked = true;
        match token.organization.clone() {
            Some(organization) => self.tell(&organization, "token.revoked"),
            None => self.tell_instance("token.revoked"),
        }
    }

    pub(super) fn revoke_my_token(&mut self, c: &Call<'_>) -> Outcome {
        let (me, id) = (c.caller()?.person.clone(), c.arg(0).to_owned());
        let with = self.in_use(c)?;
        self.write(c)?;
        let mine = |t: &&Token| t.person == me && t.id == id && !t.revoked;
        let found = self.tokens.iter().find(mine).filter(|t| with.as_ref().is_none_or(|own| reaches(own, t))).cloned();
        let Some(found) = found else { return no(404, "not_found") };
        if let Some(organization) = &found.organization {
            self.take(organization);
        }
        self.revoke(&id);
        Ok((204, Value::Null))
    }

    pub(super) fn revoke_token(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "token.manage")?;
        let id = c.arg(1).to_owned();
        if !self.tokens.iter().any(|t| t.id == id && t.organization.as_ref() == Some(&place.id) && !t.revoked) {
            return no(404, "not_found");
        }
        self.revoke(&id);
        Ok((204, Value::Null))
    }
}

/// Whether a token sees and revokes another: one made for a narrow purpose only itself, one bound to
/// an organization those bound to the same.
fn reaches(own: &Token, other: &Token) -> bool {
    own.id == other.id
        || (own.scopes.is_none() && (own.organization.is_none() || own.organization == other.organization))
}
