//! Resources of a tenant, and what they become in its organizations.

use serde_json::{Value, json};

use super::organizations::Place;
use super::rules::tidy;
use super::{Call, Model, Organization, Outcome, Resource, Tenant, no};

/// A resource of a tenant; ended ones are gone from the list.
#[derive(Clone, Debug)]
pub struct TenantResource {
    pub id: String,
    pub tenant: String,
    pub kind: String,
    pub name: String,
    /// Organizations it goes to; `None` is all, those to come too.
    pub to: Option<Vec<String>>,
    pub revision: u64,
}

/// A resource of an organization that its tenant keeps, or an integration.
#[derive(Clone, Debug)]
pub struct KeptHere {
    pub organization: String,
    pub resource: String,
    /// As which of the tenant's own; or which program keeps it.
    pub from: String,
}

fn view(one: &TenantResource) -> Value {
    let to = one.to.as_ref().map_or_else(|| json!(["*"]), |to| json!(to));
    json!({"id": one.id, "type": one.kind, "name": one.name, "organizations": to, "revision": one.revision})
}

/// Whether an organization has things of a type, and they stand at its top.
fn has_place(here: &Organization, kind: &str) -> Outcome<()> {
    let Some((_, parents)) = here.rules.types.iter().find(|(slug, _)| slug == kind) else {
        return no(422, "resource.type");
    };
    if parents.iter().any(|parent| parent == "organization") { Ok(()) } else { no(422, "resource.parent") }
}

impl Model {
    /// The tenant's own resource that keeps this one, or the program that brought it. One that is gone keeps nothing.
    pub(super) fn kept_by(&self, resource: &str) -> Option<&String> {
        let gone = |by: &String| self.members.iter().any(|m| m.id == *by && m.status == "removed");
        let mut kept = self.kept_here.iter().filter(|kept| kept.resource == resource).map(|kept| &kept.from);
        kept.find(|by| !gone(by))
    }

    /// "Those managed by an integration are read-only" (TP-28), and so are the tenant's.
    pub(super) fn not_kept(&self, place: &Place, resource: &Resource) -> Outcome<()> {
        let others = self.kept_by(&resource.id).is_some_and(|by| *by != place.me.id);
        if others { no(403, "resource.kept") } else { Ok(()) }
    }

    pub(super) fn list_tenant_resources(&mut self, c: &Call<'_>) -> Outcome {
        let (found, _) = self.entered(c, true)?;
        let items: Vec<Value> = self.shared_out.iter().filter(|r| r.tenant == found.id).map(view).collect();
        Ok((200, json!({"items": items})))
    }

    /// Where it is to go. An organization that is not the tenant's cannot be named.
    fn destinations(&self, tenant: &Tenant, said: &Value) -> Outcome<Option<Vec<String>>> {
        let names: Vec<&str> = said.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if names.contains(&"*") {
            return Ok(None);
        }
        let mut to = Vec::new();
        for name in names {
            match self.organization(name).filter(|o| o.tenant.as_ref() == Some(&tenant.id)) {
                Some(here) if to.contains(&here.id) => {}
                Some(here) => to.push(here.id.clone()),
                None => return no(422, "request.invalid"),
            }
        }
        Ok(Some(to))
    }

    pub(super) fn create_tenant_resource(&mut self, c: &Call<'_>) -> Outcome {
        let found = self.taken_tenant(c)?;
        let below = self.take_below(&found.id);
        let kind = c.text("type").unwrap_or_default().to_owned();
        let known = |id: &String| self.organization(id).is_some_and(|o| o.rules.types.iter().any(|(t, _)| *t == kind));
        if !below.is_empty() && !below.iter().any(known) {
            return no(422, "resource.type");
        }
        let Some(name) = c.text("name").and_then(tidy) else { return no(422, "request.invalid") };
        let to = self.destinations(&found, &c.asked.body["organizations"])?;
        let id = self.fresh("tnr");
        let made = TenantResource { id, tenant: found.id.clone(), kind, name, to, revision: found.revision };
        self.shared_out.push(made.clone());
        self.tell_tenant(&found.id, "tenant.resource_created");
        self.spread(&below, &made)?;
        Ok((201, view(&made)))
    }

    fn of_tenant(&self, tenant: &Tenant, id: &str) -> Outcome<TenantResource> {
        let found = self.shared_out.iter().find(|r| r.tenant == tenant.id && r.id == id).cloned();
        found.map_or_else(|| no(404, "not_found"), Ok)
    }

    pub(super) fn edit_tenant_resource(&mut self, c: &Call<'_>) -> Outcome {
        let found = self.taken_tenant(c)?;
        let before = self.of_tenant(&found, c.arg(1))?;
        c.seen(before.revision)?;
        let mut after = before.clone();
        if let Some(name) = c.text("name") {
            after.name = tidy(name).map_or_else(|| no(422, "request.invalid"), Ok)?;
        }
        if let Some(said) = c.asked.body.get("organizations") {
            after.to = self.destinations(&found, said)?;
        }
        let below = self.take_below(&found.id);
        if (&after.name, &after.to) != (&before.name, &before.to) {
            after.revision = found.revision;
            self.shared_out.iter_mut().filter(|r| r.id == after.id).for_each(|r| *r = after.clone());
            self.tell_tenant(&found.id, "tenant.resource_edited");
        }
        self.spread(&below, &after)?;
        Ok((200, view(&after)))
    }

    pub(super) fn delete_tenant_resource(&mut self, c: &Call<'_>) -> Outcome {
        let found = self.taken_tenant(c)?;
        let gone = self.of_tenant(&found, c.arg(1))?;
        c.seen(gone.revision)?;
        let below = self.take_below(&found.id);
        self.spread(&below, &TenantResource { to: Some(Vec::new()), ..gone.clone() })?;
        self.shared_out.retain(|r| r.id != gone.id);
        self.tell_tenant(&found.id, "tenant.resource_deleted");
        Ok((204, Value::Null))
    }

    /// Each organization has it, called as above, or has it no longer.
    fn spread(&mut self, below: &[String], from: &TenantResource) -> Outcome<()> {
        for id in below {
            let goes = from.to.as_ref().is_none_or(|to| to.contains(id));
            let mut present = self.kept_here.iter().filter(|kept| kept.organization == *id && kept.from == from.id);
            match (present.next().map(|kept| kept.resource.clone()), goes) {
                (None, true) => self.arrives(id, from)?,
                (Some(resource), true) => self.is_called(&resource, &from.name),
                (Some(resource), false) => {
                    self.end_resource(&resource);
                    self.tell(id, "resource.deleted");
                }
                (None, false) => {}
            }
        }
        Ok(())
    }

    /// It comes, unless the organization has no place for it and was not named.
    fn arrives(&mut self, organization: &str, from: &TenantResource) -> Outcome<()> {
        let here = self.organization(organization).expect("an organization");
        let revision = here.revision;
        match has_place(here, &from.kind) {
            Err(_) if from.to.is_none() => return Ok(()),
            other => other?,
        }
        let id = self.fresh("res");
        self.resources.push(Resource {
            id: id.clone(),
            organization: organization.to_owned(),
            kind: from.kind.clone(),
            external: None,
            name: from.name.clone(),
            parent: None,
            owner: None,
            controlled: false,
            revision,
        });
        self.kept_here.push(KeptHere { organization: organization.to_owned(), resource: id, from: from.id.clone() });
        self.tell(organization, "resource.created");
        self.tell(organization, "resource.kept");
        Ok(())
    }

    fn is_called(&mut self, resource: &str, name: &str) {
        let one = self.resources.iter_mut().find(|r| r.id == resource).expect("a kept resource");
        if one.name == name {
            return;
        }
        name.clone_into(&mut one.name);
        let organization = one.organization.clone();
        one.revision = self.organizations.iter().find(|o| o.id == organization).map_or(0, |o| o.revision);
        self.tell(&organization, "resource.edited");
    }

    /// A new organization has what goes to all, as far as it has a place for it.
    pub(super) fn arrives_below(&mut self, organization: &str, tenant: &Tenant) {
        let to_all = self.shared_out.iter().filter(|r| r.tenant == tenant.id && r.to.is_none());
        for from in to_all.cloned().collect::<Vec<_>>() {
            self.arrives(organization, &from).expect("what goes to all is left out without a place");
        }
    }
}
