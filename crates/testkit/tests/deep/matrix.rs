//! Everything that everybody may do everywhere in an organization, by names that outlive a change: what laws about
//! access compare before and after.

use std::collections::{BTreeMap, BTreeSet};

use guildhall_domain::ids::{MemberId, OrgId, ResourceId};
use guildhall_domain::member::{Member, Status};
use guildhall_domain::reach::{self, Ground, Who};
use guildhall_store::read::{Page, group, member, organization, reach as reaches, resource};
use guildhall_testkit::TestApp;

/// By member and resource (`None` is the organization itself): the permissions. Nothing stands for none.
pub type Matrix = BTreeMap<(MemberId, Option<ResourceId>), BTreeSet<String>>;

/// The matrix of an organization; of its root alone when `whole` is false.
pub async fn of(test: &TestApp, id: OrgId, whole: bool) -> Matrix {
    let (app, now) = (test.app.clone(), test.app.now());
    let read = test.app.store.read(move |conn| {
        let here = organization::by_id(conn, id)?.expect("it is there");
        let rules = app.rules_uncached(conn, &here)?;
        let mut grounds: Vec<(Option<ResourceId>, Ground)> = vec![(None, Ground::default())];
        for one in if whole {
            resource::list(conn, id, &resource::Filter::default(), &Page { after: None, limit: 10_000 })?
        } else {
            Vec::new()
        } {
            grounds.push((Some(one.id), reaches::ground(conn, id, one.id)?));
        }
        let page = Page { after: None, limit: 10_000 };
        let mut found = Matrix::new();
        for (_, member) in member::list(conn, id, &member::Filter::default(), &page)? {
            let groups = group::of_member(conn, id, member.id)?;
            let who = Who { member: member.id, groups: &groups };
            for (resource, ground) in &grounds {
                let standing = rules.standing(&member.role, member.status == Status::Active, None);
                let mask = reach::rights(&rules, Some(standing), ground.site(), who, now);
                let names: BTreeSet<String> =
                    rules.preset().catalogue.names(mask).into_iter().map(str::to_owned).collect();
                if !names.is_empty() {
                    found.insert((member.id, *resource), names);
                }
            }
        }
        Ok(found)
    });
    read.await.expect("reads")
}

/// What the first has and the second lacks. Whoever may without a condition may under each.
pub fn missing(has: &Matrix, lacks: &Matrix) -> Matrix {
    let less = |(key, names): (&(MemberId, Option<ResourceId>), &BTreeSet<String>)| {
        let none = BTreeSet::new();
        let held = lacks.get(key).unwrap_or(&none);
        let follows = |name: &&String| name.split_once('@').is_some_and(|(whole, _)| held.contains(whole));
        let rest: BTreeSet<String> = names.difference(held).filter(|name| !follows(name)).cloned().collect();
        (!rest.is_empty()).then_some((*key, rest))
    };
    has.iter().filter_map(less).collect()
}

/// Somebody active who holds the top role.
pub async fn owner(test: &TestApp, id: OrgId) -> Member {
    let app = test.app.clone();
    let top = test.app.store.read(move |conn| {
        let here = organization::by_id(conn, id)?.expect("it is there");
        let rules = app.rules_uncached(conn, &here)?;
        let top = member::top_holders(conn, id, &rules.preset().top_role().slug, 1)?;
        Ok(member::some(conn, id, &top)?.pop())
    });
    top.await.expect("reads").expect("somebody holds the top role")
}

/// The members that are not removed.
pub async fn members(test: &TestApp, id: OrgId) -> Vec<Member> {
    let all = Page { after: None, limit: 10_000 };
    let read = test.app.store.read(move |conn| Ok(member::list(conn, id, &member::Filter::default(), &all)?));
    read.await.expect("reads").into_iter().map(|(_, member)| member).collect()
}
