//! What a tenant means inside its organizations: what its settings take from their policies, how its owners stand
//! there, and organizations of one person's own.

use serde_json::{Map, Value, json};

use super::organizations::Place;
use super::rules::key;
use super::{Call, Caller, Member, Model, Organization, Outcome, Tenant, no};

impl Organization {
    fn laid(&self, setting: &str) -> Value {
        self.above.get(setting).cloned().unwrap_or_default()
    }

    /// What of a knob's own value the tenant above leaves: it only ever takes away.
    pub(super) fn left_of(&self, knob: &str, own: Value) -> Value {
        let shorter = |other: Value| json!(own.as_i64().into_iter().chain(other.as_i64()).min());
        match knob {
            "token.max_life_s" => shorter(self.laid("token_max_life_s")),
            "session.absolute_s" => shorter(self.laid("session_absolute_s")),
            "share_link.allowed" if self.laid("link_sharing") == json!(false) => json!(false),
            "domain.exclusive" => {
                let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
                let (mine, trusted) = (list(&own), list(&self.laid("trusted_domains")));
                match (mine.is_empty(), trusted.is_empty()) {
                    (_, true) => own,
                    (true, false) => json!(trusted),
                    (false, false) => {
                        let both: Vec<Value> = mine.into_iter().filter(|domain| trusted.contains(domain)).collect();
                        // None at all would be everybody: this one is nobody's.
                        if both.is_empty() { json!(["invalid"]) } else { json!(both) }
                    }
                }
            }
            _ => own,
        }
    }

    pub(super) fn is_personal(&self) -> bool {
        self.knob("organization.personal") == json!(true)
    }

    /// "One person's own: nobody else comes in, and nothing in it is shared."
    pub(super) fn is_shared(&self) -> Outcome<()> {
        if self.is_personal() { no(403, "organization.personal") } else { Ok(()) }
    }

    /// Whether an address is of a domain that the tenant trusts; an unproved one, `None`, is of none.
    pub(super) fn is_trusted(&self, email: Option<&str>) -> Outcome<()> {
        let trusted = self.laid("trusted_domains").as_array().cloned().unwrap_or_default();
        let domain = email.map(|email| key(email).rsplit_once('@').map(|(_, domain)| domain.to_owned()));
        if trusted.is_empty() || trusted.contains(&json!(domain)) { Ok(()) } else { no(403, "tenant.domain") }
    }
}

impl Member {
    /// An owner of the tenant, who is here without a membership.
    pub(super) fn is_above(&self) -> bool {
        self.origin == "tenant"
    }
}

impl Model {
    fn tenant_above(&self, here: &Organization) -> Option<&Tenant> {
        let id = here.tenant.as_ref()?;
        self.tenants.iter().find(|tenant| tenant.id == *id)
    }

    /// Whether somebody owns the tenant of an organization.
    pub(super) fn owns_above(&self, here: &Organization, person: &str) -> bool {
        self.tenant_above(here).is_some_and(|tenant| self.role_in(tenant, person).as_deref() == Some("owner"))
    }

    /// How somebody stands in an organization: as the active member they are. An owner of the tenant has "full control
    /// of all orgs" (TP-21): the top role, as that member or as nobody's.
    pub(super) fn stands_as(&self, here: &Organization, person: &str) -> Option<Member> {
        let member = self.member_of(&here.id, person).filter(|m| m.status == "active").cloned();
        if !self.owns_above(here, person) {
            return member;
        }
        let role = here.top().to_owned();
        if let Some(member) = member {
            return Some(Member { role, ..member });
        }
        let person = self.person(person)?;
        Some(Member {
            id: person.id.replacen("~usr", "~mem.above", 1),
            organization: here.id.clone(),
            person: Some(person.id.clone()),
            program: false,
            email: person.email.clone(),
            name: person.name.clone(),
            handle: person.handle.clone(),
            role,
            status: "active",
            origin: "tenant",
            joined: false,
            sessions_from: i64::MIN,
            revision: 0,
        })
    }

    /// Everybody who stands in an organization, each as they do.
    pub(super) fn all_who_stand(&self, place: &Place) -> Vec<Member> {
        let here = self.at(place);
        let owning = self.people.iter().filter(|person| self.owns_above(here, &person.id));
        let owners: Vec<Member> = owning.filter_map(|person| self.stands_as(here, &person.id)).collect();
        let owns = |m: &&Member| m.person.is_some() && owners.iter().any(|owner| owner.person == m.person);
        let others = self.members.iter().filter(|m| m.organization == place.id && !owns(m));
        others.chain(&owners).cloned().collect()
    }

    /// A person's own organization is shut while the tenant lets nobody have one. Ways of signing in need no looking
    /// at: everybody here signs in by a password, and no owner shuts that out (`tenant.locks_out`).
    pub(super) fn let_in_by_tenant(&self, here: &Organization) -> Outcome<()> {
        let off = here.laid("personal_workspaces") == json!(false);
        if off && here.is_personal() { no(403, "tenant.personal_off") } else { Ok(()) }
    }

    /// Somebody a question names, by person, proved address or membership, as they stand here.
    pub(super) fn stands(&self, place: &Place, subject: &str) -> Option<Member> {
        let here = self.at(place);
        let member = self.about(place, subject);
        let by_name = self.prover(subject).or_else(|| self.person(subject)).map(|p| p.id.clone());
        let above = self.people.iter().find(|p| p.id.replacen("~usr", "~mem.above", 1) == subject);
        let mut named = member.iter().filter_map(|m| m.person.clone()).chain(by_name);
        let person = named.next().or_else(|| above.map(|p| p.id.clone()));
        match person.filter(|person| self.owns_above(here, person)) {
            Some(owner) => self.stands_as(here, &owner),
            None => member,
        }
    }

    /// Whether nobody is invited here, since people of the tenant are added.
    pub(super) fn may_invite(&self, place: &Place) -> Outcome<()> {
        let here = self.at(place);
        here.is_shared()?;
        if here.knob_is("join.direct", "tenant_members") { no(403, "join.direct_only") } else { Ok(()) }
    }

    /// The tenant that a new organization shall belong to. Owners make organizations of a tenant; one's own has
    /// everybody who belongs to it, where it lets its people have them.
    pub(super) fn tenant_for(&mut self, c: &Call<'_>, personal: bool) -> Outcome<Option<Tenant>> {
        let above = match c.text("tenant") {
            Some(name) if personal => Some(self.entered_as(c, name, false)?.0),
            Some(name) => {
                let found = self.entered_as(c, name, true)?.0;
                self.tenant_mut(&found.id).revision += 1;
                Some(found)
            }
            None => None,
        };
        if personal {
            self.may_have_own(c.caller()?, above.as_ref())?;
        }
        Ok(above)
    }

    /// Every tenant somebody belongs to has its word, and one is all that anybody has.
    fn may_have_own(&self, caller: &Caller, above: Option<&Tenant>) -> Outcome<()> {
        let theirs = self.tenants.iter().filter(|tenant| self.role_in(tenant, &caller.person).is_some());
        if above.into_iter().chain(theirs).any(|tenant| tenant.settings["personal_workspaces"] == json!(false)) {
            return no(403, "tenant.personal_off");
        }
        let present = self.members.iter().filter(|m| m.person.as_ref() == Some(&caller.person));
        let mut present = present.filter(|m| m.status != "removed").filter_map(|m| self.organization(&m.organization));
        if present.any(Organization::is_personal) { no(409, "organization.personal_taken") } else { Ok(()) }
    }

    /// Puts a new organization below its tenant, with what goes to all of those.
    pub(super) fn put_below(&mut self, id: &str, tenant: &Tenant) {
        let one = self.organization_mut(id);
        (one.tenant, one.above, one.valid_from) = (Some(tenant.id.clone()), tenant.settings.clone(), tenant.valid_from);
        self.arrives_below(id, tenant);
    }

    /// The organizations of a tenant that are there, each taken.
    pub(super) fn take_below(&mut self, tenant: &str) -> Vec<String> {
        let below = self.organizations.iter().filter(|o| !o.deleted && o.tenant.as_deref() == Some(tenant));
        let below: Vec<String> = below.map(|o| o.id.clone()).collect();
        below.iter().for_each(|id| self.take(id));
        below
    }

    pub(super) fn lay_over(&mut self, below: &[String], settings: &Map<String, Value>) {
        for id in below {
            self.organization_mut(id).above = settings.clone();
        }
    }

    pub(super) fn reset_below(&mut self, below: &[String]) {
        for id in below {
            let now = self.now;
            let one = self.organization_mut(id);
            (one.valid_from, one.object) = (now, one.revision);
            self.tell(id, "authentication.reset");
        }
    }

    pub(super) fn list_below(&mut self, c: &Call<'_>) -> Outcome {
        let (found, _) = self.entered(c, true)?;
        let below = self.organizations.iter().filter(|o| !o.deleted && o.tenant.as_ref() == Some(&found.id));
        let items: Vec<Value> = below.map(super::answers::organization_view).collect();
        Ok((200, json!({"items": items})))
    }
}
