//! Questions: checks, roles and permissions, the audit trail, introspection.

use serde_json::{Value, json};

use super::answers::member_view;
use super::organizations::Place;
use super::rules::shown;
use super::{Call, Member, Model, Outcome, Share, Who, no};

impl Model {
    pub(super) fn check(&mut self, c: &Call<'_>) -> Outcome {
        if let Some(id) = c.caller.as_ref().and_then(|caller| caller.share.clone()) {
            let link = self.shares.iter().find(|l| l.id == id).cloned().expect("the link");
            if c.text("subject").is_some_and(|subject| subject != link.secret) {
                return no(404, "not_found");
            }
            let here = self.organization(c.arg(0)).filter(|here| here.id == link.organization);
            return match here.map(|here| here.id.clone()) {
                Some(here) => Ok((200, self.answer_of_link(&here, Some(&link), &c.asked.body)?)),
                None => no(404, "not_found"),
            };
        }
        let place = self.place(c, c.arg(0))?;
        Ok((200, self.answer(&place, &c.asked.body)?))
    }

    pub(super) fn check_batch(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        let checks = c.asked.body["checks"].as_array().cloned().unwrap_or_default();
        let results: Vec<Value> = checks.iter().map(|one| self.answer(&place, one)).collect::<Outcome<_>>()?;
        Ok((200, json!({"results": results, "revision": self.at(&place).revision})))
    }

    /// The membership a check is about. Whoever is unknown, removed or elsewhere has none, and an
    /// unproved address is nobody's.
    pub(super) fn about(&self, place: &Place, subject: &str) -> Option<Member> {
        let by_id = self.member(&place.id, subject).filter(|m| m.status != "invited");
        let person = self.prover(subject).map_or(subject, |p| p.id.as_str());
        by_id.or_else(|| self.member_of(&place.id, person)).cloned()
    }

    /// The permission asked for, when it and the revision are there.
    fn known_name(&self, organization: &str, asked: &Value) -> Outcome<String> {
        let here = self.organization(organization).expect("the place");
        let permission = asked["permission"].as_str().unwrap_or_default().to_owned();
        let ahead = asked["at_least_revision"].as_u64().is_some_and(|least| least > here.revision);
        // A condition is looked at, not asked for.
        if ahead || permission.contains('@') || !here.rules.permissions.contains(&permission) {
            return no(422, "request.invalid");
        }
        Ok(permission)
    }

    /// Whether somebody with these permissions may do one thing, where this is said and they have this role.
    pub(super) fn covers(held: &[String], permission: &str, asked: &Value, role: Option<&str>) -> bool {
        // What the conditions of the presets in use mean.
        let met = |condition: &str| match condition {
            "said" => asked["properties"]["context"]["said"] == json!(true),
            "members" => role == Some("member"),
            _ => false,
        };
        let stands_for = |p: &String| p.split_once('@').is_some_and(|(plain, when)| plain == permission && met(when));
        held.iter().any(|p| p == permission || stands_for(p))
    }

    fn answer_of_link(&self, organization: &str, link: Option<&Share>, asked: &Value) -> Outcome<Value> {
        let permission = self.known_name(organization, asked)?;
        let target = asked["resource"].as_str().and_then(|name| self.resource_of(organization, name));
        let allowed = match (link, target) {
            (Some(link), Some(target)) => Self::covers(&self.link_reaches(link, target), &permission, asked, None),
            _ => false,
        };
        let revision = self.organization(organization).expect("the place").revision;
        let reasons = if asked["explain"] == json!(true) { json!({"$why": allowed}) } else { Value::Null };
        Ok(json!({"allowed": allowed, "revision": revision, "reasons": reasons}))
    }

    fn answer(&self, place: &Place, asked: &Value) -> Outcome<Value> {
        let subject = asked["subject"].as_str();
        if let Some(secret) = subject.filter(|text| text.starts_with("~share.")) {
            self.permit(place, "access.check")?;
            let link = self.share(secret).filter(|link| link.organization == place.id);
            return self.answer_of_link(&place.id, link, asked);
        }
        let member = match subject {
            Some(subject) => self.stands(place, subject),
            None => Some(place.me.clone()),
        };
        let mine = member.as_ref().is_some_and(|m| m.id == place.me.id);
        if !mine {
            self.permit(place, "access.check")?;
        }
        let permission = self.known_name(&place.id, asked)?;
        let here = self.at(place);
        // A check of oneself is for the credential at hand, of others for whatever they may have.
        let scopes = if mine { place.scopes.as_ref() } else { None };
        let target = asked["resource"].as_str().map(|name| self.resource(place, name));
        let allowed = match (&member, target) {
            (None, _) | (_, Some(None)) => false,
            (Some(m), None) => Self::covers(&self.reaches(m, scopes, None), &permission, asked, Some(&m.role)),
            (Some(m), Some(Some(target))) => {
                Self::covers(&self.reaches(m, scopes, Some(target)), &permission, asked, Some(&m.role))
            }
        };
        let reasons = if asked["explain"] == json!(true) { json!({"$why": allowed}) } else { Value::Null };
        Ok(json!({"allowed": allowed, "revision": here.revision, "reasons": reasons}))
    }

    pub(super) fn list_roles(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "role.list")?;
        let here = self.at(&place);
        let role = |slug: &String| json!({"slug": slug, "applies_to": "organization", "permissions": {"$set": shown(&here.role_rights(slug))}});
        let items: Vec<Value> = here.rules.roles.iter().map(|(slug, _)| role(slug)).collect();
        Ok((200, json!({"items": {"$among": items}, "next": null})))
    }

    /// A role by its slug; those of an organization's own making by their id too.
    pub(super) fn show_role(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "role.list")?;
        let here = self.at(&place);
        let own = here.own.iter().find(|r| r.id == c.arg(1) || r.applies_to == "organization" && r.slug == c.arg(1));
        let (kind, slug) = own.map_or(("organization", c.arg(1)), |r| (r.applies_to.as_str(), r.slug.as_str()));
        let inside = here.rules.inner.iter().find(|(of, role, _)| of == kind && role == slug).map(|(.., gives)| gives);
        if inside.is_none() && !here.has_role(slug) {
            return no(404, "not_found");
        }
        let everything = |list: &Vec<String>| here.rules.permissions.iter().all(|p| list.contains(p));
        let reach = here.rules.reach.iter().find(|r| kind == "organization" && r.slug == slug);
        let left = |list: &Vec<String>| {
            let some = here.rules.permissions.iter().filter(|p| list.contains(p) && !here.knobs_take(slug, p));
            some.cloned().collect::<Vec<_>>()
        };
        let gives = inside.cloned().unwrap_or_else(|| here.role_rights(slug));
        let ceiling = reach.filter(|r| !everything(&r.ceiling)).map(|r| shown(&left(&r.ceiling)));
        let below = reach.filter(|r| !everything(&r.below));
        let below = below.map(|r| shown(&gives.iter().filter(|p| r.below.contains(p)).cloned().collect::<Vec<_>>()));
        let set = |list: Option<Vec<String>>| list.map(|list| json!({"$set": list}));
        Ok((
            200,
            json!({
                "id": own.map_or("$some", |r| &r.id), "slug": slug, "applies_to": kind, "built_in": own.is_none(),
                "name": own.map_or("$some", |r| &r.name), "permissions": {"$set": shown(&gives)},
                "ceiling": set(ceiling), "below": set(below), "revision": own.map_or(0, |r| r.revision),
            }),
        ))
    }

    pub(super) fn list_permissions(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "role.list")?;
        let items: Vec<Value> = self.at(&place).rules.permissions.iter().map(|p| json!({"name": p})).collect();
        Ok((200, json!({"items": items, "next": null})))
    }

    /// Newest first.
    pub(super) fn list_audit_events(&mut self, c: &Call<'_>) -> Outcome {
        let kind = c.asked.query.iter().find(|(name, _)| *name == "type").map(|(_, value)| value.as_str());
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "audit.read")?;
        let trail = self.at(&place).trail.iter().rev().filter(|(_, k)| kind.is_none_or(|wanted| wanted == *k));
        let items: Vec<Value> =
            trail.map(|(revision, kind)| json!({"revision": revision, "type": kind, "outcome": "success"})).collect();
        Ok((200, json!({"items": items})))
    }

    pub(super) fn introspect(&mut self, c: &Call<'_>) -> Outcome {
        let organization = c.text("organization").unwrap_or_default();
        let place = self.place(c, organization)?;
        self.permit(&place, "access.check")?;
        let secret = c.text("token").unwrap_or_default().to_owned();
        if secret.starts_with("~share.") {
            let Some(link) = self.share(&secret).filter(|link| link.organization == place.id) else {
                return Ok((200, json!({"active": false})));
            };
            let gives = self.gives(&place.id, &link.resource, link.role.as_ref(), link.permission.as_ref());
            let told = json!({
                "active": true, "kind": "share_link", "organization": place.id, "resource": link.resource,
                "permissions": {"$set": shown(&gives)}, "role": null,
            });
            return Ok((200, told));
        }
        if let Some(proved) = self.proved_by(&place, &secret) {
            return Ok((200, proved));
        }
        let caller = match self.by_token(&secret) {
            Some(caller) => Some(caller),
            None => self.by_session(&secret),
        };
        let asked = super::Request { who: Who::Anybody, ..c.asked.clone() };
        let Ok(theirs) = self.place(&Call { asked: &asked, caller: caller.clone() }, organization) else {
            return Ok((200, json!({"active": false})));
        };
        let token = caller.and_then(|c| c.token).and_then(|id| self.tokens.iter().find(|t| t.id == id));
        Ok((
            200,
            json!({
                "active": true,
                "kind": token.map_or("session", |t| if t.program { "service_token" } else { "personal_token" }),
                "identity": member_view(&theirs.me)["identity"],
                "membership": theirs.me.id,
                "organization": theirs.id,
                "role": theirs.me.role,
                "scopes": token.and_then(|t| t.scopes.clone()),
                "database_endpoint": self.at(&theirs).above.get("database_endpoint"),
            }),
        ))
    }
}
