//! The laws themselves: an index walks through a history beside plain lists, and every answer of both is
//! compared. Does not choose the history: chance does, or the bytes of whoever searches for a bad one.

use std::sync::{Arc, LazyLock};

use guildhall_domain::change::Change;
use guildhall_domain::condition::{Properties, Scene};
use guildhall_domain::group::{Belonging, GroupChange};
use guildhall_domain::identity::Identity;
use guildhall_domain::ids::{MemberId, ShareLinkId, UserId};
use guildhall_domain::index::{Asked, Followed, Index, MemberAt};
use guildhall_domain::member::{Member, MemberKind, Status};
use guildhall_domain::permission::{Bit, Mask};
use guildhall_domain::preset::{BUILT_IN, Conditional, Preset, built_in};
use guildhall_domain::reach::{self, Ground, Who};
use guildhall_domain::resource::{Grant, Resource, ShareLink};
use guildhall_domain::rights::{self, Reason};
use guildhall_domain::time::Timestamp;
use serde_json::Map;
use uuid::Uuid;

use crate::facts::{Dice, Facts};

/// Somebody of whom nothing is to know but who they are.
pub(crate) fn nobody(id: UserId) -> Identity {
    Identity {
        id,
        email: String::new(),
        email_verified_at: None,
        name: String::new(),
        handle: None,
        administrator: false,
        valid_from: Timestamp::default(),
        revision: 0,
        created_at: Timestamp::default(),
    }
}

/// What is true of a question where it is said, and what is known without being said.
const CONDITIONS: &str = r#"
[[condition]]
slug = "said"
label = "where it is said"
permissions = ["workspace.*"]
when = "context.said"

[[condition]]
slug = "known"
label = "for guests, in workspaces"
permissions = ["workspace.read", "workspace.edit"]
when = "subject.role == 'guest' && resource.type == 'workspace'"
"#;

/// The standard preset with everything that no built-in one has: owners and managers of groups with
/// rights of their own on workspaces, a role that manages all its groups, and conditions.
pub(crate) fn managed() -> Arc<Preset> {
    let (_, text) = BUILT_IN.iter().find(|(file, _)| *file == "standard.toml").expect("built in");
    let types = "plural = \"Workspaces\"\nowner = [\"workspace.*\", \"!workspace.share\"]\ngroup_manager = [\"workspace.read\", \"workspace.edit\"]\n";
    let text = text.replacen("plural = \"Workspaces\"\n", types, 1);
    let text = text.replacen("slug = \"guest\"\n", "slug = \"guest\"\nmanages = \"groups_they_are_in\"\n", 1);
    Arc::new(Preset::parse("managed.toml", &(text + CONDITIONS)).expect("a preset"))
}

pub(crate) fn presets() -> Vec<Arc<Preset>> {
    let named = ["standard", "cloudtruth", "planasonix", "onyx"].map(|name| built_in(name).expect("built in"));
    named.into_iter().chain([managed()]).collect()
}

/// Whether an index goes on from these changes in place.
fn can_be_followed(changes: &[Change]) -> bool {
    !changes.iter().any(|change| match change {
        Change::Group(GroupChange::Created { group } | GroupChange::Deleted { group }) => !group.permissions.is_empty(),
        Change::Group(GroupChange::PermissionsSet { .. }) | Change::PolicyChanged { .. } => true,
        _ => false,
    })
}

fn told(inputs: &rights::Inputs<'_>, bit: Bit) -> Vec<String> {
    rights::explain(inputs, bit).iter().map(|reason| format!("{reason:?}")).collect()
}

/// A question, put to both.
struct Question {
    member: Member,
    groups: Vec<Belonging>,
    resource: Option<Resource>,
    ground: Ground,
    scopes: Option<Mask>,
}

impl Facts {
    fn question(&mut self) -> Option<Question> {
        let member = self.dice.of(&self.members)?.clone();
        let resource = self.dice.of(&self.resources).cloned().filter(|_| !self.dice.one_in(6));
        let ground = self.ground(resource.as_ref().map(|r| r.id));
        let mine = self.seats.iter().filter(|(_, m, _)| *m == member.id);
        let mut groups: Vec<Belonging> =
            mine.map(|(group, _, manager)| Belonging { group: *group, manager: *manager }).collect();
        groups.sort_by_key(|one| one.group);
        let rules = Arc::clone(&self.rules);
        let scopes = self.dice.one_in(4).then(|| {
            rules.preset().catalogue.iter().map(|(bit, _)| bit).filter(|_| self.dice.one_in(2)).collect::<Mask>()
        });
        Some(Question { member, groups, resource, ground, scopes })
    }

    /// A random question to both; says whether anything was allowed.
    fn compare(&mut self, index: &Index) -> bool {
        let Some(asked) = self.question() else { return false };
        let (rules, now) = (Arc::clone(&self.rules), Timestamp::from_micros(self.now));
        let member = &asked.member;
        let standing = rules.standing(&member.role, member.status == Status::Active, asked.scopes);
        let who = Who { member: member.id, groups: &asked.groups };
        let right = reach::rights(&rules, Some(standing), asked.ground.site(), who, now);

        let here = self.found(index, &asked);
        let at = asked.resource.as_ref().map(|r| index.resource(r.id).expect("the resource is there"));
        let question = Asked { member: here, at, scopes: asked.scopes, now };
        self.compare_ground(&asked.ground, &index.ground(at));
        assert_eq!(index.effective(&question), right, "{member:?} in {:?} at {:?}", asked.groups, asked.ground);
        let bits: Vec<Bit> = rules.preset().catalogue.iter().map(|(bit, _)| bit).collect();
        let bit = *self.dice.of(&bits).expect("a permission");
        assert_eq!(index.may(&question, bit), right.contains(bit), "{bit:?} of {right:?}");
        self.compare_conditions(index, &question, (&asked, right), bit);
        if self.dice.one_in(10) {
            let why = reach::with(&rules, Some(standing), asked.ground.site(), who, now, |inputs| told(inputs, bit));
            assert_eq!(index.spelled_out(&question, |inputs| told(inputs, bit)), why);
            self.compare_link(&asked.ground, &index.ground(at), bit);
        }
        !right.is_empty()
    }

    /// The same question where conditions are looked at: what the conditions above mean, spelled out.
    fn compare_conditions(&mut self, index: &Index, question: &Asked, (asked, right): (&Question, Mask), bit: Bit) {
        let said = [None, Some(false), Some(true)][self.dice.below(3)];
        let mut told = Properties::default();
        told.context.extend(said.map(|said| ("said".to_owned(), said.into())));
        let met = |slug: &str| match slug {
            "said" => said == Some(true),
            _ => asked.member.role == "guest" && asked.resource.as_ref().is_some_and(|r| r.kind == "workspace"),
        };
        let catalogue = &self.rules.preset().catalogue;
        let stands_for = |one: &&Conditional| right.contains(one.bit) && met(&one.condition.slug);
        let by_condition: Mask = catalogue.conditional().iter().filter(stands_for).map(|one| one.of).collect();
        let names: Mask = catalogue.conditional().iter().map(|one| one.bit).collect();
        let allowed = (right | by_condition) - names;
        assert_eq!(index.settled(question, &told), allowed, "{said:?} of {right:?}");
        if !names.contains(bit) {
            assert_eq!(index.may_with(question, bit, &told), allowed.contains(bit), "{bit:?} {said:?} of {right:?}");
            let scene = || index.scene(question, &told);
            let denied = index.spelled_out(question, |inputs| {
                reach::explain(catalogue, inputs, bit, scene).iter().any(Reason::denies)
            });
            assert_eq!(denied, !allowed.contains(bit));
        }
    }

    /// Whoever and whatever the question names, by every name.
    fn found(&self, index: &Index, asked: &Question) -> MemberAt {
        let member = &asked.member;
        let here = index.member(member.id).expect("the member is there");
        assert_eq!(index.status_of(here), Some(member.status));
        assert_eq!(index.role_of(here), Some(member.role.as_str()));
        assert_eq!(index.is_program(here), member.kind == MemberKind::ServiceAccount);
        assert_eq!(index.groups_of(here), asked.groups);
        assert_eq!(member.user.and_then(|user| index.member_of(user)), member.user.map(|_| here));
        if let Some(found) = &asked.resource
            && let Some(external) = &found.external_id
        {
            assert_eq!(index.resource_named(&found.kind, external), index.resource(found.id));
        }
        here
    }

    /// The same ways with the same grants on them, told by an index.
    fn compare_ground(&self, right: &Ground, ours: &Ground) {
        let told = |ground: &Ground| {
            let way = |path: &[Resource], grants: &[Grant]| {
                let path: Vec<_> =
                    path.iter().map(|r| (r.id, r.kind.clone(), r.parent, r.owner, r.controlled)).collect();
                let grants = grants.iter().map(|g| (g.id, g.resource, g.subject, g.given.clone(), g.expires_at));
                (path, grants.collect::<Vec<_>>())
            };
            let mut receivers: Vec<_> = ground.receivers.iter().map(|one| way(&one.path, &one.grants)).collect();
            receivers.sort_by_key(|(path, _)| path.last().map(|(id, ..)| *id));
            (way(&ground.path, &ground.grants), receivers)
        };
        assert_eq!(told(ours), told(right));
    }

    /// What a link on one of the ways gives.
    fn compare_link(&mut self, right: &Ground, ours: &Ground, bit: Bit) {
        let Some(shared) = self.dice.of(&self.resources).cloned() else { return };
        let shared = self.dice.of(&right.path).cloned().unwrap_or(shared);
        let link = ShareLink {
            id: ShareLinkId::new(self.dice.id()),
            organization: self.organization,
            resource: shared.id,
            given: self.given(&shared.kind),
            last4: String::new(),
            expires_at: None,
            created_at: Timestamp::default(),
            created_by: MemberId::new(Uuid::nil()),
        };
        let answer = |ground: &Ground| -> (bool, String) {
            let (kind, resource) = ground.named(self.organization);
            let (subject, id, told) = ("share_link", link.id.to_string(), Properties::none());
            let scene = || Scene { subject, id, role: None, groups: Vec::new(), kind, resource, told };
            let (allowed, reason): (bool, Reason<'_>) = reach::by_link(&self.rules, &link, ground.site(), bit, scene);
            (allowed, format!("{reason:?}"))
        };
        assert_eq!(answer(ours), answer(right));
    }
}

/// What a walk went through.
#[derive(Default)]
pub(crate) struct Walked {
    /// Changes that could not be followed.
    pub(crate) lost: usize,
    /// Questions that were allowed something.
    pub(crate) allowed: usize,
}

/// A history of so many steps, or shorter where chance came as bytes that ran out.
pub(crate) fn walk(facts: &mut Facts, steps: usize) -> Walked {
    let mut walked = Walked::default();
    let mut index = facts.load();
    let mut before: Option<(Index, Asked, Mask)> = None;
    for _ in 0..steps {
        if facts.dice.is_over() {
            break;
        }
        let mut changes = facts.step();
        facts.revision += 1;
        if facts.dice.one_in(200) {
            // A change that cannot be followed: the rules of everybody.
            let organization = facts.organization;
            changes.push(Change::PolicyChanged { organization, before: Map::new(), after: Map::new() });
        }
        if facts.dice.one_in(200) {
            // Loaded anew in the middle.
            index = facts.load();
        } else if can_be_followed(&changes) {
            assert_eq!(index.follow(facts.revision, &changes), Followed::Here, "{changes:?}");
        } else {
            assert_eq!(index.follow(facts.revision, &changes), Followed::Lost);
            (index, walked.lost) = (facts.load(), walked.lost + 1);
        }
        for _ in 0..2 {
            walked.allowed += usize::from(facts.compare(&index));
        }
        // Whoever holds an older version goes on reading what was so then.
        if let Some((old, asked, mask)) = &before {
            assert_eq!(old.effective(asked), *mask);
        }
        if facts.dice.one_in(50)
            && let Some(member) = facts.dice.of(&facts.members).and_then(|m| index.member(m.id))
        {
            let at = facts.dice.of(&facts.resources).and_then(|r| index.resource(r.id));
            let asked = Asked { member, at, scopes: None, now: Timestamp::from_micros(facts.now) };
            before = Some((index.clone(), asked, index.effective(&asked)));
        }
    }
    assert_eq!(index.revision(), facts.revision);
    walked
}

/// A history that bytes choose, for whoever searches for a bad one.
pub(crate) fn walk_bytes(bytes: &[u8]) -> Walked {
    // Read once: a fuzzer comes by thousands of times.
    static PRESETS: LazyLock<Vec<Arc<Preset>>> = LazyLock::new(presets);
    let presets = &*PRESETS;
    let kind = usize::from(bytes.first().copied().unwrap_or_default());
    let mut facts = Facts::new(&presets[kind % presets.len()], kind as u64 / 16, Dice::of_bytes(bytes));
    walk(&mut facts, usize::MAX)
}
