//! One generated organization and questions about it, as the rights index has it and as bare
//! references have it. Every reference is held to the same answers.

use std::hint::black_box;
use std::sync::Arc;

use guildhall_domain::ids::{GrantId, GroupId, MemberId, OrgId, ResourceId, UserId};
use guildhall_domain::index::{Asked, Index, MemberAt, ResourceAt};
use guildhall_domain::member::{MemberKind, Status};
use guildhall_domain::permission::{Bit, Mask};
use guildhall_domain::preset::{Preset, Rules, built_in};
use guildhall_domain::resource::{Given, Grant, Resource, Subject};
use guildhall_domain::time::Timestamp;
use uuid::Uuid;

use crate::Outcome;
use crate::hashed::Hashed;

/// Questions of the workload, asked again and again.
pub(crate) const QUESTIONS: usize = 1_000;
const GROUPS_OF_ONE: usize = 3;
const ROLES: [&str; 4] = ["guest", "member", "member", "admin"];
const GIVEN: [&str; 3] = ["viewer", "editor", "manager"];
pub(crate) const PERMISSIONS: [&str; 4] = ["workspace.read", "workspace.edit", "project.manage", "workspace.share"];

/// Chance that goes the same way every time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        self.0 ^ (self.0 >> 29)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() >> 32) as usize % end
    }

    pub(crate) fn id(&mut self) -> Uuid {
        Uuid::from_u128(u128::from(self.next()) << 64 | u128::from(self.next()))
    }
}

/// How much there is of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) people: usize,
    pub(crate) groups: usize,
    pub(crate) workspaces: usize,
    pub(crate) shares: usize,
}

impl Size {
    /// The workload of all comparisons.
    pub(crate) const fn of(people: usize) -> Self {
        Self { people, groups: 500, workspaces: 200, shares: 20_000 }
    }

    #[cfg(feature = "peers")]
    /// A tenth of it, for engines that cannot bear the whole.
    pub(crate) const fn small() -> Self {
        Self { people: 1_000, groups: 50, workspaces: 20, shares: 2_000 }
    }
}

/// A question by the names products use.
pub(crate) struct Question {
    pub(crate) user: UserId,
    pub(crate) permission: &'static str,
    pub(crate) external_id: String,
}

/// The same by the index's handles.
#[derive(Clone, Copy)]
struct Handles {
    member: MemberAt,
    at: ResourceAt,
}

/// The same by numbers, for the bare reference.
#[derive(Clone, Copy)]
pub(crate) struct Bare {
    pub(crate) person: usize,
    pub(crate) workspace: usize,
    bit: Bit,
}

/// What is granted to people and to groups, by number.
pub(crate) type Shared = (Vec<(u32, Mask)>, Vec<(u16, Mask)>);

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Which {
    /// The index, by the names products use.
    Index,
    /// The index, by handles that were looked up before.
    Handles,
    /// Numbers and masks, nothing to look up.
    Masks,
    /// Hash maps by 128-bit ids, and masks.
    Hashed,
}

impl Which {
    pub(crate) const ALL: [(&str, Self); 4] =
        [("index", Self::Index), ("handles", Self::Handles), ("masks", Self::Masks), ("hashed", Self::Hashed)];
}

/// One organization, several times.
pub(crate) struct World {
    pub(crate) index: Index,
    pub(crate) questions: Vec<Question>,
    pub(crate) bare: Vec<Bare>,
    handles: Vec<Handles>,
    hashed: Hashed,
    /// Of each person: what the role gives below the organization, and the groups.
    pub(crate) people: Vec<(Mask, [u16; GROUPS_OF_ONE])>,
    /// Of each workspace: what is granted to people and to groups, by number.
    pub(crate) granted: Vec<Shared>,
}

fn unfit(_: guildhall_domain::index::Unfit) -> String {
    "the workload does not fit".to_owned()
}

fn preset() -> Outcome<Arc<Preset>> {
    Ok(built_in("standard").ok_or("no preset `standard`")?)
}

/// People in three groups each, and nothing else.
pub(crate) struct Placed {
    pub(crate) index: Index,
    pub(crate) ids: Vec<(MemberId, UserId)>,
    groups: Vec<GroupId>,
    /// The numbers of the groups somebody is in.
    seats: Vec<[u16; GROUPS_OF_ONE]>,
}

pub(crate) fn people(size: Size, dice: &mut Dice) -> Outcome<Placed> {
    let preset = preset()?;
    let rules = Arc::new(Rules::new(Arc::clone(&preset), preset.policy.clone()));
    let mut index = Index::new(OrgId::new(Uuid::nil()), rules, 99);
    let groups: Vec<GroupId> = (0..size.groups).map(|_| GroupId::new(dice.id())).collect();
    groups.iter().for_each(|group| index.put_group(*group));
    let (mut ids, mut seats) = (Vec::with_capacity(size.people), Vec::with_capacity(size.people));
    for n in 0..size.people {
        let (member, user) = (MemberId::new(dice.id()), UserId::new(dice.id()));
        index.put_member(member, Some(user), MemberKind::Person, ROLES[n % ROLES.len()], Status::Active);
        let mine = [(); GROUPS_OF_ONE].map(|()| dice.below(size.groups));
        for group in mine {
            index.put_seat(groups[group], member, false).map_err(unfit)?;
        }
        ids.push((member, user));
        seats.push(mine.map(|group| u16::try_from(group).unwrap_or_default()));
    }
    Ok(Placed { index, ids, groups, seats })
}

impl World {
    pub(crate) fn new(size: Size) -> Outcome<Self> {
        let (preset, mut dice) = (preset()?, Dice(7));
        let Placed { mut index, ids, groups, seats } = people(size, &mut dice)?;
        let floor = |n: usize| {
            let rights = index.rules().rights(ROLES[n % ROLES.len()]);
            rights.floor & rights.below & rights.ceiling
        };
        let people: Vec<_> = seats.into_iter().enumerate().map(|(n, seats)| (floor(n), seats)).collect();
        let mut workspaces = Vec::new();
        for n in 0..size.workspaces {
            let id = ResourceId::new(dice.id());
            index.put_resource(&workspace(id, n)).map_err(unfit)?;
            workspaces.push(id);
        }
        let mut granted = vec![Shared::default(); size.workspaces];
        for _ in 0..size.shares {
            let (on, given) = (dice.below(size.workspaces), GIVEN[dice.below(GIVEN.len())]);
            let mask = preset.role("workspace", given).map_or(Mask::EMPTY, |role| role.floor);
            let (to_people, to_groups) = &mut granted[on];
            let subject = if dice.below(4) == 0 {
                let group = dice.below(size.groups);
                to_groups.push((u16::try_from(group).unwrap_or_default(), mask));
                Subject::Group(groups[group])
            } else {
                let person = dice.below(size.people);
                to_people.push((u32::try_from(person).unwrap_or_default(), mask));
                Subject::Member(ids[person].0)
            };
            index.put_grant(&grant(dice.id(), workspaces[on], subject, given)).map_err(unfit)?;
        }
        for (to_people, to_groups) in &mut granted {
            to_people.sort_by_key(|(person, _)| *person);
            to_groups.sort_by_key(|(group, _)| *group);
        }
        let hashed = Hashed::new(&ids, &people, &workspaces, &granted);
        let (questions, bare, handles) = (Vec::new(), Vec::new(), Vec::new());
        let mut world = Self { index, questions, bare, handles, hashed, people, granted };
        world.think_up(&ids, &workspaces, &mut dice)?;
        world.compare()?;
        Ok(world)
    }

    /// The questions. Half of them are about somebody whom the workspace is shared with.
    fn think_up(&mut self, ids: &[(MemberId, UserId)], workspaces: &[ResourceId], dice: &mut Dice) -> Outcome<()> {
        for n in 0..QUESTIONS {
            let on = dice.below(workspaces.len());
            let shared = &self.granted[on].0;
            let person = if n % 2 == 0 { shared[dice.below(shared.len())].0 as usize } else { dice.below(ids.len()) };
            let permission = PERMISSIONS[dice.below(PERMISSIONS.len())];
            let bit = self.index.rules().preset().bit(permission).ok_or("an unknown permission")?;
            let (member, user) = ids[person];
            self.questions.push(Question { user, permission, external_id: name(on) });
            self.bare.push(Bare { person, workspace: on, bit });
            self.hashed.questions.push((user.uuid(), workspaces[on].uuid(), bit));
            let member = self.index.member(member).ok_or("a member who is not there")?;
            let at = self.index.resource(workspaces[on]).ok_or("a workspace that is not there")?;
            self.handles.push(Handles { member, at });
        }
        Ok(())
    }

    /// The check as a product asks it: by a person's id, a type and an outside name, a permission's name.
    pub(crate) fn ask(&self, question: &Question) -> bool {
        let index = &self.index;
        let Some(member) = index.member_of(question.user) else { return false };
        let Some(at) = index.resource_named("workspace", &question.external_id) else { return false };
        let Some(bit) = index.rules().preset().bit(question.permission) else { return false };
        index.may(&Asked { member, at: Some(at), scopes: None, now: Timestamp::from_micros(1) }, bit)
    }

    fn ask_handles(&self, Handles { member, at }: Handles, bit: Bit) -> bool {
        self.index.may(&Asked { member, at: Some(at), scopes: None, now: Timestamp::from_micros(1) }, bit)
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
        let answers = |which| (0..QUESTIONS).map(|n| self.answer(which, n)).collect::<Vec<bool>>();
        let ours = answers(Which::Index);
        let allowed = ours.iter().filter(|answer| **answer).count();
        if !(QUESTIONS / 10..QUESTIONS * 9 / 10).contains(&allowed) {
            return Err(format!("{allowed} of {QUESTIONS} allowed is one-sided"));
        }
        match Which::ALL.iter().find(|(_, which)| answers(*which) != ours) {
            Some((name, _)) => Err(format!("the answers of `{name}` differ")),
            None => Ok(()),
        }
    }

    fn answer(&self, which: Which, n: usize) -> bool {
        match which {
            Which::Index => self.ask(&self.questions[n]),
            Which::Handles => self.ask_handles(self.handles[n], self.bare[n].bit),
            Which::Masks => self.ask_bare(self.bare[n]),
            Which::Hashed => self.hashed.ask(&self.hashed.questions[n]),
        }
    }

    /// All questions so many times; how many were allowed.
    pub(crate) fn run(&self, which: Which, times: usize) -> usize {
        let (questions, hashed) = (&self.questions, &self.hashed);
        let handles = || self.handles.iter().zip(&self.bare);
        let once = || match which {
            Which::Index => questions.iter().filter(|asked| self.ask(black_box(asked))).count(),
            Which::Handles => {
                handles().filter(|(at, Bare { bit, .. })| self.ask_handles(black_box(**at), *bit)).count()
            }
            Which::Masks => self.bare.iter().filter(|asked| self.ask_bare(black_box(**asked))).count(),
            Which::Hashed => hashed.questions.iter().filter(|asked| hashed.ask(black_box(asked))).count(),
        };
        (0..times).map(|_| once()).sum()
    }
}

pub(crate) fn name(number: usize) -> String {
    format!("workspace-{number:05}")
}

fn workspace(id: ResourceId, number: usize) -> Resource {
    Resource {
        id,
        organization: OrgId::new(Uuid::nil()),
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

fn grant(id: Uuid, resource: ResourceId, subject: Subject, role: &str) -> Grant {
    Grant {
        id: GrantId::new(id),
        organization: OrgId::new(Uuid::nil()),
        resource,
        subject,
        given: Given::Role(role.to_owned()),
        expires_at: None,
        created_at: Timestamp::default(),
        created_by: None,
    }
}
