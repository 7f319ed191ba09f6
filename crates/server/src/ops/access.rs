//! What somebody reaches, who reaches something, and what somebody may do there: whole answers, page
//! by page. Every page is answered at one revision and says which; its cursor carries that on, and a
//! page is never of an older one. Lists go by age, which no change moves, so what is there all the
//! while is never left out.

use guildhall_domain::action::Action;
use guildhall_domain::condition::{Properties, Scene};
use guildhall_domain::group::Belonging;
use guildhall_domain::ids::{MemberId, ResourceId};
use guildhall_domain::index::ResourceAt;
use guildhall_domain::member::Member;
use guildhall_domain::permission::Mask;
use guildhall_domain::reach::Ground;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_store::read::organization as organizations;
use guildhall_store::read::reach::{self as reaches, Order};
use guildhall_store::{Conn, Stop};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::check::{self, Asking, at_least, permission};
use super::check_shapes::said;
use super::people::reached;
use super::resources::find;
use super::view::{MemberIdentity, MemberView};
use super::{Ctx, Place};
use crate::http::cursor;

/// A question that is answered page by page: its own fields, what is said of it, and those of the page.
macro_rules! question {
    ($(#[$about:meta])* pub struct $name:ident { $($own:tt)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($own)*
            /// What conditions ask for: `subject`, `action`, `resource` and `context`, each an object.
            #[serde(default)]
            #[schema(value_type = Option<Object>)]
            pub properties: Option<Properties>,
            /// How many at most: 1 to 100.
            #[serde(default)]
            pub limit: Option<u32>,
            /// Where the page before ended.
            #[serde(default)]
            pub after: Option<String>,
            /// Answer only from this revision on.
            #[serde(default)]
            pub at_least_revision: Option<u64>,
        }

        impl $name {
            fn turn(&self) -> Result<Turn, Refusal> {
                let after = self.after.as_deref().map(cursor::read).transpose()?;
                Ok(Turn { limit: cursor::limit(self.limit)?, after, least: self.at_least_revision })
            }
        }
    };
}

question! {
    /// Which resources does somebody reach?
    pub struct AskResources {
        /// `usr_…`, `mem_…` or a proved email address; left out: whoever asks.
        #[serde(default)]
        pub subject: Option<String>,
        /// Name of the permission.
        pub permission: String,
        /// Only resources of this type.
        #[serde(default, rename = "type")]
        pub kind: Option<String>,
    }
}

question! {
    /// Who reaches a resource?
    pub struct AskSubjects {
        /// `res_…` or `type:external_id`; left out: the organization itself.
        #[serde(default)]
        pub resource: Option<String>,
        /// Name of the permission.
        pub permission: String,
    }
}

question! {
    /// What may somebody do on a resource?
    pub struct AskActions {
        /// `usr_…`, `mem_…` or a proved email address; left out: whoever asks.
        #[serde(default)]
        pub subject: Option<String>,
        /// `res_…` or `type:external_id`; left out: the organization itself.
        #[serde(default)]
        pub resource: Option<String>,
    }
}

/// One page of an answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Reach<T> {
    /// The things.
    pub items: Vec<T>,
    /// Where the next page begins: pass it as `after`. `null` on the last page.
    pub next: Option<String>,
    /// The revision this page was answered at.
    pub revision: u64,
}

/// A resource that somebody reaches.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ResourceReached {
    /// `res_…`
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the product calls it.
    pub external_id: Option<String>,
    /// For people.
    pub name: String,
}

/// Somebody who reaches a resource.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SubjectReaching {
    /// `mem_…`
    pub member: String,
    /// Who.
    pub identity: MemberIdentity,
    /// Slug of the organization role.
    pub role: String,
}

/// Something that somebody may do.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ActionAllowed {
    /// Name of the permission.
    pub permission: String,
    /// What people read.
    pub label: String,
    /// `organization` or a resource type.
    pub applies_to: String,
}

/// A page's place in an answer, of one revision.
struct Turn {
    limit: u32,
    /// Revision and last thing of the page before.
    after: Option<(u64, String)>,
    /// The oldest revision that will do.
    least: Option<u64>,
}

impl Turn {
    /// INVARIANT: no page is of an older revision than the one before it.
    fn guard(&self, revision: u64) -> Result<(), Refusal> {
        at_least(self.least, revision, "")?;
        if self.after.as_ref().is_some_and(|(seen, _)| *seen > revision) {
            return Err(Code::CursorInvalid.into());
        }
        Ok(())
    }

    fn last<T: std::str::FromStr>(&self) -> Result<Option<T>, Refusal> {
        let parse = |(_, last): &(u64, String)| last.parse().map_err(|_| Refusal::of(Code::CursorInvalid));
        self.after.as_ref().map(parse).transpose()
    }
}

fn next(revision: u64, last: Option<String>) -> Option<String> {
    last.map(|last| cursor::write(&(revision, last)))
}

/// Every resource on which somebody may do one thing, oldest first.
///
/// # Errors
/// `not_found`, `access.denied`, `cursor.invalid`, refused values.
pub async fn resources(ctx: &Ctx, organization: &str, asked: AskResources) -> Result<Reach<ResourceReached>, Stop> {
    let turn = asked.turn()?;
    let last: Option<ResourceId> = turn.last()?;
    let place = ctx.place_now(organization).await?;
    let asking = Asking::about(ctx, &place, asked.subject.as_deref()).await?;
    let revision = asking.index.revision();
    turn.guard(revision)?;
    let subject = asking.whom(asked.subject.as_deref())?;
    let bit = permission(asking.index.rules(), &asked.permission, "")?;
    if asked.kind.as_deref().is_some_and(|kind| place.rules.preset().resource_type(kind).is_none()) {
        return Err(Refusal::value(Code::ResourceType, "type", Code::ResourceType.meaning()).into());
    }
    let Some((subject, mine)) = subject else { return Ok(Reach { items: Vec::new(), next: None, revision }) };
    let index = &asking.index;
    let of_kind = |at: ResourceAt| asked.kind.as_deref().is_none_or(|kind| index.kind_of(at) == Some(kind));
    let mut all: Vec<(ResourceId, ResourceAt)> = index
        .resources()
        .filter(|at| of_kind(*at))
        .filter_map(|at| Some((index.id_of_resource(at)?, at)))
        .filter(|(id, _)| last.is_none_or(|last| *id > last))
        .collect();
    all.sort_unstable_by_key(|(id, _)| *id);
    let told = said(asked.properties.as_ref());
    let most = usize::try_from(turn.limit).unwrap_or(usize::MAX).saturating_add(1);
    let reached = all.into_iter().filter(|(_, at)| asking.may(&subject, Some(*at), mine, bit, told));
    let reached: Vec<ResourceId> = reached.map(|(id, _)| id).take(most).collect();
    let (shown, last) = cursor::window(&reached, turn.limit);
    let (here, shown, last) = (place.organization.id, shown.to_vec(), last.copied());
    let mut found = ctx.read(move |_, conn| Ok(reaches::some(conn, here, &shown)?)).await?;
    found.sort_by_key(|resource| resource.id);
    let items = found.into_iter().map(|resource| ResourceReached {
        id: resource.id.to_string(),
        kind: resource.kind,
        external_id: resource.external_id,
        name: resource.name,
    });
    Ok(Reach { items: items.collect(), next: next(revision, last.map(|id| id.to_string())), revision })
}

/// The ground a question names; `None` for what is not there, which nobody reaches.
fn ground(conn: &mut Conn<'_>, place: &Place, name: Option<&str>) -> Result<Option<Ground>, Stop> {
    let Some(name) = name else { return Ok(Some(Ground::default())) };
    match find(conn, place, name) {
        Ok(target) => Ok(Some(reaches::ground(conn, place.organization.id, target.id)?)),
        Err(Stop::Refused(_)) => Ok(None),
        Err(failed) => Err(failed),
    }
}

/// Everybody who may do one thing on a resource, oldest membership first.
///
/// # Errors
/// `not_found`, `access.denied`, `cursor.invalid`, refused values.
pub async fn subjects(ctx: &Ctx, organization: &str, asked: AskSubjects) -> Result<Reach<SubjectReaching>, Stop> {
    let organization = organization.to_owned();
    let turn = asked.turn()?;
    let last: Option<MemberId> = turn.last()?;
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.guard(Action::AccessCheck)?;
        conn.at_one_moment(|conn| {
            let revision = organizations::revision(conn, place.organization.id)?;
            turn.guard(revision)?;
            let bit = permission(&place.rules, &asked.permission, "")?;
            let Some(ground) = ground(conn, &place, asked.resource.as_deref())? else {
                return Ok(Reach { items: Vec::new(), next: None, revision });
            };
            let catalogue = &place.rules.preset().catalogue;
            let (wanted, told) = (Mask::EMPTY.with(bit), said(asked.properties.as_ref()));
            let settle = |member: &Member, groups: &[Belonging], held| {
                let scene = || Scene::of_member(member, groups, ground.named(place.organization.id), told);
                catalogue.settled(held, scene) & wanted
            };
            let turn_to = (Order::Age(last), turn.limit);
            let (found, more) = reached(ctx, conn, &place, &ground, catalogue.whole(wanted), settle, turn_to)?;
            let last = match more {
                Some(Order::Age(Some(id))) => Some(id.to_string()),
                _ => None,
            };
            let items = found.into_iter().map(|one| SubjectReaching {
                member: one.member.id.to_string(),
                identity: MemberView::from(&one.member).identity,
                role: one.member.role,
            });
            Ok(Reach { items: items.collect(), next: next(revision, last), revision })
        })
    })
    .await
}

/// Everything somebody may do on a resource, by name: what a check of each would allow.
///
/// # Errors
/// `not_found`, `access.denied`, `cursor.invalid`, refused values.
pub async fn actions(ctx: &Ctx, organization: &str, asked: AskActions) -> Result<Reach<ActionAllowed>, Stop> {
    let turn = asked.turn()?;
    let last: Option<String> = turn.last()?;
    let place = ctx.place_now(organization).await?;
    let asking = Asking::about(ctx, &place, asked.subject.as_deref()).await?;
    let revision = asking.index.revision();
    turn.guard(revision)?;
    let subject = asking.whom(asked.subject.as_deref())?;
    let mask = match (subject, check::resource(&asking.index, asked.resource.as_deref())) {
        (Some((subject, mine)), Ok(at)) => asking.rights(&subject, at, mine, said(asked.properties.as_ref())),
        _ => Mask::EMPTY,
    };
    let catalogue = &asking.index.rules().preset().catalogue;
    let mut allowed: Vec<ActionAllowed> = catalogue
        .told(mask)
        .map(|permission| ActionAllowed {
            permission: permission.name.clone(),
            label: permission.label.clone(),
            applies_to: permission.applies_to.clone(),
        })
        .filter(|one| last.as_ref().is_none_or(|last| one.permission > *last))
        .collect();
    allowed.sort_by(|one, other| one.permission.cmp(&other.permission));
    let (shown, last) = cursor::window(&allowed, turn.limit);
    let last = last.map(|one| one.permission.clone());
    Ok(Reach { items: shown.to_vec(), next: next(revision, last), revision })
}
