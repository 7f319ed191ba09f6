//! Where a request takes place, and how its caller stands there: from memory, or read afresh for a
//! write. Decides nothing by itself.

use std::sync::Arc;

use guildhall_domain::access::{Permit, Standing, authorize, guard};
use guildhall_domain::action::Action;
use guildhall_domain::factor::{asked_of, due};
use guildhall_domain::group::Belonging;
use guildhall_domain::ids::{OrgId, RoleId};
use guildhall_domain::member::Member;
use guildhall_domain::organization::Organization;
use guildhall_domain::preset::{Role, Rules};
use guildhall_domain::proof::{self, Proof, Sitting, Vouched};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::role::built_in_id;
use guildhall_domain::token::scope_mask;
use guildhall_store::read::credential::Session;
use guildhall_store::read::{group, member, organization, sso as connections, tenant};
use guildhall_store::{Conn, Stop, Tx};

use super::{Credential, Ctx, sso, tenants};
use crate::memory::Head;
use crate::memory::people::{Belongs, MEMBER_EVERY_S};

/// Where a request takes place: the organization, its rules, and the caller's standing in it.
#[derive(Clone, Debug)]
pub struct Place {
    /// The organization.
    pub organization: Arc<Organization>,
    /// Its rules.
    pub rules: Arc<Rules>,
    /// The caller there.
    pub standing: Standing,
}

impl Place {
    /// Leave to do `action` here.
    ///
    /// # Errors
    /// `not_found`, `access.denied`, `token.scope_missing`.
    pub fn permit(&self, action: Action) -> Result<Permit, Refusal> {
        authorize(self.organization.id, &self.standing, &self.rules, action)
    }

    /// Whether the caller may do `action` here, for whatever needs no permit.
    ///
    /// # Errors
    /// As [`Place::permit`].
    pub fn guard(&self, action: Action) -> Result<(), Refusal> {
        guard(self.organization.id, &self.standing, &self.rules, action)
    }

    /// A role by its slug or id.
    #[must_use]
    pub fn role(&self, applies_to: &str, name: &str) -> Option<&Role> {
        let Ok(id) = name.parse::<RoleId>() else { return self.rules.role(applies_to, name) };
        let own = self.rules.own_roles().iter().find(|own| own.id == id && own.applies_to == applies_to);
        match own {
            Some(own) => self.rules.role(applies_to, &own.slug),
            None => self
                .rules
                .roles_of(applies_to)
                .find(|role| role.built_in && built_in_id(self.organization.id, applies_to, &role.slug) == id),
        }
    }

    /// The slug of a role that is named by its slug or id; what names none stays as it is.
    #[must_use]
    pub fn role_slug(&self, applies_to: &str, name: &str) -> String {
        self.role(applies_to, name).map_or_else(|| name.to_owned(), |role| role.slug.clone())
    }

    /// The caller's membership; a place is only ever made for an active member.
    ///
    /// # Errors
    /// `not_found`.
    pub fn me(&self) -> Result<&Member, Refusal> {
        self.standing.member.as_deref().ok_or_else(|| Code::NotFound.into())
    }
}

impl Ctx {
    /// Finds the organization and the caller's standing in it. To anybody who is not an active
    /// member it does not exist. A read may be told from memory, a write reads afresh.
    ///
    /// # Errors
    /// `auth.required`, `auth.invalid`, `not_found`.
    pub fn place(&self, conn: &mut Conn<'_>, name: &str) -> Result<Place, Stop> {
        let user = self.caller()?.identity.id;
        let (head, belongs) = match conn.writes() {
            true => {
                let found = organization::find(conn, name)?.ok_or(Code::NotFound)?;
                let member = member::of_identity_here(conn, found.id, user)?;
                let tenants = if found.tenant.is_some() { tenant::roles_of(conn, user)? } else { Vec::new() };
                let belongs = Belongs::unkept(member.into_iter().collect(), tenants);
                (self.app.head_read(conn, found)?, Arc::new(belongs))
            }
            false => (self.app.head(conn, name)?.ok_or(Code::NotFound)?, self.app.belongs(conn, user)?),
        };
        let here = head.organization.id;
        let groups = match belongs.at(here).filter(|_| head.rules.groups_matter()) {
            Some(seat) => group::of_member(conn, here, seat.member.id)?,
            None => Vec::new(),
        };
        let vouched = self.vouched(conn, here)?;
        self.stand(head, &belongs, groups, vouched)
    }

    /// Whose provider vouched for the session in use.
    fn vouched(&self, conn: &mut Conn<'_>, here: OrgId) -> Result<Vouched, Stop> {
        let caller = self.caller()?;
        match &caller.credential {
            Credential::Session(Session { proof: Proof { connection: Some(by), .. }, .. }) => {
                Ok(connections::vouched(conn, *by, caller.identity.id, here)?)
            }
            _ => Ok(Vouched::Own),
        }
    }

    /// The same, without the database when memory knows it all.
    ///
    /// # Errors
    /// As [`Ctx::place`].
    pub async fn place_now(&self, name: &str) -> Result<Place, Stop> {
        let user = self.caller()?.identity.id;
        // Whether a provider's word still counts is asked of the database.
        let own = !self.caller()?.is_vouched_for();
        if let (true, Some(head), Some(belongs)) = (own, self.app.recall_head(name), self.app.recall_belongs(user)) {
            let here = head.organization.id;
            let Some(seat) = belongs.at(here).filter(|_| head.rules.groups_matter()) else {
                return self.stand(head, &belongs, Vec::new(), Vouched::Own);
            };
            if let Some(index) = self.app.index_now(here).await? {
                let groups = index.member(seat.member.id).map(|member| index.groups_of(member));
                return self.stand(head, &belongs, groups.unwrap_or_default(), Vouched::Own);
            }
        }
        let name = name.to_owned();
        self.glance(move |ctx, conn| ctx.place(conn, &name)).await
    }

    /// The caller's standing in an organization, as somebody who belongs there so and is in these groups.
    fn stand(&self, head: Head, belongs: &Belongs, groups: Vec<Belonging>, vouched: Vouched) -> Result<Place, Stop> {
        let caller = self.caller()?;
        let seat = belongs.at(head.organization.id);
        let member = seat.map(|seat| Arc::clone(&seat.member)).filter(|m| m.is_in());
        let member = tenants::standing(self, &head, belongs, member)?.ok_or(Code::NotFound)?;
        let Head { organization, rules, above, past } = head;
        let mut scopes = None;
        match &caller.credential {
            Credential::Token(token) => {
                if !token.speaks_for(&member) {
                    return Err(Code::NotFound.into());
                }
                scopes = scope_mask(&rules, token);
            }
            Credential::Session(session) => {
                let Session { created_at, proof, .. } = *session;
                let asked = asked_of(&rules, &member) && proof.factor_at.is_none();
                let factor_due = asked.then(|| due(&rules, &member, past.factors_since));
                let earlier = past.lengths_of(created_at);
                let earlier = earlier.map(|before| above.as_deref().map_or(before, |settings| before.under(settings)));
                let sitting = Sitting { created_at, seen_at: self.seen_at, proof, factor_due, earlier, vouched };
                proof::guard(&rules, &member, &sitting, self.now)
                    .map_err(|refusal| sso::lead(self, &organization, refusal))?;
            }
        }
        proof::guard_network(rules.policy(), self.address)?;
        if caller.issued_at() < organization.valid_from {
            return Err(Code::AuthInvalid.into());
        }
        if seat.is_none_or(|seat| seat.last.now(self.now, MEMBER_EVERY_S)) {
            self.app.mark_member(organization.id, member.id);
        }
        Ok(Place { organization, rules, standing: Standing { member: Some(member), groups, scopes } })
    }

    /// The same for a write: the organization is taken first, so that every fact read afterwards
    /// holds until the commit.
    ///
    /// # Errors
    /// As [`Ctx::place`].
    pub fn take_place(&self, tx: &mut Tx<'_>, name: &str) -> Result<Place, Stop> {
        self.caller()?;
        let found = organization::find(tx, name)?.ok_or(Code::NotFound)?;
        tx.take_organization(found.id)?.ok_or(Code::NotFound)?;
        self.place(tx, name)
    }
}
