//! May this subject do that? The question the program exists for. Asked of the organization's rights
//! index: the same facts and the same formula as every other decision, and no database.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::slice;
use std::sync::Arc;

use guildhall_domain::action::Action;
use guildhall_domain::condition::{Properties, Scene};
use guildhall_domain::group::Belonging;
use guildhall_domain::ids::{MemberId, ResourceId, ServiceAccountId, TenantId, UserId};
use guildhall_domain::index::{Asked, Index, MemberAt, ResourceAt};
use guildhall_domain::member::{Member, MemberKind, Status};
use guildhall_domain::permission::{Bit, Mask};
use guildhall_domain::preset::Rules;
use guildhall_domain::reach::{self, Who};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::rights;
use guildhall_domain::tenant::place_of;
use guildhall_domain::text::Email;
use guildhall_store::read::{identity, member as members};
use guildhall_store::{Conn, Stop, StoreError};
use serde_json::Value;

pub use super::check_shapes::{AllChecked, Check, Checked, Checks};
use super::share_links::{self, Held};
use super::{Ctx, Place};

/// Most checks in one request.
pub const MOST: usize = 1_000;

/// May this subject do that?
///
/// # Errors
/// `not_found`, `access.denied`, refused values.
pub async fn check(ctx: &Ctx, organization: &str, asked: Check) -> Result<Checked, Stop> {
    if let Some(link) = ctx.link {
        return share_links::check(ctx, organization, link, asked).await;
    }
    let place = ctx.place_now(organization).await?;
    Asking::of(ctx, &place, slice::from_ref(&asked)).await?.one(&asked, "")
}

/// Answers many questions at one revision.
///
/// # Errors
/// As [`check`], and `field.too_long`.
pub async fn batch(ctx: &Ctx, organization: &str, asked: Checks) -> Result<AllChecked, Stop> {
    if asked.checks.len() > MOST {
        return Err(Refusal::field("checks", "field.too_long", format!("at most {MOST} at a time")).into());
    }
    let place = ctx.place_now(organization).await?;
    let asking = Asking::of(ctx, &place, &asked.checks).await?;
    let answers = asked.checks.iter().enumerate().map(|(at, check)| asking.one(check, &format!("checks[{at}].")));
    Ok(AllChecked { results: answers.collect::<Result<_, _>>()?, revision: asking.index.revision() })
}

/// The key of a subject that is an address.
fn address(subject: &str) -> Option<Email> {
    subject.contains('@').then(|| Email::parse(subject, "subject").ok()).flatten()
}

fn subjects(checks: &[Check]) -> impl Iterator<Item = &str> {
    checks.iter().filter_map(|check| check.subject.as_deref())
}

/// Who has proved each of the addresses among the subjects, by its key.
async fn addresses<'a>(
    ctx: &Ctx,
    subjects: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, Option<UserId>>, Stop> {
    let (mut known, mut unknown) = (HashMap::new(), Vec::new());
    for email in subjects.filter_map(address) {
        match ctx.app.memory().and_then(|memory| memory.addresses.get(email.key())) {
            Some(who) => drop(known.insert(email.key().to_owned(), who)),
            None => unknown.push(email.key().to_owned()),
        }
    }
    if !unknown.is_empty() {
        let read = ctx.read(move |ctx, conn| {
            let each = unknown.into_iter().map(|key| Ok((ctx.app.proved(conn, &key)?, key)));
            Ok(each.collect::<Result<Vec<_>, StoreError>>()?)
        });
        known.extend(read.await?.into_iter().map(|(who, key)| (key, who)));
    }
    Ok(known)
}

/// The share links among the subjects that open anything, by the hash of their secret.
async fn links(ctx: &Ctx, checks: &[Check]) -> Result<HashMap<[u8; 32], Held>, Stop> {
    let mut living = HashMap::new();
    for hash in subjects(checks).filter_map(|subject| share_links::token(ctx, subject)) {
        if let Some(held) = share_links::held(ctx, hash).await? {
            living.insert(hash, held);
        }
    }
    Ok(living)
}

/// Who owns a tenant.
async fn owners(ctx: &Ctx, of: TenantId) -> Result<Arc<Vec<UserId>>, Stop> {
    match ctx.app.recall_owners(of) {
        Some(known) => Ok(known),
        None => ctx.read(move |ctx, conn| Ok(ctx.app.owners(conn, of)?)).await,
    }
}

/// Somebody who is asked about.
pub(super) enum Subject<'a> {
    /// By their membership, as it stands in the index.
    Member(MemberAt),
    /// Somebody who stands here otherwise: as an owner of the tenant.
    Above(Above<'a>),
}

/// How somebody stands here who does so otherwise than the index has it.
#[derive(Clone, Copy)]
pub(super) struct Above<'a> {
    id: MemberId,
    role: &'a str,
    program: bool,
}

/// One request's questions: all of them are answered at one revision.
pub(super) struct Asking<'a> {
    ctx: &'a Ctx,
    place: &'a Place,
    pub(super) index: Arc<Index>,
    addresses: HashMap<String, Option<UserId>>,
    links: HashMap<[u8; 32], Held>,
    /// Who owns the tenant above, if there is one.
    owners: Option<Arc<Vec<UserId>>>,
    leave: OnceCell<Result<(), Refusal>>,
}

impl<'a> Asking<'a> {
    async fn of(ctx: &'a Ctx, place: &'a Place, checks: &[Check]) -> Result<Self, Stop> {
        let links = links(ctx, checks).await?;
        Ok(Self { links, ..Self::with(ctx, place, addresses(ctx, subjects(checks)).await?).await? })
    }

    /// For questions about one subject that is no share link.
    pub(super) async fn about(ctx: &'a Ctx, place: &'a Place, subject: Option<&str>) -> Result<Self, Stop> {
        Self::with(ctx, place, addresses(ctx, subject.into_iter()).await?).await
    }

    async fn with(ctx: &'a Ctx, place: &'a Place, addresses: HashMap<String, Option<UserId>>) -> Result<Self, Stop> {
        let index = ctx.app.index_now(place.organization.id).await?.ok_or(Code::NotFound)?;
        let owners = match place.organization.tenant {
            Some(above) => Some(owners(ctx, above).await?),
            None => None,
        };
        Ok(Self { ctx, place, index, addresses, links: HashMap::new(), owners, leave: OnceCell::new() })
    }

    /// May the caller ask about others? Asked once for all questions.
    fn guard(&self) -> Result<(), Refusal> {
        self.leave.get_or_init(|| self.place.guard(Action::AccessCheck)).clone()
    }

    fn one(&self, asked: &Check, field: &str) -> Result<Checked, Stop> {
        let (place, index) = (self.place, &*self.index);
        if let Some(link) = asked.subject.as_deref().and_then(|text| share_links::token(self.ctx, text)) {
            self.guard()?;
            let held = self.links.get(&link).filter(|held| held.organization.id == place.organization.id);
            return share_links::answer(index, held, asked, field);
        }
        let subject = self.whom(asked.subject.as_deref())?;
        let bit = known(index.rules(), asked, index.revision(), field)?;
        let no = |reasons| Checked { allowed: false, revision: index.revision(), reasons };
        let Ok(at) = resource(index, asked.resource.as_deref()) else {
            // What is not here is reached by nobody; nothing tells it from what is hidden.
            return Ok(no(asked.explain.then(Vec::new)));
        };
        let Some((subject, mine)) = subject else {
            return Ok(no(asked.explain.then(|| listed(&rights::explain(&rights::Inputs::at_root(None), bit)))));
        };
        let allowed = self.may(&subject, at, mine, bit, asked.told());
        let reasons = asked.explain.then(|| self.why(&subject, at, mine, bit, asked.told()));
        Ok(Checked { allowed, revision: index.revision(), reasons })
    }

    /// Whom a question is about, and whether that is the caller. Anybody may ask about themself;
    /// about others only who has the right to.
    pub(super) fn whom(&self, subject: Option<&str>) -> Result<Option<(Subject<'a>, bool)>, Refusal> {
        let place = self.place;
        let me = place.me()?;
        let subject = match subject {
            Some(text) => self.above(text).map(Subject::Above).or_else(|| self.subject(text).map(Subject::Member)),
            None => Some(self.myself(me)),
        };
        let mine = match &subject {
            Some(Subject::Member(member)) => self.index.id_of(*member) == Some(me.id),
            Some(Subject::Above(above)) => above.id == me.id,
            None => false,
        };
        if !mine {
            self.guard()?;
        }
        Ok(subject.map(|subject| (subject, mine)))
    }

    /// A check of oneself answers for the credential in use, of others for whatever they may have.
    fn scopes(&self, mine: bool) -> Option<Mask> {
        if mine { self.place.standing.scopes } else { None }
    }

    /// The question about a member, as an index takes it.
    fn asked(&self, member: MemberAt, at: Option<ResourceAt>, mine: bool) -> Asked {
        Asked { member, at, scopes: self.scopes(mine), now: self.ctx.now }
    }

    /// Whether the subject may do one thing there.
    pub(super) fn may(
        &self,
        subject: &Subject<'_>,
        at: Option<ResourceAt>,
        mine: bool,
        bit: Bit,
        told: &Properties,
    ) -> bool {
        match subject {
            Subject::Member(member) => self.index.may_with(&self.asked(*member, at, mine), bit, told),
            Subject::Above(_) => self.rights(subject, at, mine, told).contains(bit),
        }
    }

    /// Everything the subject may do there.
    pub(super) fn rights(&self, subject: &Subject<'_>, at: Option<ResourceAt>, mine: bool, told: &Properties) -> Mask {
        match subject {
            Subject::Member(member) => self.index.settled(&self.asked(*member, at, mine), told),
            Subject::Above(me) => {
                let held = self.inputs(subject, at, mine, rights::effective);
                self.index.rules().preset().catalogue.settled(held, || self.scene_above(*me, at, told))
            }
        }
    }

    /// Why they may or may not.
    fn why(
        &self,
        subject: &Subject<'_>,
        at: Option<ResourceAt>,
        mine: bool,
        bit: Bit,
        told: &Properties,
    ) -> Vec<Value> {
        let scene = || match subject {
            Subject::Member(member) => self.index.scene(&self.asked(*member, at, mine), told),
            Subject::Above(me) => self.scene_above(*me, at, told),
        };
        let catalogue = &self.index.rules().preset().catalogue;
        self.inputs(subject, at, mine, |inputs| listed(&reach::explain(catalogue, inputs, bit, scene)))
    }

    /// The scene of a question about somebody who stands here otherwise than as a member.
    fn scene_above<'s>(&'s self, me: Above<'s>, at: Option<ResourceAt>, told: &'s Properties) -> Scene<'s> {
        Scene::of_somebody((me.id, me.program), Some(me.role), &self.groups_above(me), self.index.name_of(at), told)
    }

    fn groups_above(&self, me: Above<'_>) -> Vec<Belonging> {
        self.index.member(me.id).map(|member| self.index.groups_of(member)).unwrap_or_default()
    }

    /// The same question, spelled out.
    fn inputs<T>(
        &self,
        subject: &Subject<'_>,
        at: Option<ResourceAt>,
        mine: bool,
        ask: impl FnOnce(&rights::Inputs<'_>) -> T,
    ) -> T {
        let (index, scopes, now) = (&*self.index, self.scopes(mine), self.ctx.now);
        match subject {
            Subject::Member(member) => index.spelled_out(&self.asked(*member, at, mine), ask),
            Subject::Above(me) => {
                let groups = self.groups_above(*me);
                let standing = index.rules().standing(me.role, true, scopes);
                index.ask_as(Some(standing), Who { member: me.id, groups: &groups }, at, now, ask)
            }
        }
    }

    fn myself<'m>(&self, me: &'m Member) -> Subject<'m> {
        let here = self.index.member(me.id).filter(|here| self.index.role_of(*here) == Some(&me.role));
        let program = me.kind == MemberKind::ServiceAccount;
        here.map_or(Subject::Above(Above { id: me.id, role: &me.role, program }), Subject::Member)
    }

    /// An owner of the tenant, however they are named: they stand here as they do when they come themselves.
    fn above(&self, text: &str) -> Option<Above<'a>> {
        let place = self.place;
        let owner = *self.owners.as_ref()?.iter().find(|owner| self.is_named(text, **owner))?;
        let active = |at: &MemberAt| self.index.status_of(*at) == Some(Status::Active);
        let member = self.index.member_of(owner).filter(active).and_then(|at| self.index.id_of(at));
        let role = &place.rules.preset().top_role().slug;
        Some(Above { id: member.unwrap_or(place_of(owner)), role, program: false })
    }

    fn is_named(&self, text: &str, who: UserId) -> bool {
        if let Ok(id) = text.parse::<MemberId>() {
            let own = self.index.member_of(who).and_then(|at| self.index.id_of(at));
            return id == place_of(who) || own == Some(id);
        }
        if let Ok(id) = text.parse::<UserId>() {
            return id == who;
        }
        address(text).is_some_and(|email| self.addresses.get(email.key()) == Some(&Some(who)))
    }

    /// The subject's membership here. Whoever is unknown, removed or of another organization has none.
    fn subject(&self, text: &str) -> Option<MemberAt> {
        let index = &*self.index;
        if let Ok(id) = text.parse::<MemberId>() {
            return index.member(id).filter(|member| index.status_of(*member) != Some(Status::Invited));
        }
        if let Ok(id) = text.parse::<ServiceAccountId>() {
            return index.member(MemberId::new(id.uuid())).filter(|member| index.is_program(*member));
        }
        if let Ok(id) = text.parse::<UserId>() {
            return index.member_of(id);
        }
        let who = *self.addresses.get(address(text)?.key())?;
        index.member_of(who?)
    }
}

/// A resource by `res_…` or by `type:external_id`; none is the organization itself.
///
/// # Errors
/// `not_found`, which is for whoever asks to turn into a no.
pub(super) fn resource(index: &Index, name: Option<&str>) -> Result<Option<ResourceAt>, Refusal> {
    let Some(name) = name else { return Ok(None) };
    let found = match name.parse::<ResourceId>() {
        Ok(id) => index.resource(id),
        Err(_) => name.split_once(':').and_then(|(kind, external)| index.resource_named(kind, external)),
    };
    found.map(Some).ok_or_else(|| Code::NotFound.into())
}

/// The permission asked for, when it and the revision asked for are there.
pub(super) fn known(rules: &Rules, asked: &Check, revision: u64, field: &str) -> Result<Bit, Refusal> {
    let bit = permission(rules, &asked.permission, field)?;
    at_least(asked.at_least_revision, revision, field)?;
    Ok(bit)
}

/// The bit of a permission that a request names. Conditions are looked at by themselves and not asked for by name.
pub(super) fn permission(rules: &Rules, name: &str, field: &str) -> Result<Bit, Refusal> {
    let catalogue = &rules.preset().catalogue;
    catalogue.bit(name).filter(|bit| catalogue.condition_of(*bit).is_none()).ok_or_else(|| {
        let detail = format!("no permission `{name}`; GET the organization's permissions to see them");
        Refusal::field(format!("{field}permission"), "permission.unknown", detail)
    })
}

/// Refuses to answer from before the revision that a request asks for.
pub(super) fn at_least(wanted: Option<u64>, revision: u64, field: &str) -> Result<(), Refusal> {
    if wanted.is_some_and(|least| least > revision) {
        let field = format!("{field}at_least_revision");
        return Err(Refusal::field(field, "revision.ahead", format!("the organization is at revision {revision}")));
    }
    Ok(())
}

fn listed(chain: &[rights::Reason<'_>]) -> Vec<Value> {
    chain.iter().filter_map(|reason| serde_json::to_value(reason).ok()).collect()
}

/// The membership somebody names as in a check, as a write reads it: whoever is unknown, removed or of another
/// organization has none.
pub(super) fn subject(conn: &mut Conn<'_>, place: &Place, text: &str) -> Result<Option<Member>, Stop> {
    let here = place.organization.id;
    if let Ok(id) = text.parse::<MemberId>() {
        return Ok(members::by_id(conn, here, id)?.filter(|m| m.status != Status::Invited));
    }
    if let Ok(id) = text.parse::<ServiceAccountId>() {
        let found = members::by_id(conn, here, MemberId::new(id.uuid()))?;
        return Ok(found.filter(|m| m.kind == MemberKind::ServiceAccount));
    }
    if let Ok(id) = text.parse::<UserId>() {
        return Ok(members::of_identity_here(conn, here, id)?);
    }
    let Ok(email) = Email::parse(text, "subject") else { return Ok(None) };
    match identity::verified(conn, email.key())? {
        Some(who) => Ok(members::of_identity_here(conn, here, who.id)?),
        None => Ok(None),
    }
}
