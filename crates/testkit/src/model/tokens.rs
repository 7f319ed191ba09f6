//! Tokens that people make for themselves.

use serde_json::{Value, json};

use super::answers::token_view;
use super::organizations::Place;
use super::roles::names;
use super::rules::{shown, tidy};
use super::{Call, DAY_S, Member, Model, Outcome, Seconds, Token, no};

/// Seconds into its day at which every history begins.
const MORNING_S: Seconds = 8 * 3_600;

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
        if place.me.program {
            // "A service account has no personal resources": its tokens are made under it.
            return no(403, "access.denied");
        }
        if let Some(wanted) = names(&c.asked.body["scopes"]) {
            self.may_scope(&place, &wanted)?;
            scopes = Some(wanted);
        } else if by_bound_token {
            // A token hands on what it has at this moment, but not the making of tokens.
            scopes = Some(shown(&held).into_iter().filter(|p| p != "token.create").collect());
        }
        self.room_for_token(&place, &place.me.id, "token.max_per_member")?;
        let expires = self.end_of(&place, c.text("expires_at").and_then(moment))?;
        let (id, secret) = (self.fresh("tok"), self.fresh("pat"));
        let token = Token {
            id,
            secret: secret.clone(),
            issued: self.now,
            old: None,
            program: false,
            active: true,
            kept: self.keeps_values(&place),
            organization: Some(place.id.clone()),
            member: Some(place.me.id.clone()),
            person: place.me.person.clone().unwrap_or_default(),
            name,
            scopes,
            expires,
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

    pub(super) fn revoke(&mut self, id: &str) {
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
        let (place, found, holder) = self.somebodys_token(c)?;
        holder.map_or(Ok(()), |holder| self.leaves_peers(&place, &holder))?;
        self.revoke(&found.id);
        Ok((204, Value::Null))
    }

    /// A token of the organization with its holder, for a write. An owner of the tenant holds one and is no member.
    fn somebodys_token(&mut self, c: &Call<'_>) -> Outcome<(Place, Token, Option<Member>)> {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "token.manage")?;
        let here = |t: &&Token| t.id == c.arg(1) && t.organization.as_ref() == Some(&place.id) && !t.revoked;
        let Some(found) = self.tokens.iter().find(here).cloned() else { return no(404, "not_found") };
        let holder = found.member.as_ref().and_then(|id| self.member(&place.id, id)).cloned();
        Ok((place, found, holder))
    }

    pub(super) fn show_value(&mut self, c: &Call<'_>) -> Outcome {
        let (place, found, holder) = self.somebodys_token(c)?;
        let Some(holder) = holder else { return no(404, "not_found") };
        self.may_have_secret_of(&place, &holder)?;
        self.value_of(&found)
    }

    pub(super) fn show_my_value(&mut self, c: &Call<'_>) -> Outcome {
        let found = self.my_token(c)?;
        match &found.organization {
            Some(organization) => self.place(c, organization)?,
            None => return no(409, "token.value_hidden"),
        };
        self.value_of(&found)
    }

    /// The value of a token, where the policy has kept it; that it was looked at is recorded.
    pub(super) fn value_of(&mut self, token: &Token) -> Outcome {
        let here = token.organization.clone().unwrap_or_default();
        let keeps = self.organization(&here).is_some_and(|o| o.knob("token.value_again") == json!(true));
        if !keeps || !token.kept {
            return no(409, "token.value_hidden");
        }
        self.tell(&here, "token.value_shown");
        Ok((200, json!({"id": token.id, "token": token.secret})))
    }

    /// One of the caller's tokens, for whoever may make tokens with the credential at hand.
    fn my_token(&mut self, c: &Call<'_>) -> Outcome<Token> {
        let with = self.in_use(c)?;
        let makes = |own: &Token| match &own.scopes {
            Some(scopes) => scopes.iter().any(|s| s == "token.create"),
            None => own.program || own.organization.is_none(),
        };
        if with.as_ref().is_some_and(|own| !makes(own)) {
            return no(403, "token.scope_missing");
        }
        // What is no id at all is nothing, whatever is sent to it.
        if !c.arg(0).starts_with('~') {
            return no(404, "not_found");
        }
        if c.text("name").is_some_and(|given| tidy(given).is_none()) {
            return no(422, "request.invalid");
        }
        self.write(c)?;
        let (me, id) = (c.caller()?.person.clone(), c.arg(0));
        let mine = |t: &&Token| t.person == me && t.id == id && !t.revoked;
        let found = self.tokens.iter().find(mine).filter(|t| with.as_ref().is_none_or(|own| reaches(own, t))).cloned();
        let Some(found) = found else { return no(404, "not_found") };
        if let Some(organization) = &found.organization {
            self.take(organization);
        }
        Ok(found)
    }

    pub(super) fn edit_my_token(&mut self, c: &Call<'_>) -> Outcome {
        let found = self.my_token(c)?;
        self.rename_or_switch(c, &found)
    }

    /// Another name, off or on.
    pub(super) fn rename_or_switch(&mut self, c: &Call<'_>, found: &Token) -> Outcome {
        let mut after = found.clone();
        after.name = c.text("name").and_then(tidy).unwrap_or(after.name);
        after.active = c.asked.body["active"].as_bool().unwrap_or(after.active);
        for one in self.tokens.iter_mut().filter(|t| t.id == after.id) {
            *one = after.clone();
        }
        let mut told = Vec::new();
        if after.name != found.name {
            told.push("token.renamed");
        }
        if after.active != found.active {
            told.push(if after.active { "token.reactivated" } else { "token.deactivated" });
        }
        for kind in told {
            match &after.organization {
                Some(organization) => self.tell(organization, kind),
                None => self.tell_instance(kind),
            }
        }
        Ok((200, token_view(&after)))
    }

    /// Scopes are permissions that whoever makes the token holds.
    pub(super) fn may_scope(&self, place: &Place, wanted: &[String]) -> Outcome<()> {
        let held = self.held(place);
        for scope in wanted {
            if !self.at(place).rules.permissions.contains(scope) {
                return no(422, "token.scope_unknown");
            }
            if !held.contains(scope) {
                return no(403, "token.scope_above_own");
            }
        }
        if wanted.is_empty() { no(422, "request.invalid") } else { Ok(()) }
    }

    /// Tokens that are over do not count; those switched off do.
    pub(super) fn room_for_token(&self, place: &Place, holder: &str, knob: &str) -> Outcome<()> {
        let counts = |t: &&Token| !t.revoked && t.expires.is_none_or(|end| end > self.now);
        let theirs = self.tokens.iter().filter(|t| t.member.as_deref() == Some(holder)).filter(counts).count();
        let most = self.at(place).knob(knob).as_u64();
        if most.is_some_and(|most| theirs as u64 >= most) { no(409, "token.limit") } else { Ok(()) }
    }

    /// A token that works from now on ends neither too late nor in the past.
    pub(super) fn may_end(&self, place: &Place, end: Option<Seconds>) -> Outcome<()> {
        let latest = self.at(place).knob("token.max_life_s").as_i64().map(|life_s| self.now + life_s);
        let late = latest.is_some_and(|latest| end.is_none_or(|end| end > latest));
        if late || end.is_some_and(|end| end <= self.now) { no(422, "token.life") } else { Ok(()) }
    }

    /// The end of a new token: not too early either, and perhaps with its day.
    pub(super) fn end_of(&self, place: &Place, wanted: Option<Seconds>) -> Outcome<Option<Seconds>> {
        self.may_end(place, wanted)?;
        let Some(end) = wanted else { return Ok(None) };
        let earliest = self.at(place).knob("token.min_life_s").as_i64().map(|life_s| self.now + life_s);
        if earliest.is_some_and(|earliest| end < earliest) {
            return no(422, "token.life");
        }
        let midnight = ((end + MORNING_S) / DAY_S + 1) * DAY_S - MORNING_S;
        Ok(Some(if self.at(place).knob("token.whole_days") == json!(true) { midnight } else { end }))
    }

    pub(super) fn keeps_values(&self, place: &Place) -> bool {
        self.at(place).knob("token.value_again") == json!(true)
    }

    /// Where values are not kept any more, those that were are gone.
    pub(super) fn erase_values(&mut self, organization: &str) {
        for token in self.tokens.iter_mut().filter(|t| t.organization.as_deref() == Some(organization)) {
            token.kept = false;
        }
    }
}

/// Whether a token sees and revokes another: one made for a narrow purpose only itself, one bound to
/// an organization those bound to the same.
fn reaches(own: &Token, other: &Token) -> bool {
    own.id == other.id
        || (own.scopes.is_none() && (own.organization.is_none() || own.organization == other.organization))
}
