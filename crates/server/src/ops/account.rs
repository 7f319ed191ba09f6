//! An organization's account: plan label and billing contacts.

use guildhall_domain::account::{self as rules_of, Account};
use guildhall_domain::action::Action;
use guildhall_store::Stop;
use guildhall_store::read::organization;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Answer, Ctx};

/// Changes of an account; what is left out stays.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditAccount {
    /// What people call the plan; empty for none.
    #[serde(default)]
    pub plan: Option<String>,
    /// Addresses for bills.
    #[serde(default)]
    pub billing_contacts: Option<Vec<String>>,
}

/// An organization's account.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AccountView {
    /// What people call the plan.
    pub plan: Option<String>,
    /// Addresses for bills.
    pub billing_contacts: Vec<String>,
    /// Revision of its last change, as in its `ETag`.
    pub revision: u64,
}

impl From<(Account, u64)> for AccountView {
    fn from((Account { plan, billing_contacts }, revision): (Account, u64)) -> Self {
        Self { plan, billing_contacts, revision }
    }
}

/// The account.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn get(ctx: &Ctx, organization: &str) -> Result<AccountView, Stop> {
    let organization = organization.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &organization)?;
        place.permit(Action::AccountManage)?;
        Ok(organization::account(conn, place.organization.id)?.into())
    })
    .await
}

/// Changes the account.
///
/// # Errors
/// `not_found`, `access.denied`, `etag.stale`, `account.plan_kept`, `email.invalid`, `email.duplicate`, refused values.
pub async fn edit(ctx: &Ctx, organization: &str, wanted: EditAccount) -> Result<Answer<AccountView>, Stop> {
    let organization = organization.to_owned();
    ctx.write(move |ctx, tx| {
        let place = ctx.take_place(tx, &organization)?;
        let permit = place.permit(Action::AccountManage)?;
        let (before, revision) = organization::account(tx, place.organization.id)?;
        ctx.guard_seen(revision)?;
        let after = Account {
            plan: match &wanted.plan {
                Some(label) => rules_of::plan(label)?,
                None => before.plan.clone(),
            },
            billing_contacts: match &wanted.billing_contacts {
                Some(list) => rules_of::billing_contacts(list)?,
                None => before.billing_contacts.clone(),
            },
        };
        let administrator = ctx.caller()?.identity.administrator;
        tx.apply(rules_of::change(
            &permit,
            place.rules.policy(),
            administrator,
            place.organization.id,
            before,
            after,
        )?)?;
        Ok(organization::account(tx, place.organization.id)?.into())
    })
    .await
}
