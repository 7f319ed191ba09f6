//! Whether what a program keeps in memory is what its database has, after whatever a test did to it.
//! Every test that stops its program asks this, so each change that any of them makes is followed or
//! forgotten truly.

use std::collections::BTreeMap;
use std::sync::Arc;

use guildhall_domain::index::Index;
use guildhall_domain::member::Member;
use guildhall_domain::preset::Rules;
use guildhall_server::app::App;
use guildhall_server::memory::people::Belongs;
use guildhall_store::read::{member, organization, share, tenant};
use guildhall_store::{Conn, Stop};

/// Loads the rights index of an organization, so that everything done there from here on is followed.
pub async fn warm(app: &Arc<App>, slug: &str) {
    let (asked, slug) = (Arc::clone(app), slug.to_owned());
    let load = move |conn: &mut Conn<'_>| {
        let found = organization::find(conn, &slug)?;
        Ok(found.map(|found| asked.index(conn, found.id)).transpose()?.flatten().is_some())
    };
    assert!(app.store.read(load).await.expect("is loaded"));
}

/// Compares everything that is kept with what is read anew.
pub async fn is_true(app: &Arc<App>) {
    if app.memory().is_none() {
        return;
    }
    let asked = Arc::clone(app);
    app.store.read(move |conn| compare(&asked, conn)).await.expect("is read anew");
}

fn compare(app: &App, conn: &mut Conn<'_>) -> Result<(), Stop> {
    let Some(memory) = app.memory() else { return Ok(()) };
    for known in memory.rights.all() {
        let fresh = app.read_index(conn, known.organization())?.expect("the organization of an index is there");
        assert_eq!(known.revision(), fresh.revision());
        assert_eq!(told(&known), told(&fresh), "the rights index at revision {}", known.revision());
    }
    for (user, known) in memory.people.all() {
        let fresh = Belongs::unkept(member::of_identity(conn, user)?, tenant::roles_of(conn, user)?);
        assert_eq!((seats(&known), &known.tenants), (seats(&fresh), &fresh.tenants), "where {user} belongs");
    }
    for (id, known) in memory.places.all() {
        let fresh = organization::by_id(conn, id)?.expect("an organization that is kept is there");
        assert_eq!(*known.organization, fresh);
        let rules = app.rules_uncached(conn, &fresh)?;
        assert_eq!(ruled(&known.rules), ruled(&rules), "the rules of {}", fresh.slug);
        let above = fresh.tenant.map(|above| tenant::by_id(conn, above)).transpose()?.flatten();
        assert_eq!(known.above.as_deref(), above.as_ref().map(|tenant| &tenant.settings));
    }
    for (hash, known) in memory.links.all() {
        assert_eq!(share::by_secret(conn, &hash)?.as_ref(), Some(&*known));
    }
    Ok(())
}

/// Everything that rules say, in one order.
fn ruled(rules: &Rules) -> Vec<String> {
    let roles = rules.all_roles().map(|role| format!("{role:?} {:?}", rules.rights(&role.slug)));
    let mut groups: Vec<_> =
        rules.giving_groups().map(|group| format!("{group} {:?}", rules.group_mask(group))).collect();
    groups.sort();
    let policy = format!("{:?}", rules.policy());
    roles.chain(groups).chain([policy, rules.preset().text.clone()]).collect()
}

fn seats(belongs: &Belongs) -> Vec<Member> {
    // When somebody was last active is written now and then, in no order with changes.
    let mut seats: Vec<Member> =
        belongs.seats.iter().map(|seat| Member { last_active_at: None, ..Member::clone(&seat.member) }).collect();
    seats.sort_by_key(|member| member.id);
    seats
}

/// Everything an index knows, in one order.
fn told(index: &Index) -> BTreeMap<String, String> {
    let members = index.members().map(|at| {
        let facts = (index.role_of(at), index.status_of(at), index.is_program(at), index.groups_of(at));
        (format!("{:?}", index.id_of(at)), format!("{facts:?}"))
    });
    let resources = index.resources().map(|at| {
        let ground = index.ground(Some(at));
        (format!("{:?}", ground.path.last().map(|resource| resource.id)), format!("{ground:?}"))
    });
    members.chain(resources).collect()
}
