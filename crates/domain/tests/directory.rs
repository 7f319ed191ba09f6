//! The directory finds exactly whom a look at everybody finds, whatever came and went.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::collections::BTreeMap;

use guildhall_domain::directory::{Directory, Entry, Facet, Wanted};
use guildhall_domain::ids::MemberId;
use guildhall_domain::member::{MemberKind, Status};
use uuid::Uuid;

/// A small generator (splitmix64), so that every run asks the same questions.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
    fn flip(&mut self) -> bool {
        self.below(2) == 0
    }
}

const NAMES: [&str; 8] = ["anna", "ann", "bob", "béatrice", "zoë zz", "x", "", "annabel bob"];

fn entry(random: &mut Random, directory: &mut Directory, id: u64) -> Entry {
    let name = NAMES[random.below(8) as usize];
    let email = format!("{}{}@{}.test", NAMES[random.below(3) as usize], random.below(30), random.below(3));
    let role = directory.role(["owner", "member"][random.below(2) as usize]);
    let status = [Status::Active, Status::Invited][random.below(2) as usize];
    let sort_key = if random.below(9) == 0 {
        "elsewhere"
    } else if name.is_empty() {
        &email
    } else {
        name
    };
    Entry {
        id: MemberId::new(Uuid::from_u128(u128::from(id))),
        sort_key: sort_key.into(),
        search_key: format!("{name} {email} ").into(),
        facets: vec![Facet::Status(status), Facet::Kind(MemberKind::Person), role],
    }
}

fn looked_at(all: &BTreeMap<MemberId, Entry>, wanted: &Wanted<'_>) -> Vec<MemberId> {
    let mut found: Vec<&Entry> = all
        .values()
        .filter(|e| e.search_key.contains(wanted.query))
        .filter(|e| wanted.facets.iter().all(|facet| e.facets.contains(facet)))
        .filter(|e| wanted.after.is_none_or(|(key, id)| (&*e.sort_key, e.id) > (key, id)))
        .collect();
    found.sort_by_key(|e| (e.sort_key.clone(), e.id));
    found.into_iter().take(wanted.limit).map(|e| e.id).collect()
}

fn question(random: &mut Random, directory: &Directory, all: &BTreeMap<MemberId, Entry>) {
    let parts = ["", "a", "q", "nn", "é", "zz", "ann", "anna ann", "bob", "@1.te", "nobody", "st", "1@", " "];
    let query = parts[random.below(parts.len() as u64) as usize];
    let mut facets = Vec::new();
    if random.flip() {
        facets.push(Facet::Status(Status::Invited));
    }
    if random.below(4) == 0 {
        facets.extend(directory.known_role("owner"));
    }
    if random.below(9) == 0 {
        facets.push(Facet::Kind(MemberKind::ServiceAccount));
    }
    let after = random.flip().then(|| all.values().nth(random.below(all.len() as u64 + 1) as usize)).flatten();
    let after = after.map(|e| (&*e.sort_key, e.id));
    let wanted = Wanted { query, facets: &facets, after, limit: 1 + random.below(60) as usize };
    let found: Vec<MemberId> = directory.search(&wanted).into_iter().map(|(_, id)| id).collect();
    assert_eq!(found, looked_at(all, &wanted), "{wanted:?}");
}

#[test]
fn it_finds_exactly_whom_a_look_at_everybody_finds() {
    for seed in 0..5 {
        let mut random = Random(seed);
        let (mut directory, mut all) = (Directory::default(), BTreeMap::new());
        let begin: Vec<Entry> = (0..random.below(3_000)).map(|id| entry(&mut random, &mut directory, id)).collect();
        all.extend(begin.iter().map(|e| (e.id, e.clone())));
        directory.fill(begin);
        for _ in 0..3_000 {
            let id = random.below(4_000);
            match random.below(4) {
                0 => {
                    let gone = MemberId::new(Uuid::from_u128(u128::from(id)));
                    directory.remove(gone);
                    all.remove(&gone);
                }
                1 | 2 => {
                    let one = entry(&mut random, &mut directory, id);
                    all.insert(one.id, one.clone());
                    directory.put(one);
                }
                _ => question(&mut random, &directory, &all),
            }
        }
        assert_eq!(directory.len(), all.len());
    }
}
