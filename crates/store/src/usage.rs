//! Counting use: a stream of its own that takes no organization. Every report is one addition in
//! the database, so none is lost however many come at once. Does not know what is allowed.

use std::collections::BTreeMap;

use guildhall_domain::ids::{MemberId, OrgId};
use guildhall_domain::limit::PERIOD_MOST_S;
use uuid::Uuid;

use crate::error::StoreError;
use crate::params;
use crate::tx::Tx;

const ADD: &str = "INSERT INTO usage_buckets (organization_id, unit, membership_id, until_s, amount) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (organization_id, unit, membership_id, until_s) DO UPDATE SET amount = usage_buckets.amount + excluded.amount";
const TURN: &str = "INSERT INTO usage_turns (organization_id, unit, taken) VALUES ($1, $2, 1) ON CONFLICT (organization_id, unit) DO UPDATE SET taken = usage_turns.taken + 1";
const TAKE_FINE: &str = "DELETE FROM usage_buckets WHERE until_s <= $1 AND until_s % $2 <> 0 RETURNING organization_id, unit, membership_id, until_s, amount";
const SWEEP: &str = "DELETE FROM usage_buckets WHERE until_s <= $1";

pub(crate) const STATEMENTS: &[&str] = &[ADD, TURN, TAKE_FINE, SWEEP];

/// From which age on buckets are how wide: never wider than a sixtieth of their age.
const WIDTHS: [(i64, i64); 2] = [(3_600, 60), (60 * 3_600, 3_600)];

/// Where use is counted: organization, unit, membership (nil for nobody's), second.
type Bucket = (Uuid, String, Uuid, i64);

impl Tx<'_> {
    fn now_s(&self) -> i64 {
        self.now().micros().div_euclid(1_000_000)
    }

    /// Waits for everybody who counts against a budget of this unit before using, and makes them
    /// wait until this transaction ends.
    ///
    /// INVARIANT: whoever must not pass a budget reads what is used after this.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take_turn(&mut self, organization: OrgId, unit: &str) -> Result<(), StoreError> {
        self.execute(TURN, params![organization, unit]).map(drop)
    }

    /// Adds to what somebody, or nobody in particular, has used. It counts for the second it
    /// happens in.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn add_usage(
        &mut self,
        organization: OrgId,
        unit: &str,
        member: Option<MemberId>,
        amount: u64,
    ) -> Result<(), StoreError> {
        let until_s = self.now_s() + 1;
        let member = member.map_or_else(Uuid::nil, MemberId::uuid);
        self.execute(ADD, params![organization, unit, member, until_s, amount]).map(drop)
    }

    /// Deletes use that no limit looks at any more, and makes old buckets wider. The sum of any
    /// period stays the same, or falls a little later than to the second: by a sixtieth of the
    /// period at most.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sweep_usage(&mut self) -> Result<u64, StoreError> {
        let now_s = self.now_s();
        let gone = self.execute(SWEEP, params![now_s - PERIOD_MOST_S])?;
        for (age_s, width_s) in WIDTHS {
            // Up to a whole width, so that no use comes back into a period it has left.
            let until_s = (now_s - age_s).div_euclid(width_s) * width_s;
            let taken = self.all(TAKE_FINE, params![until_s, width_s], |row| {
                let bucket: Bucket = (row.next()?, row.next()?, row.next()?, row.next()?);
                Ok((bucket, row.next::<u64>()?))
            })?;
            let mut wide: BTreeMap<Bucket, u64> = BTreeMap::new();
            for ((organization, unit, member, until_s), amount) in taken {
                let until_s = until_s.div_euclid(width_s) * width_s + width_s;
                *wide.entry((organization, unit, member, until_s)).or_default() += amount;
            }
            for ((organization, unit, member, until_s), amount) in wide {
                self.execute(ADD, params![organization, unit, member, until_s, amount])?;
            }
        }
        Ok(gone)
    }
}
