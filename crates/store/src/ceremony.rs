//! What is half done while somebody proves who they are: a question to a device, a sign-in that waits for its second
//! factor. Belongs to nobody's order of changes and lasts minutes. Does not verify anything.

use guildhall_domain::ids::UserId;
use guildhall_domain::time::Timestamp;

use crate::conn::Conn;
use crate::error::StoreError;
use crate::params;
use crate::tx::Tx;
use crate::value::Row;

const BEGIN: &str =
    "INSERT INTO ceremonies (secret, kind, identity_id, sealed, expires_at) VALUES ($1, $2, $3, $4, $5)";
const OPEN: &str = "SELECT identity_id, sealed FROM ceremonies WHERE secret = $1 AND kind = $2 AND expires_at > $3";
const END: &str = "DELETE FROM ceremonies WHERE secret = $1";
const SWEEP: &str = "DELETE FROM ceremonies WHERE expires_at <= $1";

pub(crate) const STATEMENTS: &[&str] = &[BEGIN, OPEN, END, SWEEP];

/// Something half done.
#[derive(Clone, Debug)]
pub struct Ceremony {
    /// Whose, where that is known.
    pub user: Option<UserId>,
    /// What the end needs of the beginning, sealed.
    pub sealed: Vec<u8>,
}

/// What is half done under a secret, unless its time is over.
///
/// # Errors
/// [`StoreError`].
pub fn open(
    conn: &mut Conn<'_>,
    secret: &[u8; 32],
    kind: &str,
    now: Timestamp,
) -> Result<Option<Ceremony>, StoreError> {
    let read = |row: &mut Row| Ok(Ceremony { user: row.next()?, sealed: row.next()? });
    conn.first(OPEN, params![*secret, kind, now], read)
}

impl Tx<'_> {
    /// Keeps something half done.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin_ceremony(
        &mut self,
        secret: &[u8; 32],
        kind: &str,
        half: &Ceremony,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.execute(BEGIN, params![*secret, kind, half.user, half.sealed.clone(), expires_at]).map(drop)
    }

    /// Takes what is half done under a secret: nobody takes it again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take_ceremony(&mut self, secret: &[u8; 32], kind: &str) -> Result<Option<Ceremony>, StoreError> {
        let now = self.now();
        let found = open(self, secret, kind, now)?;
        let taken = found.is_some() && self.execute(END, params![*secret])? == 1;
        Ok(found.filter(|_| taken))
    }

    pub(crate) fn sweep_ceremonies(&mut self) -> Result<u64, StoreError> {
        let now = self.now();
        self.execute(SWEEP, params![now])
    }
}
