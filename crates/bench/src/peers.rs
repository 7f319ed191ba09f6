//! Other engines on the workload of [`world`](crate::world), each with the model that suits it best of
//! those we know, and held to the same answers.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use guildhall_domain::permission::Mask;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, params};

use crate::Outcome;
use crate::figure::{Figure, Goal, Section};
use crate::in_process::{instructions, nanoseconds};
use crate::world::{PERMISSIONS, QUESTIONS, Size, Which, World};

/// Casbin looks at every rule for every question; so many questions are enough to see it.
const ASKED_OF_CASBIN: usize = 100;
const LIMIT: &str = "the peer, not us: a ratio below 1 is ours";
const CASBIN: &str = "[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.act == p.act && (p.obj == \"*\" || r.obj == p.obj) && g(r.sub, p.sub)
";
const TABLES: &str = "
CREATE TABLE people (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, floor INTEGER NOT NULL);
CREATE TABLE seats (person INTEGER, grp INTEGER, PRIMARY KEY (person, grp)) WITHOUT ROWID;
CREATE TABLE workspaces (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE floors (floor INTEGER, permission TEXT, PRIMARY KEY (floor, permission)) WITHOUT ROWID;
CREATE TABLE shares (workspace INTEGER, kind INTEGER, subject INTEGER, permission TEXT, PRIMARY KEY (workspace, kind, subject, permission)) WITHOUT ROWID;
";
const QUERY: &str = "SELECT EXISTS (SELECT 1 FROM people p, workspaces w WHERE p.id = ?1 AND w.name = ?2 AND (
    EXISTS (SELECT 1 FROM floors f WHERE f.floor = p.floor AND f.permission = ?3)
    OR EXISTS (SELECT 1 FROM shares s WHERE s.workspace = w.number AND s.kind = 0 AND s.subject = p.number AND s.permission = ?3)
    OR EXISTS (SELECT 1 FROM seats t JOIN shares s ON s.workspace = w.number AND s.kind = 1 AND s.subject = t.grp AND s.permission = ?3 WHERE t.person = p.number)))";

/// An engine that answers the questions of the workload by their numbers.
pub(crate) trait Peer {
    /// May they?
    fn ask(&mut self, question: usize) -> Outcome<bool>;
}

fn wrong(error: impl std::fmt::Display) -> String {
    format!("a peer: {error}")
}

/// As SQLite counts.
fn n(number: usize) -> i64 {
    i64::try_from(number).unwrap_or_default()
}

/// What people have by their role, each set once, with its number.
fn floors(world: &World) -> Vec<Mask> {
    let mut found: Vec<Mask> = Vec::new();
    for (mask, _) in &world.people {
        if !found.contains(mask) {
            found.push(*mask);
        }
    }
    found
}

/// The permissions of the workload that a mask holds.
fn held(world: &World, mask: Mask) -> impl Iterator<Item = &'static str> + '_ {
    let preset = world.index.rules().preset();
    PERMISSIONS.into_iter().filter(move |name| preset.bit(name).is_some_and(|bit| mask.contains(bit)))
}

/// Who has what on a workspace by a share: `u…` or `g…`, and the permission.
fn shares(world: &World, workspace: usize) -> HashSet<(bool, usize, &'static str)> {
    let (people, groups) = &world.granted[workspace];
    let people = people.iter().map(|(who, mask)| (false, *who as usize, *mask));
    let groups = groups.iter().map(|(who, mask)| (true, usize::from(*who), *mask));
    people.chain(groups).flat_map(|(group, who, mask)| held(world, mask).map(move |name| (group, who, name))).collect()
}

struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    requests: Vec<Request>,
}

fn uid(kind: &str, id: &str) -> Outcome<EntityUid> {
    let kind: EntityTypeName = kind.parse().map_err(wrong)?;
    Ok(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

impl Cedar {
    /// A workspace has a set of people and groups for each permission; four policies look into them.
    fn new(world: &World) -> Outcome<Self> {
        let floors = floors(world);
        let mut policies = String::new();
        for (number, name) in PERMISSIONS.iter().enumerate() {
            policies += &format!(
                "permit(principal, action == Action::\"{name}\", resource) when {{ principal in resource.p{number} }};\n"
            );
        }
        for (number, mask) in floors.iter().enumerate() {
            for name in held(world, *mask) {
                policies +=
                    &format!("permit(principal in Role::\"{number}\", action == Action::\"{name}\", resource);\n");
            }
        }
        let mut entities = Vec::new();
        for (number, (mask, groups)) in world.people.iter().enumerate() {
            let role = floors.iter().position(|floor| floor == mask).unwrap_or_default();
            let mut parents = HashSet::from([uid("Role", &role.to_string())?]);
            for group in groups {
                parents.insert(uid("Group", &group.to_string())?);
            }
            entities.push(Entity::new(uid("User", &number.to_string())?, HashMap::new(), parents).map_err(wrong)?);
        }
        for workspace in 0..world.granted.len() {
            let mut sets = vec![Vec::new(); PERMISSIONS.len()];
            for (group, who, name) in shares(world, workspace) {
                let at = PERMISSIONS.iter().position(|known| *known == name).unwrap_or_default();
                let who = uid(if group { "Group" } else { "User" }, &who.to_string())?;
                sets[at].push(RestrictedExpression::new_entity_uid(who));
            }
            let sets = sets.into_iter().enumerate();
            let attributes = sets.map(|(at, set)| (format!("p{at}"), RestrictedExpression::new_set(set))).collect();
            let workspace = uid("Workspace", &workspace.to_string())?;
            entities.push(Entity::new(workspace, attributes, HashSet::new()).map_err(wrong)?);
        }
        let request = |n: usize| {
            let (asked, named) = (world.bare[n], &world.questions[n]);
            let resource = uid("Workspace", &asked.workspace.to_string())?;
            let principal = uid("User", &asked.person.to_string())?;
            Request::new(principal, uid("Action", named.permission)?, resource, Context::empty(), None).map_err(wrong)
        };
        Ok(Self {
            authorizer: Authorizer::new(),
            policies: policies.parse().map_err(wrong)?,
            entities: Entities::from_entities(entities, None).map_err(wrong)?,
            requests: (0..world.questions.len()).map(request).collect::<Outcome<_>>()?,
        })
    }
}

impl Peer for Cedar {
    fn ask(&mut self, question: usize) -> Outcome<bool> {
        let answer = self.authorizer.is_authorized(&self.requests[question], &self.policies, &self.entities);
        Ok(answer.decision() == Decision::Allow)
    }
}

struct Sqlite {
    connection: Connection,
    asked: Vec<(Vec<u8>, String, &'static str)>,
}

impl Sqlite {
    fn new(world: &World) -> Outcome<Self> {
        let mut connection = Connection::open_in_memory().map_err(wrong)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(wrong)?;
        connection.execute_batch(TABLES).map_err(wrong)?;
        let floors = floors(world);
        let tx = connection.transaction().map_err(wrong)?;
        let mut ids: HashMap<usize, Vec<u8>> = HashMap::new();
        for (asked, named) in world.bare.iter().zip(&world.questions) {
            ids.insert(asked.person, named.user.uuid().as_bytes().to_vec());
        }
        for (number, (mask, groups)) in world.people.iter().enumerate() {
            let id = ids.get(&number).cloned().unwrap_or_else(|| number.to_be_bytes().to_vec());
            let floor = floors.iter().position(|floor| floor == mask).unwrap_or_default();
            tx.execute("INSERT INTO people VALUES (?1, ?2, ?3)", params![n(number), id, n(floor)]).map_err(wrong)?;
            for group in groups {
                tx.execute("INSERT OR IGNORE INTO seats VALUES (?1, ?2)", params![n(number), group]).map_err(wrong)?;
            }
        }
        for (number, mask) in floors.iter().enumerate() {
            for name in held(world, *mask) {
                tx.execute("INSERT INTO floors VALUES (?1, ?2)", params![n(number), name]).map_err(wrong)?;
            }
        }
        for workspace in 0..world.granted.len() {
            let name = crate::world::name(workspace);
            tx.execute("INSERT INTO workspaces VALUES (?1, ?2)", params![n(workspace), name]).map_err(wrong)?;
            for (group, who, name) in shares(world, workspace) {
                let row = params![n(workspace), group, n(who), name];
                tx.execute("INSERT INTO shares VALUES (?1, ?2, ?3, ?4)", row).map_err(wrong)?;
            }
        }
        tx.commit().map_err(wrong)?;
        connection.execute_batch("ANALYZE").map_err(wrong)?;
        let asked = world.questions.iter();
        let asked = asked.map(|q| (q.user.uuid().as_bytes().to_vec(), q.external_id.clone(), q.permission)).collect();
        Ok(Self { connection, asked })
    }
}

impl Peer for Sqlite {
    fn ask(&mut self, question: usize) -> Outcome<bool> {
        let (user, workspace, permission) = &self.asked[question];
        let mut statement = self.connection.prepare_cached(QUERY).map_err(wrong)?;
        statement.query_row(params![user, workspace, permission], |row| row.get(0)).map_err(wrong)
    }
}

struct Casbin {
    enforcer: Enforcer,
    asked: Vec<(String, String, &'static str)>,
}

impl Casbin {
    async fn new(world: &World) -> Outcome<Self> {
        let model = DefaultModel::from_str(CASBIN).await.map_err(wrong)?;
        let mut enforcer = Enforcer::new(model, MemoryAdapter::default()).await.map_err(wrong)?;
        let (floors, mut rules, mut links) = (floors(world), Vec::new(), Vec::new());
        for (number, mask) in floors.iter().enumerate() {
            let rule = |name: &str| vec![format!("r{number}"), "*".to_owned(), name.to_owned()];
            rules.extend(held(world, *mask).map(rule));
        }
        for workspace in 0..world.granted.len() {
            let rule = |(group, who, name): (bool, usize, &str)| {
                vec![format!("{}{who}", if group { "g" } else { "u" }), workspace.to_string(), name.to_owned()]
            };
            rules.extend(shares(world, workspace).into_iter().map(rule));
        }
        for (number, (mask, groups)) in world.people.iter().enumerate() {
            let role = floors.iter().position(|floor| floor == mask).unwrap_or_default();
            let groups: HashSet<_> = groups.iter().map(|group| format!("g{group}")).collect();
            let above = groups.into_iter().chain([format!("r{role}")]);
            links.extend(above.map(|above| vec![format!("u{number}"), above]));
        }
        enforcer.add_policies(rules).await.map_err(wrong)?;
        enforcer.add_grouping_policies(links).await.map_err(wrong)?;
        let asked = world.bare.iter().zip(&world.questions);
        let asked = asked.map(|(n, q)| (format!("u{}", n.person), n.workspace.to_string(), q.permission)).collect();
        Ok(Self { enforcer, asked })
    }
}

impl Peer for Casbin {
    fn ask(&mut self, question: usize) -> Outcome<bool> {
        let (who, what, permission) = &self.asked[question];
        self.enforcer.enforce((who.as_str(), what.as_str(), *permission)).map_err(wrong)
    }
}

/// A peer by its name, with the workload in it.
pub(crate) async fn peer(name: &str, world: &World) -> Outcome<Box<dyn Peer>> {
    match name {
        "cedar" => Ok(Box::new(Cedar::new(world)?)),
        "sqlite" => Ok(Box::new(Sqlite::new(world)?)),
        "casbin" => Ok(Box::new(Casbin::new(world).await?)),
        _ => Err(format!("no peer `{name}`")),
    }
}

/// Asks all questions so many times, and demands our answers.
pub(crate) fn ask(peer: &mut dyn Peer, world: &World, questions: usize, times: usize) -> Outcome<usize> {
    let mut allowed = 0;
    for n in (0..times).flat_map(|_| 0..questions) {
        let answer = peer.ask(n)?;
        if answer != world.ask(&world.questions[n]) {
            return Err(format!("question {n} is answered differently"));
        }
        allowed += usize::from(answer);
    }
    Ok(allowed)
}

/// Ours beside one peer's, in nanoseconds.
async fn beside(rounds: usize, size: Size, name: &str, against: &'static str, questions: usize) -> Outcome<Figure> {
    let world = World::new(size)?;
    let mut peer = peer(name, &world).await?;
    ask(peer.as_mut(), &world, questions, 1)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(nanoseconds(&world, Which::Index));
        let begun = Instant::now();
        for n in 0..questions {
            std::hint::black_box(peer.ask(n)?);
        }
        #[allow(clippy::cast_precision_loss, reason = "some thousands")]
        theirs.push(begun.elapsed().as_secs_f64() * 1e9 / questions as f64);
    }
    let what = format!("check by external ids beside {name}, {} people, ns", size.people);
    Ok(Figure::new(what, "in process", against, (ours, theirs), LIMIT))
}

/// Ours beside each peer's.
pub(crate) async fn section(rounds: usize, quick: bool) -> Outcome<Section> {
    const CEDAR: &str = "cedar-policy, a set of sharers for each workspace and permission";
    const SQLITE: &str = "one prepared query on SQLite in memory";
    const CASBIN: &str = "casbin, roles and one rule for each share";
    let (some, many) = (Size::of(10_000), Size::of(100_000));
    let mut figures = vec![
        beside(rounds, some, "cedar", CEDAR, QUESTIONS).await?,
        beside(rounds, some, "sqlite", SQLITE, QUESTIONS).await?,
        beside(rounds, Size::small(), "casbin", CASBIN, ASKED_OF_CASBIN).await?,
    ];
    if !quick {
        figures.push(beside(rounds, many, "cedar", CEDAR, QUESTIONS).await?);
        figures.push(beside(rounds, many, "sqlite", SQLITE, QUESTIONS).await?);
        for (name, against, goal) in [("cedar", CEDAR, Goal::AtMost(1.0 / 400.0)), ("sqlite", SQLITE, Goal::Open)] {
            let counted = instructions(some.people, "index").zip(instructions(some.people, name));
            let what = format!("check by external ids beside {name}, {} people, instructions", some.people);
            let figure = |(ours, theirs)| Figure::new(what, "in process", against, (vec![ours], vec![theirs]), LIMIT);
            figures.extend(counted.map(|counted| figure(counted).goal(goal)));
        }
    }
    Ok(Section {
        title: "The check beside other engines",
        note: format!(
            "The same workload in each, every answer compared; each engine with the model that suits it best of those \
             we know. casbin gets a tenth of it ({} people, {} shares): it looks at every rule for every question and \
             needs minutes to load the whole.",
            Size::small().people,
            Size::small().shares
        ),
        figures,
    })
}
