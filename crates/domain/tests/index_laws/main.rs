//! The rights index and the formula say the same, whatever happened before: random histories of
//! changes, with expiry, with indexes loaded anew in the middle, and with changes that cannot be
//! followed. The reference holds plain lists and asks [`guildhall_domain::reach`]. The same walk searches
//! for bad histories in `fuzz/`.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a reference that is wrong is to stop the test")]

mod facts;
mod laws;
mod people;
mod things;

use guildhall_domain::change::Change;
use guildhall_domain::ids::{GroupId, MemberId, OrgId, UserId};
use guildhall_domain::index::Followed;
use guildhall_domain::member::{Member, MemberKind, Status};
use uuid::Uuid;

use facts::{Dice, Facts};
use laws::{managed, presets, walk, walk_bytes};

/// Steps of all histories together, and of one.
const STEPS: usize = 100_000;
const HISTORY: usize = 1_250;

fn walk_many(steps: usize, seeds_from: u64) {
    let presets = presets();
    let (mut lost, mut allowed) = (0, 0);
    for (history, seed) in (0..steps / HISTORY).zip(seeds_from..) {
        let mut facts = Facts::new(&presets[history % presets.len()], seed, Dice::of_seed(seed));
        let walked = walk(&mut facts, HISTORY);
        (lost, allowed) = (lost + walked.lost, allowed + walked.allowed);
    }
    assert!(lost > steps / 1_000 && allowed > steps / 4, "{lost} lost, {allowed} allowed");
}

#[test]
fn the_index_says_what_the_formula_says_after_any_history() {
    walk_many(STEPS, 1);
}

/// `GUILDHALL_STEPS` says how many; each run of a day goes other ways than yesterday's.
#[test]
#[ignore = "minutes in a release build: cargo test --release -p guildhall-domain --test index_laws -- --ignored"]
#[allow(clippy::print_stdout, reason = "the way to go it again")]
fn the_index_says_what_the_formula_says_after_millions_of_steps() {
    let steps = std::env::var("GUILDHALL_STEPS").ok().and_then(|text| text.parse().ok()).unwrap_or(5_000_000);
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock");
    let seeds_from = since.as_secs() / 86_400 * 1_000_000;
    println!("{steps} steps, seeds from {seeds_from}");
    walk_many(steps, seeds_from);
}

/// What the fuzzer does with its bytes.
#[test]
fn a_history_comes_from_any_bytes() {
    for many in [0, 1, 7, 100, 5_000] {
        let bytes: Vec<u8> = (0..many).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let walked = walk_bytes(&bytes);
        assert!(many < 5_000 || walked.allowed > 0);
    }
}

#[test]
fn a_revision_that_does_not_come_next_is_not_followed() {
    let facts = Facts::new(&managed(), 1, Dice::of_seed(1));
    for skipped in [0, 1, 3] {
        assert_eq!(facts.load().follow(skipped, &[]), Followed::Lost, "{skipped}");
    }
    assert_eq!(facts.load().follow(2, &[]), Followed::Here);
}

#[test]
fn a_change_that_does_not_fit_is_not_followed() {
    let mut facts = Facts::new(&managed(), 1, Dice::of_seed(1));
    let stranger = Box::new(facts.member(Status::Active));
    let mut index = facts.load();
    assert_eq!(index.follow(2, &[Change::MemberRemoved { member: stranger.clone() }]), Followed::Lost);
    let mut index = facts.load();
    let elsewhere = Box::new(Member { organization: OrgId::new(Uuid::nil()), ..*stranger });
    assert_eq!(index.follow(2, &[Change::MemberRemoved { member: elsewhere }]), Followed::Here);
}

#[test]
fn a_membership_takes_less_than_200_bytes() {
    const MANY: usize = 100_000;
    let mut facts = Facts::new(&managed(), 9, Dice::of_seed(9));
    let mut index = facts.load();
    let groups: Vec<GroupId> = (0..500).map(|_| GroupId::new(facts.dice.id())).collect();
    groups.iter().for_each(|group| index.put_group(*group));
    for _ in 0..MANY {
        let (id, user) = (MemberId::new(facts.dice.id()), UserId::new(facts.dice.id()));
        index.put_member(id, Some(user), MemberKind::Person, "member", Status::Active);
        for _ in 0..3 {
            index.put_seat(*facts.dice.of(&groups).expect("a group"), id, false).expect("both are there");
        }
    }
    assert!(index.bytes() / MANY <= 200, "{} bytes", index.bytes() / MANY);
}
