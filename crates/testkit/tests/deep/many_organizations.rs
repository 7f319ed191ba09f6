//! Memory with very many organizations, of which few are asked for again and again.

use std::sync::Arc;

use guildhall_domain::ids::{MemberId, OrgId, UserId};
use guildhall_domain::index::Index;
use guildhall_domain::member::{MemberKind, Status};
use guildhall_domain::preset::{Rules, built_in};
use guildhall_domain::time::Timestamp;
use guildhall_server::app::FreshIds;
use guildhall_server::memory::Memory;
use guildhall_server::security::secret::SeededEntropy;
use guildhall_store::{IdSource, StoreError};

const MANY: usize = 10_000;
const HOT: usize = 20;
const MEMBERS: usize = 50;
const MOST_BYTES: usize = 16 << 20;

#[test]
fn ten_thousand_organizations_of_which_few_are_hot_take_bounded_memory() {
    let preset = built_in("standard").expect("built in");
    let rules = Arc::new(Rules::new(Arc::clone(&preset), preset.policy.clone()));
    let source = FreshIds(Arc::new(SeededEntropy::new(1)));
    let fresh = || source.fresh(Timestamp::default());
    let organizations: Vec<OrgId> = (0..MANY).map(|_| OrgId::new(fresh())).collect();
    let people: Vec<_> = (0..MEMBERS).map(|_| (MemberId::new(fresh()), UserId::new(fresh()))).collect();
    let load = |organization: OrgId| {
        let mut index = Index::new(organization, Arc::clone(&rules), 7);
        for (member, user) in &people {
            index.put_member(*member, Some(*user), MemberKind::Person, "member", Status::Active);
        }
        Ok::<_, StoreError>(Some(index))
    };
    let memory = Memory::new(1_000, MOST_BYTES, 1 << 20, 7);
    let mut loads = 0;
    for n in 0..MANY {
        for organization in [organizations[n], organizations[n % HOT]] {
            let loaded = memory.rights.get(organization, || {
                loads += 1;
                load(organization)
            });
            assert!(loaded.expect("loads").expect("is there").member(people[0].0).is_some());
        }
        let (bytes, many) = memory.rights.size();
        assert!(bytes <= MOST_BYTES, "{bytes} bytes for {many}");
    }
    let (bytes, many) = memory.rights.size();
    assert!(bytes > MOST_BYTES / 2 && (HOT..MANY / 2).contains(&many), "{many} in {bytes} bytes");
    assert!(organizations[..HOT].iter().all(|hot| memory.rights.now(*hot).is_some()), "what is hot stays");
    assert!(memory.rights.now(organizations[HOT]).is_none(), "what is cold has left");
    assert_eq!(loads, MANY, "each was read once");
}
