//! Usage limits, what was used, and the account of an organization.

use serde_json::{Value, json};

use super::organizations::Place;
use super::rules::{key, tidy};
use super::{Call, Member, Model, Outcome, Seconds, no};

/// A usage limit.
#[derive(Clone, Debug)]
pub struct Limit {
    pub id: String,
    pub organization: String,
    /// `organization`, `group` or `member`, and which.
    pub scope: (String, Option<String>),
    pub unit: String,
    pub budget: u64,
    pub period_s: Seconds,
    pub pooled: bool,
    pub enabled: bool,
    pub revision: u64,
}

/// Something used, by a member or nobody in particular.
#[derive(Clone, Debug)]
pub struct Use {
    pub organization: String,
    pub unit: String,
    pub member: Option<String>,
    pub at: Seconds,
    pub amount: u64,
}

/// What an organization's account says.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    pub plan: Option<String>,
    pub contacts: Vec<String>,
    pub revision: u64,
}

/// Whose use a limit adds up: everybody's, or that of these members.
type Whose = Option<Vec<String>>;

impl Model {
    fn limit(&self, place: &Place, id: &str) -> Outcome<Limit> {
        let found = self.limits.iter().find(|l| l.organization == place.id && l.id == id);
        found.cloned().map_or_else(|| no(404, "not_found"), Ok)
    }

    /// Each use counts to the end of its second.
    fn used(&self, limit: &Limit, whose: &Whose) -> u64 {
        let counts = |u: &&Use| {
            let theirs = whose.as_ref().is_none_or(|list| u.member.as_ref().is_some_and(|m| list.contains(m)));
            let of_limit = u.organization == limit.organization && u.unit == limit.unit;
            theirs && of_limit && u.at + 1 + limit.period_s > self.now
        };
        self.uses.iter().filter(counts).map(|u| u.amount).sum()
    }

    fn seated(&self, group: &str) -> Vec<String> {
        let seats = self.groups.iter().filter(|g| g.id == group).flat_map(|g| &g.seats);
        seats.map(|(member, _)| member.clone()).collect()
    }

    fn limit_view(&self, limit: &Limit) -> Value {
        let whose: Option<Whose> = match (limit.scope.0.as_str(), &limit.scope.1) {
            ("organization", _) => Some(None),
            ("group", Some(group)) => limit.pooled.then(|| Some(self.seated(group))),
            (_, one) => one.clone().map(|one| Some(vec![one])),
        };
        let used = whose.map(|whose| self.used(limit, &whose));
        json!({
            "id": limit.id,
            "scope": {"type": limit.scope.0, "id": limit.scope.1},
            "unit": limit.unit,
            "budget": limit.budget,
            "period_s": limit.period_s,
            "pooled": limit.pooled,
            "enabled": limit.enabled,
            "used": used,
            "remaining": used.map(|used| limit.budget.saturating_sub(used)),
            "revision": limit.revision,
        })
    }

    pub(super) fn create_limit(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "limit.manage")?;
        let body = &c.asked.body;
        let kind = body["scope"]["type"].as_str().unwrap_or_default().to_owned();
        let which = body["scope"]["id"].as_str().map(str::to_owned);
        let known = match (kind.as_str(), &which) {
            ("organization", None) | ("member", None) => true,
            ("group", Some(id)) => self.groups.iter().any(|g| g.organization == place.id && g.id == *id),
            ("member", Some(id)) => self.member(&place.id, id).is_some(),
            _ => return no(422, "request.invalid"),
        };
        if !known {
            return no(422, "usage_limit.scope");
        }
        let period_s = body["period_s"].as_i64().unwrap_or_default();
        if period_s < 1 {
            return no(422, "request.invalid");
        }
        let (id, revision) = (self.fresh("lim"), self.at(&place).revision);
        let made = Limit {
            id,
            organization: place.id.clone(),
            pooled: kind == "organization" || kind == "group" && body["pooled"] != json!(false),
            scope: (kind, which),
            unit: c.text("unit").unwrap_or_default().to_owned(),
            budget: body["budget"].as_u64().unwrap_or_default(),
            period_s,
            enabled: body["enabled"] != json!(false),
            revision,
        };
        self.limits.push(made.clone());
        self.tell(&place.id, "usage_limit.created");
        Ok((201, self.limit_view(&made)))
    }

    pub(super) fn list_limits(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "limit.manage")?;
        let here = self.limits.iter().filter(|l| l.organization == place.id);
        let items: Vec<Value> = here.map(|l| self.limit_view(l)).collect();
        Ok((200, json!({"items": items})))
    }

    pub(super) fn show_limit(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "limit.manage")?;
        Ok((200, self.limit_view(&self.limit(&place, c.arg(1))?)))
    }

    pub(super) fn edit_limit(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "limit.manage")?;
        let found = self.limit(&place, c.arg(1))?;
        c.seen(found.revision)?;
        let (body, mut after) = (&c.asked.body, found.clone());
        after.budget = body["budget"].as_u64().unwrap_or(found.budget);
        after.period_s = body["period_s"].as_i64().unwrap_or(found.period_s);
        after.enabled = body["enabled"].as_bool().unwrap_or(found.enabled);
        if found.scope.0 == "group" {
            after.pooled = body["pooled"].as_bool().unwrap_or(found.pooled);
        }
        if after.period_s < 1 {
            return no(422, "request.invalid");
        }
        let terms = |l: &Limit| (l.budget, l.period_s, l.pooled, l.enabled);
        if terms(&after) != terms(&found) {
            after.revision = self.at(&place).revision;
            for one in self.limits.iter_mut().filter(|l| l.id == found.id) {
                *one = after.clone();
            }
            self.tell(&place.id, "usage_limit.edited");
        }
        Ok((200, self.limit_view(&after)))
    }

    pub(super) fn delete_limit(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "limit.manage")?;
        let found = self.limit(&place, c.arg(1))?;
        c.seen(found.revision)?;
        self.limits.retain(|l| l.id != found.id);
        self.tell(&place.id, "usage_limit.deleted");
        Ok((204, Value::Null))
    }

    /// The limits of a group or member that is gone go too.
    pub(super) fn unlimit(&mut self, gone: &str) {
        self.limits.retain(|l| l.scope.1.as_deref() != Some(gone));
    }

    fn whose_use(&self, place: &Place, subject: &Value) -> Outcome<Option<Member>> {
        let Some(text) = subject.as_str() else { return Ok(None) };
        self.about(place, text).map_or_else(|| no(422, "usage.subject"), |member| Ok(Some(member)))
    }

    /// The limits that concern somebody, each with what is used of it.
    fn gauges(&self, place: &Place, who: Option<&Member>, unit: &str) -> Vec<(Limit, u64)> {
        let in_force = |l: &&Limit| l.organization == place.id && l.unit == unit && l.enabled;
        let mut gauges = Vec::new();
        // Programs know the organization's limits only.
        let who = who.filter(|m| !m.program);
        for limit in self.limits.iter().filter(in_force) {
            let whose: Option<Whose> = match (limit.scope.0.as_str(), &limit.scope.1, who) {
                ("organization", _, _) => Some(None),
                ("member", only, Some(me)) if only.as_ref().is_none_or(|id| *id == me.id) => {
                    Some(Some(vec![me.id.clone()]))
                }
                ("group", Some(group), Some(me)) => {
                    let seated = self.seated(group);
                    let mine = seated.contains(&me.id);
                    mine.then(|| Some(if limit.pooled { seated } else { vec![me.id.clone()] }))
                }
                _ => None,
            };
            gauges.extend(whose.map(|whose| (limit.clone(), self.used(limit, &whose))));
        }
        gauges
    }

    fn usage_view(&self, place: &Place, who: Option<&Member>, unit: &str) -> Value {
        let gauges = self.gauges(place, who, unit);
        let allowed = has_room(&gauges, 0);
        let view = |(l, used): &(Limit, u64)| json!({"limit": l.id, "budget": l.budget, "used": used});
        let views: Vec<Value> = gauges.iter().map(view).collect();
        json!({"unit": unit, "allowed": allowed, "remaining": left(&gauges), "limits": views})
    }

    pub(super) fn report_usage(&mut self, c: &Call<'_>) -> Outcome {
        self.write(c)?;
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "usage.report")?;
        let (body, unit) = (&c.asked.body, c.text("unit").unwrap_or_default());
        let amount = body["amount"].as_u64().unwrap_or_default();
        if amount < 1 {
            return no(422, "request.invalid");
        }
        let who = self.whose_use(&place, &body["subject"])?;
        if body["enforce"] == json!(true) && !has_room(&self.gauges(&place, who.as_ref(), unit), amount) {
            return no(429, "usage.exceeded");
        }
        let member = who.as_ref().map(|m| m.id.clone());
        self.uses.push(Use { organization: place.id.clone(), unit: unit.to_owned(), member, at: self.now, amount });
        Ok((200, self.usage_view(&place, who.as_ref(), unit)))
    }

    /// Whose use is asked about: one's own by anybody, others' by products.
    fn asked_of_usage(&self, place: &Place, subject: &Value) -> Outcome<Option<Member>> {
        let found = self.whose_use(place, subject);
        let mine = matches!(&found, Ok(Some(member)) if member.id == place.me.id);
        if !mine {
            self.permit(place, "usage.report")?;
        }
        found
    }

    pub(super) fn check_usage(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        let (body, unit) = (&c.asked.body, c.text("unit").unwrap_or_default());
        let who = self.asked_of_usage(&place, &body["subject"])?;
        let amount = body["amount"].as_u64().unwrap_or_default();
        if !has_room(&self.gauges(&place, who.as_ref(), unit), amount) {
            return no(429, "usage.exceeded");
        }
        Ok((200, self.usage_view(&place, who.as_ref(), unit)))
    }

    pub(super) fn show_usage(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        let asked = |name: &str| c.asked.query.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone());
        let who = self.asked_of_usage(&place, &json!(asked("subject")))?;
        Ok((200, self.usage_view(&place, who.as_ref(), &asked("unit").unwrap_or_default())))
    }

    pub(super) fn show_account(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "account.manage")?;
        Ok((200, view(&self.account(&place))))
    }

    fn account(&self, place: &Place) -> Account {
        let empty = Account { plan: None, contacts: Vec::new(), revision: 1 };
        self.accounts.iter().find(|(of, _)| *of == place.id).map_or(empty, |(_, account)| account.clone())
    }

    pub(super) fn edit_account(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "account.manage")?;
        let before = self.account(&place);
        c.seen(before.revision)?;
        let mut after = before.clone();
        if let Some(plan) = c.text("plan") {
            after.plan = tidy(plan);
        }
        if let Some(list) = c.asked.body["billing_contacts"].as_array() {
            after.contacts = Vec::new();
            for one in list.iter().filter_map(Value::as_str) {
                if !one.contains('@') || one.contains(' ') {
                    return no(422, "email.invalid");
                }
                if after.contacts.iter().any(|known| key(known) == key(one)) {
                    return no(422, "email.duplicate");
                }
                let (local, domain) = one.split_once('@').unwrap_or_default();
                after.contacts.push(format!("{local}@{}", domain.to_lowercase()));
            }
        }
        if after != before {
            after.revision = self.at(&place).revision;
            self.accounts.retain(|(of, _)| *of != place.id);
            self.accounts.push((place.id.clone(), after.clone()));
            self.tell(&place.id, "account.changed");
        }
        Ok((200, view(&after)))
    }
}

fn view(account: &Account) -> Value {
    json!({"plan": account.plan, "billing_contacts": account.contacts, "revision": account.revision})
}

/// What each group of somebody makes of its limits, by the worst of them.
fn of_groups<T: Ord>(gauges: &[(Limit, u64)], judge: impl Fn(&(Limit, u64)) -> T) -> Vec<T> {
    let mut groups: Vec<&String> =
        gauges.iter().filter(|(l, _)| l.scope.0 == "group").filter_map(|(l, _)| l.scope.1.as_ref()).collect();
    groups.sort();
    groups.dedup();
    let worst = |group: &String| gauges.iter().filter(|(l, _)| l.scope.1.as_ref() == Some(group)).map(&judge).min();
    groups.into_iter().filter_map(worst).collect()
}

/// Every limit of the organization and of the member has room, and one limited group, if there are.
fn has_room(gauges: &[(Limit, u64)], amount: u64) -> bool {
    let room = |(limit, used): &(Limit, u64)| *used < limit.budget && used + amount <= limit.budget;
    let groups = of_groups(gauges, room);
    let own = gauges.iter().filter(|(l, _)| l.scope.0 != "group").all(room);
    own && (groups.is_empty() || groups.contains(&true))
}

fn left(gauges: &[(Limit, u64)]) -> Option<u64> {
    let left = |(limit, used): &(Limit, u64)| limit.budget.saturating_sub(*used);
    let own = gauges.iter().filter(|(l, _)| l.scope.0 != "group").map(left).min();
    let group = of_groups(gauges, left).into_iter().max();
    own.into_iter().chain(group).min()
}
