//! Importing a directory: up to 1,000 people, groups, places in groups, resources and grants in one commit, each
//! with an answer of its own. What may be made is decided where it always is; doing it twice changes nothing.

use std::sync::{Arc, Mutex, PoisonError};

use guildhall_domain::access::Permit;
use guildhall_domain::action::Action;
use guildhall_domain::identity::Identity;
use guildhall_domain::ids::{MemberId, UserId};
use guildhall_domain::import::{self as rules_of, Newcomer};
use guildhall_domain::member::{Member, Status};
use guildhall_domain::preset::ORGANIZATION;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::resource::{Grant, Subject};
use guildhall_domain::seats::Seats;
use guildhall_domain::text::{self, Email};
use guildhall_domain::time::Timestamp;
use guildhall_store::read::{
    Page, group as stored_groups, identity, joining as joins, member as members, resource as stored_resources,
};
use guildhall_store::{Stop, Tx};

use super::grant_shapes::{NewGrant, SubjectBody, given};
use super::groups::{self, NewGroup};
pub use super::import_shapes::{ImportItem, ImportOutcome, Imported, NewImport};
use super::resource_shapes::NewResource;
use super::view::Preview;
use super::{Answer, Ctx, Place, grants, resources};

/// Most items in one request.
pub const MOST: usize = 1_000;
/// Most grants on one resource that are looked through for one that is there already.
const MOST_GRANTS: u32 = 10_000;

/// What holds for a whole request.
struct Work<'a> {
    ctx: &'a Ctx,
    place: &'a Place,
    permit: Permit,
    administrator: bool,
    /// Counted once; what this request fills is added.
    seats: Seats,
}

/// Imports items in their order.
///
/// # Errors
/// `not_found`, `access.denied`; what is refused of one item is its own answer.
pub async fn import(ctx: &Ctx, organization: &str, wanted: NewImport) -> Result<Answer<Imported>, Stop> {
    if wanted.items.len() > MOST {
        return Err(Refusal::field("items", "field.too_long", format!("at most {MOST} at a time")).into());
    }
    let organization = organization.to_owned();
    let administrator = ctx.caller()?.identity.administrator;
    // A preview keeps what was done, not what was answered; here the answers are what one asks for.
    let told: Arc<Mutex<Vec<ImportOutcome>>> = Arc::default();
    let tell = Arc::clone(&told);
    let answer = ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::OrganizationImport)?;
        let seats = joins::seats(tx, place.organization.id)?;
        let mut work = Work { ctx, place: &place, permit, administrator, seats };
        let mut items = Vec::with_capacity(wanted.items.len());
        for item in &wanted.items {
            let before = tx.changes().len();
            items.push(match work.one(tx, item) {
                Ok(outcome) => outcome,
                // INVARIANT: what is refused has changed nothing; otherwise nothing of the request is kept.
                Err(Stop::Refused(refusal)) if tx.changes().len() == before => ImportOutcome::refused(refusal),
                Err(stop) => return Err(stop),
            });
        }
        tell.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&items);
        Ok(Imported { items })
    });
    match answer.await? {
        Answer::Preview(preview) => {
            let items = std::mem::take(&mut *told.lock().unwrap_or_else(PoisonError::into_inner));
            Ok(Answer::Preview(Preview { items, ..preview }))
        }
        done => Ok(done),
    }
}

fn must<'t>(value: Option<&'t String>, field: &str) -> Result<&'t str, Refusal> {
    let text = value.map(|text| text.trim()).filter(|text| !text.is_empty());
    text.ok_or_else(|| Refusal::field(field, "field.missing", "must be given"))
}

impl Work<'_> {
    fn one(&mut self, tx: &mut Tx<'_>, item: &ImportItem) -> Result<ImportOutcome, Stop> {
        match item.kind.as_str() {
            "person" => self.person(tx, item),
            "group" => self.group(tx, item),
            "group_member" => self.group_member(tx, item),
            "resource" => self.resource(tx, item),
            "grant" => self.grant(tx, item),
            _ => {
                let detail = "`person`, `group`, `group_member`, `resource` or `grant`";
                Err(Refusal::field("kind", "field.invalid", detail).into())
            }
        }
    }

    fn person(&mut self, tx: &mut Tx<'_>, item: &ImportItem) -> Result<ImportOutcome, Stop> {
        let here = self.place.organization.id;
        let email = Email::parse(must(item.email.as_ref(), "email")?, "email")?;
        // Most are new to everybody, and one question tells.
        let known = joins::knows(tx, here, email.key())?;
        if known && let Some(member) = members::by_email(tx, here, email.key())? {
            return match member.status {
                Status::Invited => Err(Code::InvitationPending.into()),
                _ => Ok(ImportOutcome::unchanged(member.id.to_string())),
            };
        }
        let found = if known { identity::verified(tx, email.key())? } else { None };
        let elsewhere = match &found {
            Some(who) => members::present_elsewhere(tx, who.id, here)?,
            None => false,
        };
        let is_new = found.is_none();
        let who = match found {
            Some(who) => who,
            None => self.identity(tx, &email, item)?,
        };
        let role = item.role.as_deref().map(|name| self.place.role_slug(ORGANIZATION, name));
        let newcomer = Newcomer { who: &who, is_new, role: role.as_deref(), elsewhere, seats: self.seats };
        let id = MemberId::new(tx.fresh());
        let now = self.ctx.now;
        tx.apply(rules_of::join(&self.permit, &self.place.rules, self.administrator, newcomer, id, now)?)?;
        self.seats.present += 1;
        Ok(ImportOutcome::created(id.to_string()))
    }

    fn identity(&self, tx: &Tx<'_>, email: &Email, item: &ImportItem) -> Result<Identity, Refusal> {
        let name = item.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        Ok(Identity {
            id: UserId::new(tx.fresh()),
            email: email.shown().to_owned(),
            email_verified_at: Some(self.ctx.now),
            name: name.map(|name| text::name(name, "name")).transpose()?.unwrap_or_default(),
            handle: None,
            administrator: false,
            valid_from: Timestamp::default(),
            revision: 0,
            created_at: self.ctx.now,
        })
    }

    /// Somebody who is here, by address; `unknown` where nobody is.
    fn member(&self, tx: &mut Tx<'_>, email: &str, field: &str, unknown: Code) -> Result<Member, Stop> {
        let address = Email::parse(email, field)?;
        let found = members::by_email(tx, self.place.organization.id, address.key())?;
        let nobody = || Refusal::value(unknown, field, "nobody here has that address");
        Ok(found.filter(Member::came_in).ok_or_else(nobody)?)
    }

    fn group(&self, tx: &mut Tx<'_>, item: &ImportItem) -> Result<ImportOutcome, Stop> {
        let name = text::name(must(item.name.as_ref(), "name")?, "name")?;
        if let Some(found) = stored_groups::by_name(tx, self.place.organization.id, &name)? {
            return Ok(ImportOutcome::unchanged(found.id.to_string()));
        }
        let wanted = NewGroup { name, description: item.description.clone(), permissions: Vec::new() };
        let made = groups::make(self.ctx, tx, self.place, &wanted)?;
        Ok(ImportOutcome::created(made.id.to_string()))
    }

    fn group_member(&self, tx: &mut Tx<'_>, item: &ImportItem) -> Result<ImportOutcome, Stop> {
        let here = self.place.organization.id;
        let name = must(item.group.as_ref(), "group")?;
        let unknown = || Refusal::value(Code::GroupUnknown, "group", "there is no group of that name");
        let group = stored_groups::by_name(tx, here, name)?.ok_or_else(unknown)?;
        let who = self.member(tx, must(item.email.as_ref(), "email")?, "email", Code::GrantSubject)?;
        let present = stored_groups::seat(tx, here, group.id, who.id)?;
        if present.is_some_and(|seat| seat.manager == item.manager) {
            return Ok(ImportOutcome::unchanged(None));
        }
        let permit = self.place.permit(Action::GroupManage)?;
        groups::seat(self.ctx, tx, self.place, &permit, (&group, &who), item.manager)?;
        Ok(ImportOutcome::created(None))
    }

    fn resource(&self, tx: &mut Tx<'_>, item: &ImportItem) -> Result<ImportOutcome, Stop> {
        let here = self.place.organization.id;
        let kind = must(item.resource_type.as_ref(), "type")?;
        let external = must(item.external_id.as_ref(), "external_id")?;
        if let Some(found) = stored_resources::by_external(tx, here, kind, external)? {
            return Ok(ImportOutcome::unchanged(found.id.to_string()));
        }
        let owner = match item.owner.as_deref().filter(|owner| !owner.is_empty()) {
            Some(email) => Some(self.member(tx, email, "owner", Code::ResourceOwner)?.id.to_string()),
            None => None,
        };
        let wanted = NewResource {
            integration: false,
            kind: kind.to_owned(),
            external_id: Some(external.to_owned()),
            name: item.name.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| external.to_owned()),
            parent: item.parent.clone(),
            owner,
            controlled: item.controlled,
        };
        Ok(ImportOutcome::created(resources::make(self.ctx, tx, self.place, &wanted)?.to_string()))
    }

    fn grant(&self, tx: &mut Tx<'_>, item: &ImportItem) -> Result<ImportOutcome, Stop> {
        let here = self.place.organization.id;
        let on = must(item.resource.as_ref(), "resource")?;
        let (subject, body) = match (&item.email, &item.group, item.everyone) {
            (Some(email), None, false) => {
                let who = self.member(tx, email, "email", Code::GrantSubject)?.id;
                (Subject::Member(who), ("member", Some(who.to_string())))
            }
            (None, Some(name), false) => {
                let unknown = || Refusal::value(Code::GroupUnknown, "group", "there is no group of that name");
                let group = stored_groups::by_name(tx, here, name)?.ok_or_else(unknown)?.id;
                (Subject::Group(group), ("group", Some(group.to_string())))
            }
            (None, None, true) => (Subject::Everyone, ("everyone", None)),
            _ => {
                return Err(
                    Refusal::field("email", "field.invalid", "name one of `email`, `group` and `everyone`").into()
                );
            }
        };
        let target = resources::find(tx, self.place, on)?;
        let what = self.place.given(&target.kind, &given(item.role.as_ref(), item.permission.as_ref())?);
        let all = stored_resources::grants(tx, here, target.id, &Page { after: None, limit: MOST_GRANTS })?;
        // What has ended gives nothing any more.
        let same = |one: &&Grant| one.subject == subject && one.given == what && one.lives(self.ctx.now);
        if let Some(found) = all.iter().find(same) {
            return Ok(ImportOutcome::unchanged(found.id.to_string()));
        }
        let wanted = NewGrant {
            subject: SubjectBody { kind: body.0.to_owned(), id: body.1 },
            role: item.role.clone(),
            permission: item.permission.clone(),
            expires_at: item.expires_at,
        };
        // Whether it is shared too widely is seen only when it is.
        Ok(ImportOutcome::created(tx.attempt(|tx| grants::make(self.ctx, tx, self.place, on, &wanted))?.id))
    }
}
