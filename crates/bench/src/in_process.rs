//! The check in process: the rights index beside bare masks on one generated workload, in
//! instructions as valgrind counts them and in time. Answers are compared for equality.

use std::hint::black_box;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use guildhall_domain::ids::{GrantId, GroupId, MemberId, OrgId, ResourceId, UserId};
use guildhall_domain::index::{Asked, Index};
use guildhall_domain::member::{MemberKind, Status};
use guildhall_domain::permission::Mask;
use guildhall_domain::preset::{Rules, built_in};
use guildhall_domain::resource::{Given, Grant, Resource, Subject};
use guildhall_domain::time::Timestamp;
use uuid::Uuid;

use crate::Outcome;
use crate::figure::Figure;

const GROUPS: usize = 500;
const WORKSPACES: usize = 200;
const SHARES: usize = 20_000;
const GROUPS_OF_ONE: usize = 3;
/// Questions of the workload, asked again and again.
const QUESTIONS: usize = 1_000;
const ROLES: [&str; 4] = ["guest", "member", "member", "admin"];
const GIVEN: [&str; 3] = ["viewer", "editor", "manager"];
pub(crate) const PERMISSIONS: [&str; 4] = ["workspace.read", "workspace.edit", "project.manage", "workspace.share"];
const LIMIT: &str = "hashing of ids and names (a third), and the binary search for the member and each of their \
     groups among a workspace's hundred grants";

struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        self.0 ^ (self.0 >> 29)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 32) as usize % end
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_u128(u128::from(self.next()) << 64 | u128::from(self.next()))
    }
}

/// A question by the names products use.
pub(crate) struct Question {
    pub(crate) user: UserId,
    pub(crate) permission: &'static str,
    pub(crate) external_id: String,
}

/// The same by numbers, for the bare reference.
#[derive(Clone, Copy)]
pub(crate) struct Bare {
    pub(crate) person: usize,
    pub(crate) workspace: usize,
    bit: guildhall_domain::permission::Bit,
}

/// What is granted to people and to groups, by number.
pub(crate) type Shared = (Vec<(u32, Mask)>, Vec<(u16, Mask)>);

/// One organization, twice.
pub(crate) struct World {
    pub(crate) index: Index,
    pub(crate) questions: Vec<Question>,
    pub(crate) bare: Vec<Bare>,
    /// Of each person: what the role gives below the organization, and the groups.
    pub(crate) people: Vec<(Mask, [u16; GROUPS_OF_ONE])>,
    /// Of each workspace: what is granted to people and to groups, by number.
    pub(crate) granted: Vec<Shared>,
}

impl World {
    pub(crate) fn new(many: usize) -> Outcome<Self> {
        let preset = built_in("standard").ok_or("no preset `standard`")?;
        let policy = preset.policy.clone();
        let rules = Arc::new(Rules::new(Arc::clone(&preset), policy));
        let (organization, mut dice) = (OrgId::new(Uuid::nil()), Dice(7));
        let mut index = Index::new(organization, Arc::clone(&rules), 99);
        let groups: Vec<GroupId> = (0..GROUPS).map(|_| GroupId::new(dice.id())).collect();
        groups.iter().for_each(|group| index.put_group(*group));
        let unfit = |_| "the workload does not fit";
        let (mut ids, mut people) = (Vec::new(), Vec::new());
        for n in 0..many {
            let (member, user, role) = (MemberId::new(dice.id()), UserId::new(dice.id()), ROLES[n % ROLES.len()]);
            index.put_member(member, Some(user), MemberKind::Person, role, Status::Active);
            let mine = [(); GROUPS_OF_ONE].map(|()| dice.below(GROUPS));
            for group in mine {
                index.put_seat(groups[group], member, false).map_err(unfit)?;
            }
            let rights = rules.rights(role);
            let floor = rights.floor & rights.below & rights.ceiling;
            people.push((floor, mine.map(|group| u16::try_from(group).unwrap_or_default())));
            ids.push((member, user));
        }
        let mut granted = vec![(Vec::new(), Vec::new()); WORKSPACES];
        let mut workspaces = Vec::new();
        for n in 0..WORKSPACES {
            let id = ResourceId::new(dice.id());
            index.put_resource(&workspace(organization, id, n)).map_err(unfit)?;
            workspaces.push(id);
        }
        for _ in 0..SHARES {
            let (on, given) = (dice.below(WORKSPACES), GIVEN[dice.below(GIVEN.len())]);
            let mask = preset.role("workspace", given).map_or(Mask::EMPTY, |role| role.floor);
            let (to_people, to_groups): &mut Shared = &mut granted[on];
            let subject = if dice.below(4) == 0 {
                let group = dice.below(GROUPS);
                to_groups.push((u16::try_from(group).unwrap_or_default(), mask));
                Subject::Group(groups[group])
            } else {
                let person = dice.below(many);
                to_people.push((u32::try_from(person).unwrap_or_default(), mask));
                Subject::Member(ids[person].0)
            };
            index.put_grant(&grant(organization, dice.id(), workspaces[on], subject, given)).map_err(unfit)?;
        }
        for (to_people, to_groups) in &mut granted {
            to_people.sort_by_key(|(person, _)| *person);
            to_groups.sort_by_key(|(group, _)| *group);
        }
        let mut world = Self { index, questions: Vec::new(), bare: Vec::new(), people, granted };
        for n in 0..QUESTIONS {
            let on = dice.below(WORKSPACES);
            // Half of them about somebody whom the workspace is shared with.
            let shared = &world.granted[on].0;
            let person = if n % 2 == 0 { shared[dice.below(shared.len())].0 as usize } else { dice.below(many) };
            let permission = PERMISSIONS[dice.below(PERMISSIONS.len())];
            let bit = preset.bit(permission).ok_or("an unknown permission")?;
            world.questions.push(Question { user: ids[person].1, permission, external_id: name(on) });
            world.bare.push(Bare { person, workspace: on, bit });
        }
        world.compare()?;
        Ok(world)
    }

    /// The check as a product asks it: by a person's id, a type and an outside name, a permission's name.
    pub(crate) fn ask(&self, question: &Question) -> bool {
        let index = &self.index;
        let Some(member) = index.member_of(question.user) else { return false };
        let Some(at) = index.resource_named("workspace", &question.external_id) else { return false };
        let Some(bit) = index.rules().preset().bit(question.permission) else { return false };
        index.may(&Asked { member, at: Some(at), scopes: None, now: Timestamp::from_micros(1) }, bit)
    }

    /// The least that can be done for an answer: numbers and masks.
    fn ask_bare(&self, asked: Bare) -> bool {
        let (Some((floor, groups)), Some((people, shared))) =
            (self.people.get(asked.person), self.granted.get(asked.workspace))
        else {
            return false;
        };
        let mut mask = *floor;
        let person = u32::try_from(asked.person).unwrap_or_default();
        let from = people.partition_point(|(who, _)| *who < person);
        for (_, given) in people.iter().skip(from).take_while(|(who, _)| *who == person) {
            mask |= *given;
        }
        for group in groups {
            let from = shared.partition_point(|(who, _)| who < group);
            for (_, given) in shared.iter().skip(from).take_while(|(who, _)| who == group) {
                mask |= *given;
            }
        }
        mask.contains(asked.bit)
    }

    fn compare(&self) -> Outcome<()> {
        let ours: Vec<bool> = self.questions.iter().map(|question| self.ask(question)).collect();
        let bare: Vec<bool> = self.bare.iter().map(|asked| self.ask_bare(*asked)).collect();
        let allowed = ours.iter().filter(|answer| **answer).count();
        match ours == bare && allowed > QUESTIONS / 10 && allowed < QUESTIONS * 9 / 10 {
            true => Ok(()),
            false => Err(format!("the answers differ, or {allowed} of {QUESTIONS} allowed is one-sided")),
        }
    }

    fn run(&self, bare: bool, times: usize) -> usize {
        let one = |n: usize| match bare {
            true => self.bare.get(n).is_some_and(|asked| self.ask_bare(black_box(*asked))),
            false => self.questions.get(n).is_some_and(|question| self.ask(black_box(question))),
        };
        (0..times * QUESTIONS).filter(|n| one(n % QUESTIONS)).count()
    }
}

pub(crate) fn name(number: usize) -> String {
    format!("workspace-{number:05}")
}

fn workspace(organization: OrgId, id: ResourceId, number: usize) -> Resource {
    Resource {
        id,
        organization,
        kind: "workspace".to_owned(),
        external_id: Some(name(number)),
        name: String::new(),
        parent: None,
        owner: None,
        controlled: false,
        created_at: Timestamp::default(),
        revision: 0,
    }
}

fn grant(organization: OrgId, id: Uuid, resource: ResourceId, subject: Subject, role: &str) -> Grant {
    Grant {
        id: GrantId::new(id),
        organization,
        resource,
        subject,
        given: Given::Role(role.to_owned()),
        expires_at: None,
        created_at: Timestamp::default(),
        created_by: None,
    }
}

/// What valgrind runs: the workload, asked so many times.
pub(crate) async fn ask(many: &str, which: &str, times: &str) -> Outcome<()> {
    let number = |text: &str| text.parse::<usize>().map_err(|e| format!("`{text}`: {e}"));
    let world = World::new(number(many)?)?;
    let allowed = match which {
        "bare" | "index" => world.run(which == "bare", number(times)?),
        peer => ask_peer(peer, &world, number(times)?).await?,
    };
    println!("{allowed} allowed, {} bytes", world.index.bytes());
    Ok(())
}

#[cfg(feature = "peers")]
async fn ask_peer(name: &str, world: &World, times: usize) -> Outcome<usize> {
    let mut peer = crate::peers::peer(name, world).await?;
    crate::peers::ask(peer.as_mut(), world, QUESTIONS, times)
}

#[cfg(not(feature = "peers"))]
async fn ask_peer(name: &str, _: &World, _: usize) -> Outcome<usize> {
    Err(format!("`{name}` was not built in"))
}

/// Instructions of one question: the difference between few and many.
pub(crate) fn instructions(many: usize, which: &str) -> Option<f64> {
    let this = std::env::current_exe().ok()?;
    let count = |times: &str| {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(&this);
        let output = valgrind.args(["ask", &many.to_string(), which, times]).output().ok()?;
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        told.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse::<f64>().ok())
    };
    #[allow(clippy::cast_precision_loss, reason = "some thousands")]
    Some((count("6")? - count("1")?) / (5 * QUESTIONS) as f64)
}

/// Nanoseconds of one question.
pub(crate) fn nanoseconds(world: &World, bare: bool) -> f64 {
    const TIMES: usize = 200;
    let begun = Instant::now();
    black_box(world.run(bare, TIMES));
    #[allow(clippy::cast_precision_loss, reason = "some hundred thousands")]
    let questions = (TIMES * QUESTIONS) as f64;
    begun.elapsed().as_secs_f64() * 1e9 / questions
}

/// The index beside bare masks, for two sizes.
pub(crate) fn figures(rounds: usize) -> Outcome<Vec<Figure>> {
    let mut figures = Vec::new();
    let names = [
        (10_000, "check in process, 10,000 people, instructions (goal: at most 640)", "the same, ns"),
        (100_000, "check in process, 100,000 people, instructions (goal: at most 640)", "the same, ns"),
    ];
    for (many, counted, timed) in names {
        let world = World::new(many)?;
        let times = (0..rounds).map(|_| (nanoseconds(&world, false), nanoseconds(&world, true)));
        let (ours, theirs): (Vec<f64>, Vec<f64>) = times.unzip();
        let figure = |what, ours, theirs| Figure {
            what,
            on: "in process",
            against: "bare masks, interned numbers",
            goal: None,
            ours,
            theirs,
            limit: LIMIT,
        };
        if let (Some(ours), Some(bare)) = (instructions(many, "index"), instructions(many, "bare")) {
            figures.push(figure(counted, vec![ours], vec![bare]));
        }
        figures.push(figure(timed, ours, theirs));
    }
    Ok(figures)
}
