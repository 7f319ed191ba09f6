//! Places of tenants as people go and as they take other addresses.

use std::collections::BTreeSet;

use super::tenants::{Tenant, TenantPerson};
use super::{Model, Outcome, Person, no};

impl Model {
    /// Nobody deletes themself who is the only owner of a tenant that can sign in.
    pub(super) fn owns_no_tenant_alone(&self, me: &str) -> Outcome<()> {
        let theirs = self.tenants.iter().filter(|t| self.role_in(t, me).as_deref() == Some("owner"));
        let alone = |tenant: &&Tenant| {
            let mut owners = tenant.people.iter().filter(|one| one.role == "owner");
            !owners.any(|one| self.stands_for(one).is_some_and(|p| p.id != me))
        };
        if theirs.into_iter().any(|tenant| alone(&tenant)) { no(409, "tenant.last_owner") } else { Ok(()) }
    }

    /// Their places, by themselves or by the address they proved: tenant and place.
    fn places_of(&self, me: &str) -> Vec<(String, TenantPerson)> {
        let mine = |one: &&TenantPerson| self.stands_for(one).is_some_and(|p| p.id == me);
        let places =
            self.tenants.iter().flat_map(|t| t.people.iter().filter(mine).map(|one| (t.id.clone(), one.clone())));
        places.collect()
    }

    /// Whoever is gone is in no tenant.
    pub(super) fn leave_tenants(&mut self, me: &str) {
        let mut taken = BTreeSet::new();
        for (id, place) in self.places_of(me) {
            let tenant = self.tenant_mut(&id);
            tenant.revision += u64::from(taken.insert(id.clone()));
            tenant.people.retain(|one| one.id != place.id);
            self.tell_tenant(&id, "tenant.member_removed");
        }
    }

    /// Whoever takes another address keeps the places that the one they proved names.
    pub(super) fn keep_places(&mut self, me: &Person) {
        let mut places = self.places_of(&me.id);
        places.retain(|(_, place)| place.person.is_none() && me.verified);
        for (id, place) in places {
            let tenant = self.tenant_mut(&id);
            tenant.revision += 1;
            let own = tenant.people.iter().position(|one| one.person.as_deref() == Some(&me.id));
            let Some(own) = own else {
                let named = tenant.people.iter_mut().filter(|one| one.id == place.id);
                named.for_each(|one| one.person = Some(me.id.clone()));
                self.tell_tenant(&id, "tenant.member_bound");
                continue;
            };
            let rises = place.role == "owner" && tenant.people[own].role != "owner";
            if rises {
                tenant.people[own].role = place.role;
                self.tell_tenant(&id, "tenant.member_role_changed");
            }
            self.tenant_mut(&id).people.retain(|one| one.id != place.id);
            self.tell_tenant(&id, "tenant.member_removed");
        }
    }
}
