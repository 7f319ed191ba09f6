//! The first start: one single-use address that makes the first organization and its owner.

use guildhall_domain::change::{Change, LinkKind};
use guildhall_domain::identity::Identity;
use guildhall_domain::ids::{LinkId, MemberId, UserId};
use guildhall_domain::organization::{self, Organization};
use guildhall_domain::proof::{Method, Proof};
use guildhall_domain::refusal::{Code, Refusal};
use guildhall_domain::text::{self, Email};
use guildhall_domain::time::Timestamp;
use guildhall_store::read::identity as identities;
use guildhall_store::read::organization::is_set_up;
use guildhall_store::{Author, Keep, Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::organizations::{draft, preset_named};
use super::sessions::{self, Begun, check_new_password, password_stop};
use super::view::OrganizationView;
use super::{Answer, Ctx};
use crate::security::secret::Secret;
use crate::security::token::TokenKind;

const SETUP_LIFE_S: i64 = 10 * 365 * 86_400;

/// What the first organization takes.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    /// The secret of the set-up address.
    pub token: String,
    /// The organization's name.
    pub organization: String,
    /// Its slug; made from the name when left out.
    #[serde(default)]
    pub slug: Option<String>,
    /// Its preset; `standard` when left out.
    #[serde(default)]
    pub preset: Option<String>,
    /// The owner's address.
    pub email: String,
    /// The owner's name.
    pub name: String,
    /// The owner's password.
    pub password: String,
}

/// The first organization, and its owner signed in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ready {
    /// The organization.
    pub organization: OrganizationView,
    /// The owner.
    pub owner: UserId,
    /// The owner's session.
    pub session: Begun,
}

/// Issues the set-up address of an installation without organization; `None` when it has one.
///
/// # Errors
/// [`Stop`].
pub async fn address(ctx: &Ctx) -> Result<Option<String>, Stop> {
    let asked = ctx.clone();
    let author = Author { kind: "system".to_owned(), ..Author::default() };
    ctx.app
        .store
        .write(author, ctx.now, Keep::Commit, move |tx| {
            if is_set_up(tx)? {
                return Ok(None);
            }
            let minted = asked.app.credentials.mint(TokenKind::Setup, asked.app.entropy.as_ref());
            tx.apply(vec![Change::LinkIssued {
                link: LinkId::new(tx.fresh()),
                kind: LinkKind::SetUp,
                user: None,
                email: String::new(),
                hash: minted.hash,
                expires_at: asked.now.plus_s(SETUP_LIFE_S),
            }])?;
            Ok(Some(format!("{}/setup?token={}", asked.app.public_url, minted.secret.expose())))
        })
        .await
}

/// The first owner, as the operator vouches for them.
fn owner(ctx: &Ctx, tx: &Tx<'_>, email: &Email, name: &str) -> Identity {
    Identity {
        id: UserId::new(tx.fresh()),
        email: email.shown().to_owned(),
        email_verified_at: Some(ctx.now),
        name: name.to_owned(),
        handle: None,
        administrator: true,
        valid_from: Timestamp::default(),
        revision: 0,
        created_at: ctx.now,
    }
}

/// The first organization and its owner, without the check of any secret: for the browser's form
/// after its secret was checked, and for the operator at the command line.
#[derive(Clone, Debug)]
pub struct First {
    /// The organization's name.
    pub organization: String,
    /// Its slug.
    pub slug: Option<String>,
    /// Its preset.
    pub preset: String,
    /// The owner's address.
    pub email: String,
    /// The owner's name.
    pub name: String,
    /// The owner's password hash; `None` leaves the owner to "forgot password".
    pub password: Option<String>,
}

/// An organization, its owner and the owner's membership.
pub type Founded = (Organization, Identity, MemberId);

/// Makes the first organization and its owner, inside a transaction.
///
/// # Errors
/// `setup.done`, refused values.
pub fn found(ctx: &Ctx, tx: &mut Tx<'_>, first: &First) -> Result<Founded, Stop> {
    if is_set_up(tx)? {
        return Err(Code::SetupDone.into());
    }
    tx.take_instance()?;
    let (changes, made) = beginning(ctx, tx, first, true)?;
    tx.apply([vec![Change::InstanceSetUp], changes].concat())?;
    Ok(made)
}

/// Makes a further organization and its owner, as the operator may who looks at a demo: the owner administers the
/// organization and not the installation.
///
/// # Errors
/// Refused values.
pub fn found_another(ctx: &Ctx, tx: &mut Tx<'_>, another: &First) -> Result<Founded, Stop> {
    tx.take_instance()?;
    let (changes, made) = beginning(ctx, tx, another, false)?;
    tx.apply(changes)?;
    Ok(made)
}

/// What makes an organization and its owner.
fn beginning(ctx: &Ctx, tx: &mut Tx<'_>, first: &First, administrator: bool) -> Result<(Vec<Change>, Founded), Stop> {
    let email = Email::parse(&first.email, "email")?;
    let preset = preset_named(&first.preset)?;
    let who = Identity { administrator, ..owner(ctx, tx, &email, &text::name(&first.name, "name")?) };
    let made = draft(ctx, tx, &text::name(&first.organization, "organization")?, first.slug.as_deref(), &preset)?;
    let member = MemberId::new(tx.fresh());
    let mut changes =
        vec![Change::IdentityCreated { identity: Box::new(who.clone()), password: first.password.clone() }];
    changes.extend(organization::create(made.clone(), &preset, &who, member, ctx.now));
    Ok((changes, (made, who, member)))
}

/// Makes the first organization and its owner by the set-up address, and signs the owner in.
///
/// # Errors
/// `setup.done`, `link.invalid`, refused values.
pub async fn complete(ctx: &Ctx, wanted: SetUp) -> Result<Answer<Ready>, Stop> {
    check_new_password(ctx, &wanted.password, "password")?;
    let (kind, hash) = ctx.app.credentials.parse(&wanted.token).map_err(|_| Code::LinkInvalid)?;
    if kind != TokenKind::Setup {
        return Err(Code::LinkInvalid.into());
    }
    let done = ctx.read(|ctx, conn| Ok(is_set_up(conn)? && !ctx.is_repetition(conn)?)).await?;
    if done {
        return Err(Code::SetupDone.into());
    }
    let password = ctx.app.passwords.hash(Secret::new(wanted.password.clone())).await.map_err(password_stop)?;
    let first = First {
        organization: wanted.organization,
        slug: wanted.slug,
        preset: wanted.preset.unwrap_or_else(|| "standard".to_owned()),
        email: wanted.email,
        name: wanted.name,
        password: Some(password),
    };
    ctx.write(move |ctx, tx| {
        let link = identities::link(tx, &hash, LinkKind::SetUp)?.ok_or(Code::LinkInvalid)?;
        let (made, who, _) = found(ctx, tx, &first)?;
        tx.apply(vec![Change::LinkUsed { link: link.id }])?;
        let session = sessions::begin(ctx, tx, &who, Proof::one(Method::Password, ctx.now))?;
        Ok(Ready { organization: (&made).into(), owner: who.id, session })
    })
    .await
}

/// Whether the installation still waits for its first organization.
///
/// # Errors
/// [`Stop`].
pub async fn waits(ctx: &Ctx) -> Result<bool, Stop> {
    ctx.read(|_, conn| Ok(!is_set_up(conn)?)).await
}

/// Refuses an unknown set-up secret before the form is shown.
///
/// # Errors
/// `link.invalid`, `setup.done`.
pub async fn check_address(ctx: &Ctx, token: &str) -> Result<(), Stop> {
    let parsed = ctx.app.credentials.parse(token);
    ctx.read(move |_, conn| {
        if is_set_up(conn)? {
            return Err(Code::SetupDone.into());
        }
        let (_, hash) = parsed.map_err(|_| Refusal::of(Code::LinkInvalid))?;
        identities::link(conn, &hash, LinkKind::SetUp)?.ok_or(Code::LinkInvalid)?;
        Ok(())
    })
    .await
}
