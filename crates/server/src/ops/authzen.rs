//! AuthZEN's questions (OpenID Authorization API 1.0) in the words of [`check`] and [`access`], which answer
//! them. Decides nothing; does not know HTTP.
//!
//! A subject is `user` by `usr_…`, proved address or handle, `member` by `mem_…`, `service_account` by `svc_…`
//! or `share_link` by its token. A resource is `type` and external id, or `res_…` where it has none;
//! `organization` is the organization itself. An action is a permission, or the verb of one of the resource's type.

use std::collections::{HashMap, HashSet};

use guildhall_domain::condition::Properties;
use guildhall_domain::ids::{MemberId, ResourceId, ServiceAccountId, UserId};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_store::Stop;
use guildhall_store::read::{identity, organization, resource};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::access::{self, AskActions, AskResources, AskSubjects, Reach};
pub use super::authzen_shapes::{Batch, Entity, Found, Named, PageWanted, Question, Search, Semantic};
use super::check::{self, Check};
use super::view::MemberIdentity;
use super::{Credential, Ctx};

/// A name that nobody and nothing has: what is unknown is asked like everything else and reaches nothing.
const NOBODY: &str = "-";
const ORGANIZATION: &str = "organization";
const MOST_IN_A_PAGE: u32 = 100;

/// The answer to one question.
#[derive(Clone, Debug, Serialize)]
pub struct Decision {
    /// May they?
    pub decision: bool,
    /// What was wrong with the question, when that is why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Value>,
}

impl Decision {
    fn no(why: &Refusal) -> Self {
        let code = why.errors.first().map_or(why.code.name(), |error| error.code.as_str());
        Self { decision: false, context: Some(json!({"error": {"code": code, "message": why.detail}})) }
    }
}

/// Type and id of a subject or a resource.
type Name = (String, String);
/// Subject and resource of a question.
type About<'a> = (&'a Name, &'a Name);

/// A question with everything it needs.
#[derive(Clone, Debug)]
struct Asked {
    subject: Name,
    permission: String,
    resource: Name,
    told: Properties,
}

impl Asked {
    fn of(question: &Question) -> Result<Self, Refusal> {
        let subject = question.subject.as_ref().ok_or_else(|| missing("subject"))?.whole("subject")?;
        let action = question.action.as_ref().ok_or_else(|| missing("action"))?.name("action")?;
        let resource = question.resource.as_ref().ok_or_else(|| missing("resource"))?.whole("resource")?;
        Ok(Self { permission: permission(&action, &resource.0), subject, resource, told: question.told() })
    }
}

fn missing(field: &str) -> Refusal {
    Refusal::field(field, "field.missing", "must be given")
}

/// A permission is `type.verb`; a verb alone is that of the resource's type.
fn permission(action: &str, kind: &str) -> String {
    if action.contains('.') { action.to_owned() } else { format!("{kind}.{action}") }
}

/// The organization a request is about: the one it names, else the one its token is bound to.
///
/// # Errors
/// `auth.required`; `request.invalid` when neither names one.
pub fn organization(ctx: &Ctx, named: Option<&str>) -> Result<String, Refusal> {
    let bound = match &ctx.caller()?.credential {
        Credential::Token(token) => token.organization.map(|id| id.to_string()),
        Credential::Session(_) => None,
    };
    named.map(str::to_owned).or(bound).ok_or_else(|| {
        let detail = "name the organization by slug or id: this credential is not bound to one";
        Refusal::field("X-Guildhall-Organization", "field.missing", detail)
    })
}

/// What some names stand for that only the store knows.
#[derive(Debug, Default)]
struct Known {
    /// `usr_…` by handle.
    handles: HashMap<String, String>,
    /// Resources named by `res_…`, with the type they have.
    resources: HashSet<Name>,
    /// Names of the organization at hand.
    here: HashSet<String>,
}

impl Known {
    async fn of(ctx: &Ctx, here: &str, asked: &[About<'_>]) -> Result<Self, Stop> {
        let handles: Vec<String> =
            asked.iter().filter(|(who, _)| is_handle(who)).map(|(who, _)| who.1.clone()).collect();
        let by_id = |what: &&Name| what.1.parse::<ResourceId>().is_ok();
        let resources: Vec<_> = asked.iter().map(|(_, what)| *what).filter(by_id).cloned().collect();
        let other = |what: &&Name| what.0 == ORGANIZATION && what.1 != here;
        let names: Vec<_> = asked.iter().map(|(_, what)| *what).filter(other).map(|what| what.1.clone()).collect();
        if handles.is_empty() && resources.is_empty() && names.is_empty() {
            return Ok(Self::default());
        }
        let here = here.to_owned();
        let known = ctx.read(move |ctx, conn| {
            let mut known = Self::default();
            let place = ctx.place(conn, &here)?.organization.id;
            for handle in handles {
                if let Some(who) = identity::by_handle(conn, &handle)? {
                    known.handles.insert(handle, who.id.to_string());
                }
            }
            for (kind, id) in resources {
                let Ok(parsed) = id.parse() else { continue };
                if resource::by_id(conn, place, parsed)?.is_some_and(|found| found.kind == kind) {
                    known.resources.insert((kind, id));
                }
            }
            for name in names {
                if organization::find(conn, &name)?.is_some_and(|found| found.id == place) {
                    known.here.insert(name);
                }
            }
            Ok(known)
        });
        known.await
    }

    /// How a check names the subject.
    fn subject(&self, (kind, id): &Name) -> String {
        let fits = match kind.as_str() {
            "user" => id.contains('@') || id.parse::<UserId>().is_ok(),
            "member" => id.parse::<MemberId>().is_ok(),
            "service_account" => id.parse::<ServiceAccountId>().is_ok(),
            "share_link" => id.starts_with("gld_share_"),
            _ => false,
        };
        let handle = self.handles.get(id).filter(|_| kind == "user");
        if fits { id.clone() } else { handle.map_or(NOBODY, String::as_str).to_owned() }
    }

    /// How a check names the resource; nothing is the organization itself.
    fn resource(&self, what: &Name, here: &str) -> Option<String> {
        let (kind, id) = what;
        if kind == ORGANIZATION {
            let at_hand = id == here || self.here.contains(id);
            return (!at_hand).then(|| NOBODY.to_owned());
        }
        if id.parse::<ResourceId>().is_ok() {
            return Some(if self.resources.contains(what) { id.clone() } else { NOBODY.to_owned() });
        }
        Some(format!("{kind}:{id}"))
    }
}

fn is_handle((kind, id): &Name) -> bool {
    kind == "user" && !id.contains(['@', '_'])
}

/// Whether a refusal is about nothing but a permission that the preset does not have.
fn unknown_permission(refusal: &Refusal) -> bool {
    refusal.errors.first().is_some_and(|error| error.code == Code::PermissionUnknown.name())
}

/// May they? One question.
///
/// # Errors
/// What of the question is missing; as [`check::check`].
pub async fn evaluate(ctx: &Ctx, here: &str, question: &Question) -> Result<Decision, Stop> {
    let asked = Asked::of(question)?;
    let known = Known::of(ctx, here, &[(&asked.subject, &asked.resource)]).await?;
    match check::check(ctx, here, as_check(&known, &asked, here)).await {
        Ok(checked) => Ok(Decision { decision: checked.allowed, context: None }),
        Err(Stop::Refused(refusal)) if unknown_permission(&refusal) => Ok(Decision::no(&refusal)),
        Err(stop) => Err(stop),
    }
}

fn as_check(known: &Known, asked: &Asked, here: &str) -> Check {
    Check {
        subject: Some(known.subject(&asked.subject)),
        permission: asked.permission.clone(),
        resource: known.resource(&asked.resource, here),
        properties: Some(Box::new(asked.told.clone())),
        at_least_revision: None,
        explain: false,
    }
}

/// May they? Many questions at one revision, in their order; with a semantic that stops early, up to the one
/// that decides. What is wrong with one question is answered as its no.
///
/// # Errors
/// As [`check::batch`].
pub async fn evaluate_all(ctx: &Ctx, here: &str, batch: &Batch) -> Result<Vec<Decision>, Stop> {
    let asked: Vec<_> = batch.questions().map(|question| Asked::of(&question)).collect();
    if asked.len() > check::MOST {
        let detail = format!("at most {} at a time", check::MOST);
        return Err(Refusal::field("evaluations", "field.too_long", detail).into());
    }
    let whole: Vec<_> = asked.iter().flatten().map(|one| (&one.subject, &one.resource)).collect();
    let known = Known::of(ctx, here, &whole).await?;
    let mut checks: Vec<_> =
        asked.iter().map(|one| one.as_ref().map(|one| as_check(&known, one, here)).map_err(Clone::clone)).collect();
    let ask = |checks: &[Result<Check, Refusal>]| check::Checks { checks: checks.iter().flatten().cloned().collect() };
    let answered = match check::batch(ctx, here, ask(&checks)).await {
        Err(Stop::Refused(refusal)) if unknown_permission(&refusal) => {
            refuse_unknown(ctx, here, &mut checks).await?;
            check::batch(ctx, here, ask(&checks)).await
        }
        other => other,
    };
    let mut answers = answered?.results.into_iter();
    let mut decisions = Vec::with_capacity(checks.len());
    for one in &checks {
        let decision = match one {
            Ok(_) => Decision { decision: answers.next().is_some_and(|answer| answer.allowed), context: None },
            Err(refusal) => Decision::no(refusal),
        };
        let last = batch.semantic().ends_at(decision.decision);
        decisions.push(decision);
        if last {
            break;
        }
    }
    Ok(decisions)
}

/// Takes the questions out that name no permission of the organization's.
async fn refuse_unknown(ctx: &Ctx, here: &str, checks: &mut [Result<Check, Refusal>]) -> Result<(), Stop> {
    let place = ctx.place_now(here).await?;
    for one in checks {
        if let Ok(check) = one
            && let Err(refusal) = check::permission(&place.rules, &check.permission, "")
        {
            *one = Err(refusal);
        }
    }
    Ok(())
}

/// A search for what nobody has finds nothing; that is no error.
fn or_nothing<T>(found: Result<Reach<T>, Stop>) -> Result<Option<Reach<T>>, Stop> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Stop::Refused(refusal)) if unknown_permission(&refusal) || refusal.code == Code::ResourceType => Ok(None),
        Err(stop) => Err(stop),
    }
}

fn limit(page: &PageWanted) -> Option<u32> {
    page.limit.map(|most| u32::try_from(most).unwrap_or(MOST_IN_A_PAGE).clamp(1, MOST_IN_A_PAGE))
}

fn named(identity: MemberIdentity, member: &str, kind: &str) -> Value {
    let own = identity.id.clone().unwrap_or_default();
    let id = match kind {
        "member" => member.to_owned(),
        _ => identity.handle.clone().unwrap_or_else(|| own.clone()),
    };
    let facts = [
        ("id", Some(own)),
        ("member", Some(member.to_owned())),
        ("email", identity.email),
        ("handle", identity.handle),
        ("name", Some(identity.name)),
    ];
    let properties: Map<String, Value> =
        facts.into_iter().filter_map(|(key, value)| value.map(|value| (key.to_owned(), value.into()))).collect();
    json!({"type": kind, "id": id, "properties": properties})
}

/// Who may?
///
/// # Errors
/// What of the question is missing; as [`access::subjects`].
pub async fn subjects(ctx: &Ctx, here: &str, search: &Search) -> Result<Found, Stop> {
    let kind = search.subject.as_ref().ok_or_else(|| missing("subject"))?.kind("subject")?;
    let action = search.action.as_ref().ok_or_else(|| missing("action"))?.name("action")?;
    let resource = search.resource.as_ref().ok_or_else(|| missing("resource"))?.whole("resource")?;
    if !["user", "member", "service_account"].contains(&kind.as_str()) {
        return Ok(Found::page(Vec::new(), None));
    }
    let page = search.page();
    let nobody = (String::new(), String::new());
    let known = Known::of(ctx, here, &[(&nobody, &resource)]).await?;
    let mut after = page.token();
    loop {
        let asked = AskSubjects {
            resource: known.resource(&resource, here),
            permission: permission(&action, &resource.0),
            properties: Some(search.question().told()),
            limit: limit(&page),
            after,
            at_least_revision: None,
        };
        let Some(found) = or_nothing(access::subjects(ctx, here, asked).await)? else {
            return Ok(Found::page(Vec::new(), None));
        };
        let fits = |identity: &MemberIdentity| match kind.as_str() {
            "user" => identity.kind == "person",
            "service_account" => identity.kind == "service_account",
            _ => true,
        };
        let of_kind = found.items.into_iter().filter(|one| fits(&one.identity));
        let results: Vec<Value> = of_kind.map(|one| named(one.identity, &one.member, &kind)).collect();
        // A page without anybody of that type is no answer, unless it is the last.
        if results.is_empty() && found.next.is_some() {
            after = found.next;
            continue;
        }
        return Ok(Found::page(results, found.next));
    }
}

/// On what may they?
///
/// # Errors
/// What of the question is missing; as [`access::resources`].
pub async fn resources(ctx: &Ctx, here: &str, search: &Search) -> Result<Found, Stop> {
    let subject = search.subject.as_ref().ok_or_else(|| missing("subject"))?.whole("subject")?;
    let action = search.action.as_ref().ok_or_else(|| missing("action"))?.name("action")?;
    let kind = search.resource.as_ref().ok_or_else(|| missing("resource"))?.kind("resource")?;
    if kind == ORGANIZATION {
        let mut question = search.question();
        question.resource.get_or_insert_default().id = Some(here.to_owned());
        let decision = evaluate(ctx, here, &question).await?.decision;
        let results = decision.then(|| json!({"type": ORGANIZATION, "id": here})).into_iter().collect();
        return Ok(Found::page(results, None));
    }
    let page = search.page();
    let known = Known::of(ctx, here, &[(&subject, &(String::new(), String::new()))]).await?;
    let asked = AskResources {
        subject: Some(known.subject(&subject)),
        permission: permission(&action, &kind),
        kind: Some(kind),
        properties: Some(search.question().told()),
        limit: limit(&page),
        after: page.token(),
        at_least_revision: None,
    };
    let Some(found) = or_nothing(access::resources(ctx, here, asked).await)? else {
        return Ok(Found::page(Vec::new(), None));
    };
    let as_result = |one: access::ResourceReached| {
        let id = one.external_id.unwrap_or_else(|| one.id.clone());
        json!({"type": one.kind, "id": id, "properties": {"id": one.id, "name": one.name}})
    };
    Ok(Found::page(found.items.into_iter().map(as_result).collect(), found.next))
}

/// What may they do there? Each permission by its name, and those of the resource's own type by their verb too.
///
/// # Errors
/// What of the question is missing; as [`access::actions`].
pub async fn actions(ctx: &Ctx, here: &str, search: &Search) -> Result<Found, Stop> {
    let subject = search.subject.as_ref().ok_or_else(|| missing("subject"))?.whole("subject")?;
    let resource = search.resource.as_ref().ok_or_else(|| missing("resource"))?.whole("resource")?;
    let page = search.page();
    let known = Known::of(ctx, here, &[(&subject, &resource)]).await?;
    let asked = AskActions {
        subject: Some(known.subject(&subject)),
        resource: known.resource(&resource, here),
        properties: Some(search.question().told()),
        limit: limit(&page),
        after: page.token(),
        at_least_revision: None,
    };
    let found = access::actions(ctx, here, asked).await?;
    let prefix = format!("{}.", resource.0);
    let mut results = Vec::new();
    for one in found.items {
        let verb = one.permission.strip_prefix(&prefix).map(|verb| json!({"name": verb}));
        results.push(json!({"name": one.permission, "properties": {"label": one.label}}));
        results.extend(verb);
    }
    Ok(Found::page(results, found.next))
}
