//! Mail domains that an organization claims: claimed, proved by a record or by a mailed code, looked at again, given
//! up.

use guildhall_domain::action::Action;
use guildhall_domain::change::Change;
use guildhall_domain::claimed_domain::{self as rules_of, ClaimState, ClaimedDomain, VerifyBy};
use guildhall_domain::ids::DomainId;
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::time::Timestamp;
use guildhall_store::read::{Page, claimed_domain as claims, member as members, organization};
use guildhall_store::{Stop, Tx};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::view::{List, Nothing};
use super::{Answer, Ctx, id, letters};
use crate::http::cursor;
use crate::provider::{Found, Names};
use crate::security::secret::random_bytes;

/// Boxes that belong to whoever runs a mail domain (RFC 2142).
const KEEPERS: [&str; 2] = ["postmaster", "admin"];

/// At most so many owners are told.
const OWNERS_TOLD: u32 = 20;

/// A domain to claim.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDomain {
    /// The mail domain, such as `example.org`.
    pub domain: String,
    /// `dns`: by a TXT record; `mail`: by a code mailed to `postmaster@` and `admin@` the domain.
    pub verify_by: String,
}

/// What proves a claim by mail.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainProof {
    /// The mailed code; none is needed where a record proves the claim.
    #[serde(default)]
    pub code: Option<String>,
}

/// A TXT record to publish.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RecordView {
    /// Under this name.
    pub name: String,
    /// With this text.
    pub text: String,
}

/// One claimed domain.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DomainView {
    /// `dom_…`
    pub id: String,
    /// The domain.
    pub domain: String,
    /// `dns` or `mail`.
    pub verify_by: String,
    /// `pending`, `verified` or `lost`. Only a verified domain has effect.
    pub state: String,
    /// The record to publish, where one proves the claim; it has to stay.
    pub record: Option<RecordView>,
    /// Since when it is proved.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub verified_at: Option<Timestamp>,
    /// When it was last looked up.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub checked_at: Option<Timestamp>,
    /// Since when the record is missing; after three days the claim is lost.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub missed_since: Option<Timestamp>,
    /// When it was claimed.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<&ClaimedDomain> for DomainView {
    fn from(c: &ClaimedDomain) -> Self {
        let record = RecordView { name: c.record_name(), text: c.record.clone() };
        Self {
            id: c.id.to_string(),
            domain: c.domain.clone(),
            verify_by: c.verify_by.word().to_owned(),
            state: c.state.word().to_owned(),
            record: (c.verify_by == VerifyBy::Dns).then_some(record),
            verified_at: c.verified_at,
            checked_at: c.checked_at,
            missed_since: c.missed_since,
            created_at: c.created_at,
        }
    }
}

fn code(ctx: &Ctx) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random_bytes::<18>(ctx.app.entropy.as_ref()))
}

fn hash(code: &str) -> [u8; 32] {
    Sha256::digest(code.trim().as_bytes()).into()
}

/// Claims a domain; it has effect once it is proved.
///
/// # Errors
/// `not_found`, `access.denied`, `domain.public`, `domain.taken`, `domain.claimed_already`, refused values.
pub async fn claim(ctx: &Ctx, organization: &str, wanted: NewDomain) -> Result<Answer<DomainView>, Stop> {
    let organization = organization.to_owned();
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::SsoManage)?;
        let domain = rules_of::read(&wanted.domain)?;
        let verify_by = VerifyBy::of(&wanted.verify_by)
            .ok_or_else(|| Refusal::field("verify_by", "field.invalid", "`dns` or `mail`"))?;
        let here = claims::is_here(tx, place.organization.id, &domain)?;
        let elsewhere = claims::is_elsewhere(tx, place.organization.id, &domain)?;
        let made = ClaimedDomain {
            id: DomainId::new(tx.fresh()),
            organization: place.organization.id,
            record: format!("guildhall-verification={}", code(ctx)),
            domain,
            verify_by,
            state: ClaimState::Pending,
            verified_at: None,
            checked_at: None,
            missed_since: None,
            created_at: ctx.now,
            revision: 0,
        };
        let mailed = (verify_by == VerifyBy::Mail).then(|| code(ctx));
        let view = DomainView::from(&made);
        let boxes = KEEPERS.map(|name| format!("{name}@{}", made.domain));
        tx.apply(rules_of::claim(&permit, made, mailed.as_deref().map(hash), here, elsewhere)?)?;
        if let Some(mailed) = &mailed {
            let letters = boxes.iter().map(|to| letters::domain_code(ctx, tx, &place.organization, to, mailed));
            let letters: Vec<Change> = letters.collect();
            tx.apply(letters)?;
        }
        Ok(view)
    })
    .await
}

/// Looks for the proof of a claim now.
///
/// # Errors
/// `not_found`, `access.denied`, `domain.unproved`, `domain.taken`.
pub async fn verify(
    ctx: &Ctx,
    organization: &str,
    domain: &str,
    proof: DomainProof,
) -> Result<Answer<DomainView>, Stop> {
    let (organization, domain) = (organization.to_owned(), domain.to_owned());
    let (name, asked) = (organization.clone(), domain.clone());
    let found = ctx
        .read(move |ctx, conn| {
            let place = ctx.place(conn, &name)?;
            place.permit(Action::SsoManage)?;
            Ok(claims::by_id(conn, place.organization.id, id(&asked)?)?.ok_or(Code::NotFound)?)
        })
        .await?;
    let seen = match found.verify_by {
        VerifyBy::Dns => names(ctx).holds(&found.record_name(), &found.record).await,
        VerifyBy::Mail => Found::Unknown,
    };
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        place.permit(Action::SsoManage)?;
        let here = place.organization.id;
        let claim = claims::by_id(tx, here, id(&domain)?)?.ok_or(Code::NotFound)?;
        let proved = match (claim.verify_by, &proof.code) {
            (VerifyBy::Dns, _) => seen == Found::Yes,
            (VerifyBy::Mail, Some(code)) => claims::is_code(tx, here, claim.id, &hash(code))?,
            (VerifyBy::Mail, None) => false,
        };
        if !proved {
            let why = match (claim.verify_by, seen) {
                (VerifyBy::Mail, _) => {
                    "give the code from the mail to `postmaster` or `admin` of the domain".to_owned()
                }
                (VerifyBy::Dns, Found::Unknown) => "no name server answered; try again in a while".to_owned(),
                (VerifyBy::Dns, _) => format!("there is no TXT record `{}` with that text yet", claim.record_name()),
            };
            return Err(Refusal::because(Code::DomainUnproved, why).into());
        }
        let elsewhere = claims::is_elsewhere(tx, here, &claim.domain)?;
        tx.apply(rules_of::proved(&claim, elsewhere, ctx.now)?)?;
        let after = claims::by_id(tx, here, claim.id)?.ok_or(Code::NotFound)?;
        Ok(DomainView::from(&after))
    })
    .await
}

fn names(ctx: &Ctx) -> Names {
    Names::new(ctx.app.config.sso.name_server)
}

/// A page of claims, newest first.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn list(ctx: &Ctx, organization: &str, page: Page<DomainId>) -> Result<List<DomainView>, Stop> {
    let organization = organization.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::SsoManage)?;
        let limit = page.limit;
        let found = claims::list(conn, place.organization.id, &Page { limit: limit + 1, ..page })?;
        let (window, last) = cursor::window(&found, limit);
        Ok(List { items: window.iter().map(Into::into).collect(), next: last.map(|c| c.id.to_string()) })
    })
    .await
}

/// One claim.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn get(ctx: &Ctx, organization: &str, domain: &str) -> Result<DomainView, Stop> {
    let (organization, domain) = (organization.to_owned(), domain.to_owned());
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::SsoManage)?;
        Ok((&claims::by_id(conn, place.organization.id, id(&domain)?)?.ok_or(Code::NotFound)?).into())
    })
    .await
}

/// Gives a claim up.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn release(ctx: &Ctx, organization: &str, domain: &str) -> Result<Answer<Nothing>, Stop> {
    let (organization, domain) = (organization.to_owned(), domain.to_owned());
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::SsoManage)?;
        let found = claims::by_id(tx, place.organization.id, id(&domain)?)?.ok_or(Code::NotFound)?;
        tx.apply(rules_of::release(&permit, found))?;
        Ok(Nothing {})
    })
    .await
}

/// Looks at one claim again, as the schedule has it. Owners are told of one that is lost.
///
/// # Errors
/// [`Stop`].
pub async fn look_again(ctx: &Ctx, claim: ClaimedDomain) -> Result<(), Stop> {
    let seen = match claim.verify_by {
        VerifyBy::Dns => names(ctx).holds(&claim.record_name(), &claim.record).await,
        VerifyBy::Mail => Found::Unknown,
    };
    if claim.verify_by == VerifyBy::Dns && seen == Found::Unknown {
        return Ok(());
    }
    ctx.write(move |ctx, tx| looked(ctx, tx, &claim, seen)).await.map(drop)
}

fn looked(ctx: &Ctx, tx: &mut Tx<'_>, claim: &ClaimedDomain, seen: Found) -> Result<Nothing, Stop> {
    let here = claim.organization;
    if tx.take_organization(here)?.is_none() {
        return Ok(Nothing {});
    }
    let present = claims::by_id(tx, here, claim.id)?.filter(|c| c.state == ClaimState::Verified);
    let (Some(present), Some(place)) = (present, organization::by_id(tx, here)?) else { return Ok(Nothing {}) };
    let changes = match (present.verify_by, seen) {
        (VerifyBy::Mail, _) => rules_of::aged(&present, ctx.now),
        (VerifyBy::Dns, Found::Yes) => rules_of::proved(&present, false, ctx.now)?,
        (VerifyBy::Dns, _) => rules_of::missed(&present, ctx.now),
    };
    tx.apply(changes)?;
    let after = claims::by_id(tx, here, claim.id)?;
    if after.is_some_and(|c| c.state == ClaimState::Lost) {
        let rules = ctx.app.rules(tx, &place)?;
        let owners = members::top_holders(tx, here, &rules.preset().top_role().slug, OWNERS_TOLD)?;
        let owners = members::some(tx, here, &owners)?;
        let letters: Vec<Change> =
            owners.iter().map(|to| letters::domain_lost(ctx, tx, &place, &to.email, &present.domain)).collect();
        tx.apply(letters)?;
    }
    Ok(Nothing {})
}
