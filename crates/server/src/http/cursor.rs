//! Cursors: where a list goes on. Opaque to callers, carrying the last row's sort key. A made-up
//! cursor only starts elsewhere in a list the caller may read anyway.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guildhall_domain::refusal::{Code, Refusal};
use serde::Serialize;
use serde::de::DeserializeOwned;

const MOST: u32 = 100;
const USUAL: u32 = 50;
const MAX_BYTES: usize = 4_096;

/// A cursor that carries `key`.
#[must_use]
pub fn write(key: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

/// What a cursor carries.
///
/// # Errors
/// `cursor.invalid`.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, Refusal> {
    let bad = || Refusal::of(Code::CursorInvalid);
    if text.len() > MAX_BYTES {
        return Err(bad());
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?;
    serde_json::from_slice(&bytes).map_err(|_| bad())
}

/// How many rows a page has.
///
/// # Errors
/// `field.out_of_range`, naming `limit`.
pub fn limit(wanted: Option<u32>) -> Result<u32, Refusal> {
    match wanted {
        None => Ok(USUAL),
        Some(n) if (1..=MOST).contains(&n) => Ok(n),
        Some(_) => Err(Refusal::field("limit", "field.out_of_range", "1 to 100")),
    }
}

/// The rows of a page out of the `limit + 1` that were asked for, and the last of them when more
/// follow: there the next page begins.
#[must_use]
pub fn window<T>(found: &[T], limit: u32) -> (&[T], Option<&T>) {
    let shown = found.get(..limit as usize).unwrap_or(found);
    (shown, shown.last().filter(|_| found.len() > shown.len()))
}
