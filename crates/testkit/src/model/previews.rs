//! Dry runs: what a write would do, and who would gain or lose what by it.

use serde_json::{Value, json};

use super::rules::shown;
use super::{Member, Model, Organization};

impl Model {
    /// What a write would do.
    pub(super) fn preview(&self, before: &Self) -> Value {
        let changes: Vec<Value> = self.told.iter().map(|kind| json!({"type": kind})).collect();
        // Which organization comes first of those that one request concerns is nobody's business.
        let everywhere = self.told.contains(&"identity.deleted");
        let changes = if everywhere { json!({"$set": changes}) } else { json!(changes) };
        let mails: Vec<Value> = self.letters.iter().map(|l| json!({"to": l.to, "kind": l.kind})).collect();
        let (gained, lost) = self.access_since(before);
        json!({"changes": changes, "mails": {"$set": mails}, "access_gained": {"$set": gained}, "access_lost": {"$set": lost}, "items": self.items})
    }

    /// Who has other rights at the organization than before because membership, role, groups or policy are others.
    fn access_since(&self, before: &Self) -> (Vec<Value>, Vec<Value>) {
        let (mut gained, mut lost) = (Vec::new(), Vec::new());
        for organization in self.organizations.iter().filter(|o| !o.deleted) {
            let here = self.members.iter().filter(|m| m.organization == organization.id);
            for member in here {
                let old = before.members.iter().find(|m| m.id == member.id);
                let was = before.organizations.iter().find(|o| o.id == organization.id).unwrap_or(organization);
                let had = old.map(|m| before.rights_at_root(m, was)).unwrap_or_default();
                let has = self.rights_at_root(member, organization);
                let label = if member.program { &member.name } else { &member.email };
                let item = |list: Vec<String>| json!({"email": label, "permissions": {"$set": shown(&list)}});
                let more: Vec<String> = has.iter().filter(|p| !had.contains(p)).cloned().collect();
                let less: Vec<String> = had.iter().filter(|p| !has.contains(p)).cloned().collect();
                gained.extend((!more.is_empty()).then(|| item(more)));
                lost.extend((!less.is_empty()).then(|| item(less)));
            }
        }
        (gained, lost)
    }

    /// What the role and the groups give at the organization.
    fn rights_at_root(&self, m: &Member, of: &Organization) -> Vec<String> {
        if m.status != "active" {
            return Vec::new();
        }
        let ceiling = of.rules.reach.iter().find(|r| r.slug == m.role).map(|r| r.ceiling.clone()).unwrap_or_default();
        let mine = self.groups.iter().filter(|g| g.seats.iter().any(|(who, _)| *who == m.id));
        let by_groups = mine.flat_map(|g| of.rules.whole(&g.gives));
        let by_groups = by_groups.filter(|p| ceiling.contains(p) && !of.knobs_take(&m.role, p));
        let given: Vec<String> = of.role_rights(&m.role).into_iter().chain(by_groups).collect();
        of.rules.permissions.iter().filter(|p| given.contains(p)).cloned().collect()
    }
}
