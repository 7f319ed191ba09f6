//! Requests about usage limits, use and accounts.

use guildhall_testkit::model::{Organization, Request, Who};
use serde_json::{Value, json};

use super::{EMAILS, Generator, HOUR_S};

impl Generator {
    fn budget(&mut self) -> u64 {
        [0, 5, 20, 60][self.dice.below(4)]
    }

    /// Hours and a half, so that no use leaves a period to the second.
    fn period_s(&mut self) -> i64 {
        [0, 1, 4, 30][self.dice.below(4)] * HOUR_S + self.dice.below(10).min(1) as i64 * HOUR_S / 2
    }

    fn limit_scope(&mut self, place: &Organization) -> Value {
        let group = self.group(place).map_or_else(|| "~grp.999.9".to_owned(), |g| g.id);
        match self.dice.below(12) {
            0 => json!({"type": "planet"}),
            1 => json!({"type": "group"}),
            2 | 3 => json!({"type": "organization"}),
            4 | 5 => json!({"type": "member"}),
            6 | 7 => json!({"type": "member", "id": self.somebody(place)}),
            _ => json!({"type": "group", "id": group}),
        }
    }

    pub(super) fn about_limits(&mut self, place: &Organization, org: String, who: Who) -> Request {
        let here: Vec<_> = self.model.limits.iter().filter(|l| l.organization == place.id).cloned().collect();
        let found = self.dice.pick(&here).cloned();
        let ids: Vec<_> = found.iter().map(|l| l.id.clone()).collect();
        let id = self.one_of(&ids, "lim");
        let if_match = found.and_then(|l| self.seen(l.revision));
        let on = |method, route, args: &[&String], body| Request {
            args: args.iter().map(|a| (*a).clone()).collect(),
            body,
            who: who.clone(),
            ..Request::on(method, route)
        };
        match self.dice.below(16) {
            0..=3 => {
                let mut body = json!({"scope": self.limit_scope(place), "unit": self.dice.word(&["tokens", "cost"])});
                (body["budget"], body["period_s"]) = (json!(self.budget()), json!(self.period_s()));
                if self.dice.percent(30) {
                    body["pooled"] = json!(self.dice.percent(30));
                }
                on("POST", "/organizations/{}/usage-limits", &[&org], body)
            }
            4 => {
                let body = match self.dice.below(4) {
                    0 => json!({"budget": self.budget()}),
                    1 => json!({"period_s": self.period_s()}),
                    2 => json!({"enabled": self.dice.percent(70)}),
                    _ => json!({"pooled": self.dice.percent(50)}),
                };
                Request { if_match, ..on("PATCH", "/organizations/{}/usage-limits/{}", &[&org, &id], body) }
            }
            5 if self.dice.percent(40) => {
                Request { if_match, ..on("DELETE", "/organizations/{}/usage-limits/{}", &[&org, &id], Value::Null) }
            }
            6 => on("GET", "/organizations/{}/usage-limits/{}", &[&org, &id], Value::Null),
            7 => on("GET", "/organizations/{}/usage-limits", &[&org], Value::Null),
            8 => on("GET", "/organizations/{}/account", &[&org], Value::Null),
            9 => {
                let emails = [self.dice.word(EMAILS), self.dice.word(EMAILS)];
                let body = json!({"plan": self.dice.word(&["Team", "Free", " "]), "billing_contacts": emails[..1 + self.dice.below(2)]});
                on("PATCH", "/organizations/{}/account", &[&org], body)
            }
            n => {
                let subject = match self.dice.below(8) {
                    0 => Value::Null,
                    1 => json!(self.dice.word(EMAILS)),
                    _ => json!(self.somebody(place)),
                };
                let mut body = json!({"subject": subject, "unit": self.dice.word(&["tokens", "cost"])});
                body["amount"] = json!([0, 1, 3, 8, 30][self.dice.below(5)]);
                if n >= 14 {
                    return on("POST", "/organizations/{}/usage/check", &[&org], body);
                }
                body["enforce"] = json!(self.dice.percent(50));
                on("POST", "/organizations/{}/usage", &[&org], body)
            }
        }
    }
}
