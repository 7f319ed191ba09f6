//! Seats: how many an organization may fill, who holds one, and when its owners are told. Counts nobody:
//! the numbers come in, read after the organization was taken.

use crate::policy::{Policy, SeatsMode};
use crate::refusal::{Code, Refusal};

/// The parts of the maximum, in per cent, at which owners are told, each once.
pub const THRESHOLDS_PERCENT: &[u32] = &[75, 100, 125, 200, 300, 500, 1_000];

/// Who is in an organization.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seats {
    /// People and service accounts that came in: at work, or waiting for an approval.
    pub present: u64,
    /// People who are invited.
    pub invited: u64,
}

impl Seats {
    /// How many seats are held under this policy. Those who only asked to join, and those switched off,
    /// hold none.
    #[must_use]
    pub const fn used(self, policy: &Policy) -> u64 {
        if policy.seats_counts_invited { self.present + self.invited } else { self.present }
    }
}

/// Refuses to fill one more seat where none is left.
///
/// # Errors
/// `seats.full`.
pub fn guard(policy: &Policy, seats: Seats) -> Result<(), Refusal> {
    let Some(most) = most(policy).filter(|_| policy.seats_mode == SeatsMode::Cap) else { return Ok(()) };
    if seats.used(policy) < most {
        return Ok(());
    }
    Err(Refusal::because(
        Code::SeatsFull,
        format!("all {most} seats are taken; remove or deactivate somebody, or have the number raised"),
    ))
}

/// The maximum, where there is one.
#[must_use]
pub fn most(policy: &Policy) -> Option<u64> {
    policy.seats_max.and_then(|most| u64::try_from(most).ok())
}

/// The highest threshold that is reached and above `told`, the one owners know of.
#[must_use]
pub fn reached(policy: &Policy, seats: Seats, told: u32) -> Option<u32> {
    let most = most(policy)?;
    let used = seats.used(policy);
    let mut crossed = THRESHOLDS_PERCENT.iter().copied().rev();
    crossed.find(|percent| used.saturating_mul(100) >= most.saturating_mul(u64::from(*percent))).filter(|p| *p > told)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(most: i64) -> Policy {
        Policy { seats_max: Some(most), ..Policy::default() }
    }

    const fn present(present: u64) -> Seats {
        Seats { present, invited: 0 }
    }

    // ON-25
    #[test]
    fn the_last_seat_is_given_and_no_further_one() {
        assert_eq!(guard(&policy(3), present(2)), Ok(()));
        assert_eq!(guard(&policy(3), present(3)).map_err(|r| r.code), Err(Code::SeatsFull));
        assert_eq!(guard(&Policy::default(), present(1_000_000)), Ok(()));
        let warned = Policy { seats_mode: SeatsMode::Warn, ..policy(3) };
        assert_eq!(guard(&warned, present(9)), Ok(()));
    }

    #[test]
    fn invited_people_hold_a_seat_where_the_policy_says_so() {
        let seats = Seats { present: 2, invited: 1 };
        assert!(guard(&policy(3), seats).is_err());
        let free = Policy { seats_counts_invited: false, ..policy(3) };
        assert_eq!(guard(&free, seats), Ok(()));
    }

    // TP-26
    #[test]
    fn owners_are_told_once_at_each_threshold() {
        let of_four = policy(4);
        assert_eq!(reached(&of_four, present(2), 0), None);
        assert_eq!(reached(&of_four, present(3), 0), Some(75));
        assert_eq!(reached(&of_four, present(3), 75), None);
        assert_eq!(reached(&of_four, present(4), 75), Some(100));
        assert_eq!(reached(&of_four, present(8), 75), Some(200));
        assert_eq!(reached(&of_four, present(4_000), 200), Some(1_000));
        assert_eq!(reached(&of_four, present(3), 100), None);
        assert_eq!(reached(&Policy::default(), present(4_000), 0), None);
    }
}
