//! Seats: how many are taken, and the letters to owners when a threshold is crossed.

use std::collections::BTreeSet;
use std::sync::Arc;

use guildhall_domain::action::Action;
use guildhall_domain::change::Change;
use guildhall_domain::ids::OrgId;
use guildhall_domain::joining::JoinChange;
use guildhall_domain::member::{MemberKind, Status};
use guildhall_domain::preset::Rules;
use guildhall_domain::seats;
use guildhall_store::read::member::Filter;
use guildhall_store::read::{Page, joining as joins, member as members, organization};
use guildhall_store::{Stop, Tx};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Ctx, letters};

/// Most owners that are written to.
const MOST_TOLD: u32 = 50;

/// The seats of an organization.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SeatsView {
    /// How many are taken.
    pub used: u64,
    /// How many there are; `null`: as many as it takes.
    pub max: Option<u64>,
    /// `cap`: nobody comes in beyond the number. `warn`: owners are told.
    pub mode: String,
    /// People and service accounts that came in.
    pub present: u64,
    /// People who are invited.
    pub invited: u64,
    /// Whether an invitation holds a seat.
    pub counts_invited: bool,
}

/// The seats.
///
/// # Errors
/// `not_found`, `access.denied`.
pub async fn show(ctx: &Ctx, organization: &str) -> Result<SeatsView, Stop> {
    let name = organization.to_owned();
    ctx.read(move |ctx, conn| {
        let place = ctx.place(conn, &name)?;
        place.permit(Action::MemberList)?;
        let (policy, taken) = (place.rules.policy(), joins::seats(conn, place.organization.id)?);
        Ok(SeatsView {
            used: taken.used(policy),
            max: seats::most(policy),
            mode: policy.seats_mode.as_str().to_owned(),
            present: taken.present,
            invited: taken.invited,
            counts_invited: policy.seats_counts_invited,
        })
    })
    .await
}

/// Tells the owners of every organization that the write at hand has filled beyond a threshold. Stands at
/// the end of each write, so that no way of coming in is forgotten.
///
/// # Errors
/// [`Stop`].
pub fn watch(ctx: &Ctx, tx: &mut Tx<'_>) -> Result<(), Stop> {
    let filled: BTreeSet<OrgId> = tx.changes().iter().filter_map(Change::fills_seats).collect();
    for here in filled {
        let Some(place) = organization::by_id(tx, here)? else { continue };
        let turned = tx.changes().iter().any(|c| {
            matches!(
                c,
                Change::PolicyChanged { .. } | Change::PresetApplied { .. } | Change::OrganizationCreated { .. }
            )
        });
        let rules: Arc<Rules> = if turned { ctx.app.rules_uncached(tx, &place)? } else { ctx.app.rules(tx, &place)? };
        let policy = rules.policy();
        let Some(most) = seats::most(policy) else { continue };
        let taken = joins::seats(tx, here)?;
        let Some(percent) = seats::reached(policy, taken, joins::seats_told(tx, here)?) else { continue };
        let used = taken.used(policy);
        tx.apply(vec![Change::Join(JoinChange::SeatsReached { organization: here, percent, used, most })])?;
        let top = Filter {
            role: Some(rules.preset().top_role().slug.clone()),
            status: Some(Status::Active),
            kind: Some(MemberKind::Person),
            ..Filter::default()
        };
        for (_, owner) in members::list(tx, here, &top, &Page { after: None, limit: MOST_TOLD })? {
            let letter = letters::seats(ctx, tx, &place, &owner.email, (used, most), policy.seats_mode);
            tx.apply(vec![letter])?;
        }
    }
    Ok(())
}
