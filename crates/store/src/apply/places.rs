//! Places in the lists that directories page through. A place is given for good; blocks count which places are held.
//! What one transaction gives and frees is added up, and written once at its end.

use std::collections::BTreeMap;

use guildhall_domain::ids::OrgId;

use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;

const LAST: &str = "SELECT next_place FROM scim_lists WHERE organization_id = $1 AND kind = $2";
const GIVEN: &str = "INSERT INTO scim_lists (organization_id, kind, next_place) VALUES ($1, $2, $3) ON CONFLICT (organization_id, kind) DO UPDATE SET next_place = excluded.next_place";
const HELD: &str = "INSERT INTO scim_blocks (organization_id, kind, block, held) VALUES ($1, $2, $3, $4) ON CONFLICT (organization_id, kind, block) DO UPDATE SET held = scim_blocks.held + excluded.held";
const EMPTY: &str = "DELETE FROM scim_blocks WHERE organization_id = $1 AND kind = $2 AND block = $3 AND held = 0";

pub(crate) const STATEMENTS: &[&str] = &[LAST, GIVEN, HELD, EMPTY];

/// How many places a block has.
pub(crate) const BLOCK: u64 = 256;
/// The list of people, and that of groups.
pub(crate) const PEOPLE: &str = "user";
pub(crate) const GROUPS: &str = "group";

/// What a transaction did to the places of organizations it took.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// The last place that was given on each list.
    last: BTreeMap<(OrgId, &'static str), u64>,
    /// How many more are held in each block.
    held: BTreeMap<(OrgId, &'static str, u64), i64>,
}

impl Places {
    /// The next place of a list, held from here on.
    pub(super) fn take(
        &mut self,
        conn: &mut Conn<'_>,
        organization: OrgId,
        kind: &'static str,
    ) -> Result<u64, StoreError> {
        let last = match self.last.get(&(organization, kind)) {
            Some(last) => *last,
            None => conn.first(LAST, params![organization, kind], |row| row.next::<u64>())?.unwrap_or(0),
        };
        let place = last + 1;
        self.last.insert((organization, kind), place);
        *self.held.entry((organization, kind, place / BLOCK)).or_default() += 1;
        Ok(place)
    }

    /// A place that nobody holds any more; it is not given again.
    pub(super) fn free(&mut self, organization: OrgId, kind: &'static str, place: u64) {
        *self.held.entry((organization, kind, place / BLOCK)).or_default() -= 1;
    }

    /// Writes it all.
    pub(crate) fn write(&mut self, conn: &mut Conn<'_>) -> Result<(), StoreError> {
        for ((organization, kind), place) in std::mem::take(&mut self.last) {
            conn.execute(GIVEN, params![organization, kind, place])?;
        }
        for ((organization, kind, block), more) in std::mem::take(&mut self.held) {
            conn.execute(HELD, params![organization, kind, block, more])?;
            if more <= 0 {
                conn.execute(EMPTY, params![organization, kind, block])?;
            }
        }
        Ok(())
    }
}
