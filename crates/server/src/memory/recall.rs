//! Asking memory first: what is not there is read from the database and, while memory may be
//! answered from, kept. Decides nothing.

use std::sync::Arc;

use guildhall_domain::ids::{MemberId, OrgId, TenantId, UserId};
use guildhall_domain::index::Index;
use guildhall_domain::member::Member;
use guildhall_domain::organization::Organization;
use guildhall_domain::resource::ShareLink;
use guildhall_store::read::{factor, group, identity, index, member, organization, share, tenant};
use guildhall_store::{Conn, Stop, StoreError};

use super::Head;
use super::people::Belongs;
use crate::app::App;
use crate::ops::view::MemberGroup;

impl App {
    /// An organization by its id or slug, as far as memory knows it.
    #[must_use]
    pub fn recall_head(&self, name: &str) -> Option<Head> {
        let memory = self.memory()?;
        match name.parse() {
            Ok(id) => self.recall_head_of(id),
            Err(_) => memory.places.get(&memory.slugs.get(name)?).filter(|head| head.organization.slug == name),
        }
    }

    /// An organization, as far as memory knows it.
    #[must_use]
    pub fn recall_head_of(&self, id: OrgId) -> Option<Head> {
        self.memory()?.places.get(&id)
    }

    /// An organization.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn head_of(&self, conn: &mut Conn<'_>, id: OrgId) -> Result<Option<Head>, StoreError> {
        self.head(conn, &id.to_string())
    }

    /// An organization by its id or slug.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn head(&self, conn: &mut Conn<'_>, name: &str) -> Result<Option<Head>, StoreError> {
        if let Some(known) = self.recall_head(name) {
            return Ok(Some(known));
        }
        let memory = self.memory();
        let tickets = memory.map(|memory| (memory.places.ticket(), memory.slugs.ticket()));
        let Some(found) = organization::find(conn, name)? else { return Ok(None) };
        let head = self.head_read(conn, found)?;
        if let (Some(memory), Some((places, slugs))) = (memory, tickets) {
            let (id, slug) = (head.organization.id, head.organization.slug.clone());
            memory.places.keep(places, id, head.clone());
            memory.slugs.keep(slugs, slug, id);
        }
        Ok(Some(head))
    }

    /// What belongs to an organization that was just read. Keeps nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn head_read(&self, conn: &mut Conn<'_>, found: Organization) -> Result<Head, StoreError> {
        let rules = self.rules(conn, &found)?;
        let past = Arc::new(factor::past(conn, found.id, rules.policy())?);
        let above = found.tenant.map(|id| tenant::by_id(conn, id)).transpose()?.flatten();
        Ok(Head { organization: Arc::new(found), rules, above: above.map(|tenant| Arc::new(tenant.settings)), past })
    }

    /// Everywhere somebody belongs, as far as memory knows it.
    #[must_use]
    pub fn recall_belongs(&self, user: UserId) -> Option<Arc<Belongs>> {
        self.memory()?.people.belongs(user)
    }

    /// Everywhere somebody belongs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn belongs(&self, conn: &mut Conn<'_>, user: UserId) -> Result<Arc<Belongs>, StoreError> {
        if let Some(known) = self.recall_belongs(user) {
            return Ok(known);
        }
        let memory = self.memory();
        let ticket = memory.map(|memory| memory.people.belongs_ticket());
        let (members, tenants) = (member::of_identity(conn, user)?, tenant::roles_of(conn, user)?);
        Ok(match (memory, ticket) {
            (Some(memory), Some(ticket)) => memory.people.keep_belongs(ticket, user, members, tenants),
            _ => Arc::new(Belongs::unkept(members, tenants)),
        })
    }

    /// Who owns a tenant, as far as memory knows it.
    #[must_use]
    pub fn recall_owners(&self, of: TenantId) -> Option<Arc<Vec<UserId>>> {
        self.memory()?.owners.get(&of)
    }

    /// Who owns a tenant.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn owners(&self, conn: &mut Conn<'_>, of: TenantId) -> Result<Arc<Vec<UserId>>, StoreError> {
        if let Some(known) = self.recall_owners(of) {
            return Ok(known);
        }
        let memory = self.memory();
        let ticket = memory.map(|memory| memory.owners.ticket());
        let owners = Arc::new(tenant::owner_ids(conn, of)?);
        if let (Some(memory), Some(ticket)) = (memory, ticket) {
            memory.owners.keep(ticket, of, Arc::clone(&owners));
        }
        Ok(owners)
    }

    /// The groups of a membership, as far as memory knows them.
    #[must_use]
    pub fn recall_groups(&self, member: MemberId) -> Option<Arc<Vec<MemberGroup>>> {
        self.memory()?.groups.get(&member)
    }

    /// The groups of a membership.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn groups(&self, conn: &mut Conn<'_>, member: &Member) -> Result<Arc<Vec<MemberGroup>>, StoreError> {
        if let Some(known) = self.recall_groups(member.id).filter(|_| !conn.writes()) {
            return Ok(known);
        }
        let memory = self.memory().filter(|_| !conn.writes());
        let ticket = memory.map(|memory| memory.groups.ticket());
        let seats = group::of_members(conn, member.organization, &[member.id])?.into_iter();
        let groups = seats.map(|(_, manager, id, name)| MemberGroup { id: id.to_string(), name, manager });
        let groups = Arc::new(groups.collect::<Vec<_>>());
        if let (Some(memory), Some(ticket)) = (memory, ticket) {
            memory.groups.keep(ticket, member.id, Arc::clone(&groups));
        }
        Ok(groups)
    }

    /// Who has proved an address, by its key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn proved(&self, conn: &mut Conn<'_>, email_key: &str) -> Result<Option<UserId>, StoreError> {
        let memory = self.memory();
        if let Some(known) = memory.and_then(|memory| memory.addresses.get(email_key)) {
            return Ok(known);
        }
        let ticket = memory.map(|memory| memory.addresses.ticket());
        let who = identity::verified(conn, email_key)?.map(|who| who.id);
        if let (Some(memory), Some(ticket)) = (memory, ticket) {
            memory.addresses.keep(ticket, email_key.to_owned(), who);
        }
        Ok(who)
    }

    /// A share link by the hash of its secret, as far as memory knows it.
    #[must_use]
    pub fn recall_link(&self, hash: &[u8; 32]) -> Option<Arc<ShareLink>> {
        self.memory()?.links.get(hash)
    }

    /// The share link of a secret's hash, unless whoever made it is no active member.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn link(&self, conn: &mut Conn<'_>, hash: &[u8; 32]) -> Result<Option<Arc<ShareLink>>, StoreError> {
        if let Some(known) = self.recall_link(hash) {
            return Ok(Some(known));
        }
        let memory = self.memory();
        let ticket = memory.map(|memory| memory.links.ticket());
        let Some(link) = share::by_secret(conn, hash)?.map(Arc::new) else { return Ok(None) };
        if let (Some(memory), Some(ticket)) = (memory, ticket) {
            memory.links.keep(ticket, *hash, Arc::clone(&link));
        }
        Ok(Some(link))
    }

    /// The rights index of an organization, as far as memory knows it.
    #[must_use]
    pub fn recall_index(&self, organization: OrgId) -> Option<Arc<Index>> {
        self.memory()?.rights.now(organization)
    }

    /// The rights index of an organization; `None` when there is no such organization.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn index(&self, conn: &mut Conn<'_>, organization: OrgId) -> Result<Option<Arc<Index>>, StoreError> {
        match self.memory() {
            Some(memory) => memory.rights.get(organization, || self.read_index(conn, organization)),
            None => Ok(self.read_index(conn, organization)?.map(Arc::new)),
        }
    }

    /// The same for whoever has no connection at hand: without the database when memory has it.
    ///
    /// # Errors
    /// [`Stop::Failed`].
    pub async fn index_now(self: &Arc<Self>, organization: OrgId) -> Result<Option<Arc<Index>>, Stop> {
        if let Some(index) = self.recall_index(organization) {
            return Ok(Some(index));
        }
        let app = Arc::clone(self);
        self.store.read(move |conn| Ok(app.index(conn, organization)?)).await
    }

    /// The rights index as the database has it now. Keeps nothing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn read_index(&self, conn: &mut Conn<'_>, id: OrgId) -> Result<Option<Index>, StoreError> {
        conn.at_one_moment(|conn| {
            let Some(found) = organization::by_id(conn, id)? else { return Ok(None) };
            let empty = Index::new(id, self.rules(conn, &found)?, self.seed());
            let revision = organization::revision(conn, id)?;
            Ok(Some(index::fill(conn, id, empty)?.at(revision)))
        })
    }
}
