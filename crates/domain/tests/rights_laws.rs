//! Laws of the rights formula, held over many random questions.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use guildhall_domain::permission::{Bit, Mask};
use guildhall_domain::policy::Knob;
use guildhall_domain::preset::RoleRights;
use guildhall_domain::rights::{Grant, Inputs, Reason, Standing, Whence, effective, explain};

/// A small generator (splitmix64), so that every run asks the same questions.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
    fn flip(&mut self) -> bool {
        self.below(2) == 0
    }
    /// Few bits out of sixteen spread over all four words, so that sets meet often.
    fn mask(&mut self) -> Mask {
        BITS.iter().copied().filter(|_| self.flip()).collect()
    }
    fn wide_mask(&mut self) -> Mask {
        if self.below(3) == 0 { Mask::ALL } else { self.mask() | self.mask() }
    }
}

const BITS: [Bit; 16] = {
    let mut bits = [Bit::new(0); 16];
    let mut i = 0;
    while i < 16 {
        bits[i] = Bit::new(i as u8 * 17);
        i += 1;
    }
    bits
};

/// A question that owns its parts.
#[derive(Clone, Debug)]
struct Question {
    member: bool,
    active: bool,
    rights: RoleRights,
    scopes: Option<Mask>,
    depth: u16,
    controlled: Option<u16>,
    grants: Vec<Grant<'static>>,
}

impl Question {
    fn random(random: &mut Random) -> Question {
        let cut = if random.flip() { random.mask() & random.mask() } else { Mask::EMPTY };
        let cuts = if cut.is_empty() { Vec::new() } else { vec![(Knob::LeaveAllowedFor, cut)] };
        let rights = RoleRights {
            floor: random.mask(),
            ceiling: random.wide_mask() - cut,
            cuts,
            below: random.wide_mask(),
            bypass: random.below(4) == 0,
            manages_all: false,
        };
        let depth = random.below(4) as u16;
        let controlled = random.flip().then(|| random.below(u64::from(depth) + 1) as u16);
        let count = random.below(4);
        Question {
            member: random.below(8) != 0,
            active: random.below(8) != 0,
            rights,
            scopes: random.flip().then(|| random.mask()),
            depth,
            controlled,
            grants: (0..count).map(|_| grant(random)).collect(),
        }
    }

    fn ask<T>(&self, answer: impl FnOnce(&Inputs<'_>) -> T) -> T {
        let standing =
            Standing { role: "some", active: self.active, rights: &self.rights, credential_scopes: self.scopes };
        answer(&Inputs {
            standing: self.member.then_some(standing),
            depth: self.depth,
            controlled: self.controlled,
            grants: &self.grants,
        })
    }

    fn effective(&self) -> Mask {
        self.ask(effective)
    }
}

fn grant(random: &mut Random) -> Grant<'static> {
    let whence = [Whence::Direct, Whence::Group("grp"), Whence::Everyone, Whence::Share("res"), Whence::Owner];
    Grant { id: "grt", mask: random.mask(), whence: whence[random.below(5) as usize], depth: random.below(5) as u16 }
}

fn over_many(law: impl Fn(&Question, &mut Random)) {
    let mut random = Random(20_261_121);
    for _ in 0..20_000 {
        let question = Question::random(&mut random);
        law(&question, &mut random);
    }
}

#[test]
fn the_questions_are_worth_asking() {
    let (mut allowed, mut denied, mut by_grant_alone, mut cut_by_control) = (0, 0, 0, 0);
    let mut random = Random(20_261_121);
    for _ in 0..20_000 {
        let question = Question::random(&mut random);
        let mask = question.effective();
        if mask.is_empty() {
            denied += 1
        } else {
            allowed += 1
        }
        by_grant_alone += u32::from(!(mask - question.rights.floor).is_empty());
        let open = Question { controlled: None, ..question.clone() };
        cut_by_control += u32::from(open.effective() != mask);
    }
    assert!(
        [allowed, denied, by_grant_alone, cut_by_control].iter().all(|count| *count > 1_500),
        "{allowed} {denied} {by_grant_alone} {cut_by_control}"
    );
}

#[test]
fn only_active_members_have_rights() {
    over_many(|question, _| {
        if !question.member || !question.active {
            assert!(question.effective().is_empty(), "{question:?}");
        }
    });
}

#[test]
fn more_never_removes_access() {
    over_many(|question, random| {
        let before = question.effective();
        let mut more = question.clone();
        more.grants.push(grant(random));
        assert!(before.is_subset_of(more.effective()), "one more grant: {question:?}");
        let mut more = question.clone();
        more.rights.floor |= random.mask();
        assert!(before.is_subset_of(more.effective()), "a higher floor: {question:?}");
        let mut more = question.clone();
        more.rights.bypass = true;
        assert!(before.is_subset_of(more.effective()), "bypass: {question:?}");
        let mut more = question.clone();
        more.rights.below |= random.mask();
        assert!(before.is_subset_of(more.effective()), "a floor that reaches below: {question:?}");
    });
}

#[test]
fn ceilings_knobs_and_scopes_never_widen() {
    over_many(|question, random| {
        let before = question.effective();
        assert!(before.is_subset_of(question.rights.ceiling));
        for (_, cut) in &question.rights.cuts {
            assert!((before & *cut).is_empty(), "what a knob takes no source gives: {question:?}");
        }
        assert!(before.is_subset_of(question.scopes.unwrap_or(Mask::ALL)));
        let mut less = question.clone();
        less.rights.ceiling = less.rights.ceiling & random.mask();
        assert!(less.effective().is_subset_of(before), "a lower ceiling: {question:?}");
        let mut less = question.clone();
        less.scopes = Some(less.scopes.unwrap_or(Mask::ALL) & random.mask());
        assert!(less.effective().is_subset_of(before), "narrower scopes: {question:?}");
        let mut less = question.clone();
        less.controlled = Some(less.controlled.unwrap_or(0).max(random.below(5) as u16));
        assert!(less.effective().is_subset_of(before), "control nearer to the target: {question:?}");
    });
}

#[test]
fn nothing_comes_from_nowhere_and_order_does_not_matter() {
    over_many(|question, _| {
        let given = question.grants.iter().fold(question.rights.floor, |all, grant| all | grant.mask);
        assert!(question.effective().is_subset_of(given));
        let mut turned = question.clone();
        turned.grants.reverse();
        assert_eq!(turned.effective(), question.effective());
    });
}

#[test]
fn explain_agrees_with_effective() {
    over_many(|question, _| {
        let mask = question.effective();
        for bit in BITS {
            question.ask(|inputs| {
                let chain = explain(inputs, bit);
                let denied = chain.iter().any(Reason::denies);
                assert_eq!(mask.contains(bit), !denied, "{question:?} {bit:?} {chain:?}");
                let gives = |reason: &Reason<'_>| matches!(reason, Reason::Role { .. } | Reason::Grant { .. });
                assert!(denied || chain.iter().any(gives), "an allowed question names its source: {chain:?}");
            });
        }
    });
}
