//! Usage limits: who sets them, whom they stop and until when, and that no use is lost or passes a
//! budget however many report at once.

use guildhall_testkit::{Answer, Caller, TestApp, engines};
use serde_json::{Value, json};
use tokio::task::JoinSet;

const ORG: &str = "/organizations/acme";
const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;

async fn limit(by: &mut Caller, scope: Value, budget: u64, period_s: i64) -> String {
    let body = json!({"scope": scope, "unit": "tokens", "budget": budget, "period_s": period_s});
    by.post(&format!("{ORG}/usage-limits"), body).await.expect(201).at("/id").to_owned()
}

async fn report(by: &mut Caller, subject: Option<&str>, amount: u64) -> Answer {
    let body = json!({"subject": subject, "unit": "tokens", "amount": amount});
    by.post(&format!("{ORG}/usage"), body).await
}

async fn check(by: &mut Caller, subject: Option<&str>) -> Answer {
    by.post(&format!("{ORG}/usage/check"), json!({"subject": subject, "unit": "tokens"})).await
}

async fn left(by: &mut Caller, subject: &str) -> Value {
    let told = by.get(&format!("{ORG}/usage?unit=tokens&subject={subject}")).await.expect(200);
    told.body["remaining"].clone()
}

async fn group_of(by: &mut Caller, name: &str, members: &[&str]) -> String {
    let group = by.post(&format!("{ORG}/groups"), json!({"name": name})).await.expect(201).at("/id").to_owned();
    for member in members {
        by.send("PUT", &format!("{ORG}/groups/{group}/members/{member}"), None, &[]).await.expect(204);
    }
    group
}

#[tokio::test]
async fn on_36_a_reached_budget_is_429_until_use_has_left_the_trailing_period() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "onyx").await;
        let mut ann = test.join(&mut admin, "acme", "ann@acme.test", "basic").await;
        let made = limit(&mut admin, json!({"type": "organization"}), 100, HOUR_S).await;
        let body = json!({"scope": {"type": "organization"}, "unit": "tokens", "budget": 1, "period_s": 60});
        ann.caller.post(&format!("{ORG}/usage-limits"), body).await.refused(403, "access.denied");
        ann.caller.get(&format!("{ORG}/usage-limits/{made}")).await.refused(403, "access.denied");
        report(&mut ann.caller, Some(&ann.member), 1).await.refused(403, "access.denied");

        let told = report(&mut admin, Some(&ann.member), 60).await.expect(200);
        assert_eq!((told.body["allowed"].clone(), told.body["remaining"].clone()), (json!(true), json!(40)));
        test.clock.advance_s(600);
        report(&mut admin, None, 39).await.expect(200);
        check(&mut admin, Some(&ann.user)).await.expect(200);
        let more = json!({"subject": ann.email, "unit": "tokens", "amount": 2});
        admin.post(&format!("{ORG}/usage/check"), more).await.refused(429, "usage.exceeded");
        let reached = report(&mut admin, Some(&ann.email), 1).await.expect(200);
        assert_eq!(reached.body["allowed"], json!(false), "what happened is counted, and the answer says so");

        // The first 60 leave an hour after they were used, ten minutes from now less than that.
        let refused = check(&mut admin, Some(&ann.member)).await;
        refused.refused(429, "usage.exceeded");
        let wait: i64 = refused.header("retry-after").parse().expect("seconds");
        assert!((3_000 - 10..=3_001).contains(&wait), "{wait}");
        assert_eq!(refused.body["scope"], json!({"type": "organization"}));
        assert_eq!((refused.at("/limit"), refused.body["used"].clone()), (made.as_str(), json!(100)));
        assert_eq!(refused.body["retry_after_s"], json!(wait));
        assert!(refused.at("/reset_at") > test.app.now().to_string().as_str(), "{}", refused.text);
        let shown = admin.get(&format!("{ORG}/usage-limits/{made}")).await.expect(200);
        assert_eq!((shown.body["used"].clone(), shown.body["remaining"].clone()), (json!(100), json!(0)));
        assert_eq!(shown.at("/reset_at"), refused.at("/reset_at"));

        test.clock.advance_s(wait);
        check(&mut admin, Some(&ann.member)).await.expect(200);
        assert_eq!(left(&mut admin, &ann.member).await, json!(60));
        // Switched off it stops nobody, and other units are not its concern.
        report(&mut admin, None, 500).await.expect(200);
        check(&mut admin, None).await.refused(429, "usage.exceeded");
        let other = json!({"unit": "compute_s", "amount": 1_000});
        admin.post(&format!("{ORG}/usage/check"), other).await.expect(200);
        admin.patch(&format!("{ORG}/usage-limits/{made}"), json!({"enabled": false})).await.expect(200);
        check(&mut admin, None).await.expect(200);
        // People may ask about themselves, and about nobody else.
        assert_eq!(left(&mut ann.caller, &ann.member).await, Value::Null);
        check(&mut ann.caller, Some(&ann.email)).await.expect(200);
        check(&mut ann.caller, None).await.refused(403, "access.denied");
        check(&mut ann.caller, Some("nobody@acme.test")).await.refused(403, "access.denied");
        test.stop().await;
    }
}

#[tokio::test]
async fn on_37_members_are_measured_alone_and_any_organizations_limit_stops_everybody() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "onyx").await;
        let ann = test.join(&mut admin, "acme", "ann@acme.test", "basic").await;
        let bob = test.join(&mut admin, "acme", "bob@acme.test", "basic").await;
        limit(&mut admin, json!({"type": "member"}), 10, DAY_S).await;
        let own = limit(&mut admin, json!({"type": "member", "id": bob.member}), 5, DAY_S).await;
        report(&mut admin, Some(&ann.member), 7).await.expect(200);
        report(&mut admin, Some(&bob.member), 5).await.expect(200);
        report(&mut admin, None, 1_000).await.expect(200);
        assert_eq!(left(&mut admin, &ann.member).await, json!(3));
        let refused = check(&mut admin, Some(&bob.member)).await;
        refused.refused(429, "usage.exceeded");
        assert_eq!(refused.body["scope"], json!({"type": "member", "id": bob.member}));
        check(&mut admin, Some(&ann.member)).await.expect(200);
        check(&mut admin, None).await.expect(200);

        let month = limit(&mut admin, json!({"type": "organization"}), 1_012, 30 * DAY_S).await;
        limit(&mut admin, json!({"type": "organization"}), 1_000_000, DAY_S).await;
        for subject in [Some(ann.member.as_str()), None] {
            let refused = check(&mut admin, subject).await;
            refused.refused(429, "usage.exceeded");
            assert_eq!(refused.at("/limit"), month, "one exceeded limit is enough");
        }
        admin.delete(&format!("{ORG}/usage-limits/{month}")).await.expect(204);
        check(&mut admin, Some(&ann.member)).await.expect(200);
        // Whoever is removed takes their own limit along; what they used stays used.
        let his = format!("{ORG}/members/{}", bob.member);
        admin.send("POST", &format!("{his}/deactivate"), None, &[]).await.expect(200);
        admin.delete(&his).await.expect(204);
        admin.get(&format!("{ORG}/usage-limits/{own}")).await.refused(404, "not_found");
        let limits = test.all(&mut admin, &format!("{ORG}/usage-limits")).await;
        let used: Vec<&Value> = limits.iter().map(|l| &l["used"]).collect();
        assert_eq!(used, [&Value::Null, &json!(1_012)], "each member's own sum is nobody's");
        test.stop().await;
    }
}

// ON-29, ON-37
#[tokio::test]
async fn on_37_a_groups_limit_is_pooled_and_one_group_with_room_is_enough() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "onyx").await;
        let ann = test.join(&mut admin, "acme", "ann@acme.test", "basic").await;
        let bob = test.join(&mut admin, "acme", "bob@acme.test", "basic").await;
        let red = group_of(&mut admin, "Red", &[&ann.member, &bob.member]).await;
        let blue = group_of(&mut admin, "Blue", &[&ann.member]).await;
        group_of(&mut admin, "Unlimited", &[&bob.member]).await;
        let pool = limit(&mut admin, json!({"type": "group", "id": red}), 10, DAY_S).await;
        report(&mut admin, Some(&ann.member), 6).await.expect(200);
        report(&mut admin, Some(&bob.member), 4).await.expect(200);
        for who in [&ann.member, &bob.member] {
            let refused = check(&mut admin, Some(who)).await;
            refused.refused(429, "usage.exceeded");
            assert_eq!(refused.body["scope"], json!({"type": "group", "id": red}));
        }
        check(&mut admin, None).await.expect(200);

        limit(&mut admin, json!({"type": "group", "id": blue}), 9, DAY_S).await;
        assert_eq!(left(&mut admin, &ann.member).await, json!(3), "blue has room");
        check(&mut admin, Some(&bob.member)).await.refused(429, "usage.exceeded");
        report(&mut admin, Some(&ann.member), 3).await.expect(200);
        check(&mut admin, Some(&ann.member)).await.refused(429, "usage.exceeded");

        // Each by themself: Bob used 4 of his 10, Ann 9 of hers.
        admin.patch(&format!("{ORG}/usage-limits/{pool}"), json!({"pooled": false})).await.expect(200);
        assert_eq!(left(&mut admin, &bob.member).await, json!(6));
        assert_eq!(left(&mut admin, &ann.member).await, json!(1));
        // A group that is gone limits nobody, and nobody who left it.
        admin.delete(&format!("{ORG}/groups/{red}")).await.expect(204);
        admin.get(&format!("{ORG}/usage-limits/{pool}")).await.refused(404, "not_found");
        admin.delete(&format!("{ORG}/groups/{blue}/members/{}", ann.member)).await.expect(204);
        assert_eq!(left(&mut admin, &ann.member).await, Value::Null);
        test.stop().await;
    }
}

#[tokio::test]
async fn on_38_budgets_of_cost_by_day_week_and_month_stand_side_by_side() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "standard").await;
        for (budget, days) in [(10, 1), (30, 7), (50, 30)] {
            let scope = json!({"type": "organization"});
            let body = json!({"scope": scope, "unit": "cost_cents", "budget": budget, "period_s": days * DAY_S});
            admin.post(&format!("{ORG}/usage-limits"), body).await.expect(201);
        }
        let spend = json!({"unit": "cost_cents", "amount": 10, "enforce": true});
        let mut refusals = Vec::new();
        for _day in 0..9 {
            let answer = admin.post(&format!("{ORG}/usage"), spend.clone()).await;
            if answer.status == 429 {
                answer.refused(429, "usage.exceeded");
                let days: i64 = answer.body["period_s"].as_i64().expect("a period") / DAY_S;
                let wait: i64 = answer.header("retry-after").parse().expect("seconds");
                refusals.push((days, wait / HOUR_S));
            }
            test.clock.advance_s(DAY_S + 60);
        }
        // Three days fill the week, which frees itself from the eighth day on; the month is full then.
        let weeks: Vec<_> = [96, 72, 48, 24].iter().map(|hours| (7, hours - 1)).collect();
        assert_eq!(refusals[..4], weeks);
        assert_eq!(refusals.len(), 4, "{refusals:?}");
        let told = admin.get(&format!("{ORG}/usage?unit=cost_cents")).await.expect(200);
        assert_eq!(told.body["remaining"], json!(0), "{}", told.text);
        assert_eq!(told.body["limits"][2]["used"], json!(50));
        test.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_reporters_at_once_lose_no_unit_and_raise_no_revision() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "standard").await;
        let ann = test.join(&mut admin, "acme", "ann@acme.test", "member").await;
        let all = limit(&mut admin, json!({"type": "organization"}), 1_000_000, DAY_S).await;
        limit(&mut admin, json!({"type": "member"}), 1_000_000, DAY_S).await;
        let mut seen = Vec::new();
        for _ in 0..2 {
            let path = format!("{ORG}/check");
            let asked = json!({"subject": ann.member, "permission": "member.list"});
            seen.push(admin.post(&path, asked).await.expect(200).body["revision"].clone());
            let mut reporters = JoinSet::new();
            for n in 0..50_u64 {
                let (mut by, subject) = (admin.clone(), (n % 2 == 0).then(|| ann.member.clone()));
                reporters.spawn(async move {
                    for amount in 1..=4 {
                        report(&mut by, subject.as_deref(), amount + n).await.expect(200);
                    }
                });
            }
            reporters.join_all().await;
        }
        assert_eq!(seen[0], seen[1], "use is no change of the organization");
        let (even, every): (u64, u64) =
            ((0..50).step_by(2).map(|n| 4 * n + 10).sum(), (0..50).map(|n| 4 * n + 10).sum());
        let shown = admin.get(&format!("{ORG}/usage-limits/{all}")).await.expect(200);
        assert_eq!(shown.body["used"], json!(2 * every));
        assert_eq!(left(&mut admin, &ann.member).await, json!(1_000_000 - 2 * every));
        let told = admin.get(&format!("{ORG}/usage?unit=tokens&subject={}", ann.member)).await.expect(200);
        assert_eq!(told.body["limits"][1]["used"], json!(2 * even));
        test.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn enforced_reports_at_once_fill_a_budget_to_the_unit_and_never_pass_it() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "standard").await;
        let ann = test.join(&mut admin, "acme", "ann@acme.test", "member").await;
        let bob = test.join(&mut admin, "acme", "bob@acme.test", "member").await;
        let group = group_of(&mut admin, "Both", &[&ann.member, &bob.member]).await;
        let pool = limit(&mut admin, json!({"type": "group", "id": group}), 100, DAY_S).await;
        limit(&mut admin, json!({"type": "member", "id": ann.member}), 40, DAY_S).await;
        let mut reporters = JoinSet::new();
        for n in 0..50 {
            let (mut by, who) = (admin.clone(), if n % 2 == 0 { ann.member.clone() } else { bob.member.clone() });
            reporters.spawn(async move {
                let mut counted = 0;
                for _ in 0..4 {
                    let body = json!({"subject": who, "unit": "tokens", "amount": 1, "enforce": true});
                    match by.post(&format!("{ORG}/usage"), body).await {
                        Answer { status: 200, .. } => counted += 1,
                        refused => refused.refused(429, "usage.exceeded"),
                    }
                }
                (n % 2, counted)
            });
        }
        let counted = reporters.join_all().await;
        let of = |which| counted.iter().filter(|(who, _)| *who == which).map(|(_, n)| n).sum::<u64>();
        assert!(of(0) <= 40, "{}", of(0));
        assert_eq!(of(0) + of(1), 100, "everybody got what there was");
        let shown = admin.get(&format!("{ORG}/usage-limits/{pool}")).await.expect(200);
        assert_eq!(shown.body["used"], json!(100));
        test.stop().await;
    }
}

#[tokio::test]
async fn a_repeated_report_counts_once_and_a_preview_not_at_all() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "standard").await;
        let all = limit(&mut admin, json!({"type": "organization"}), 100, DAY_S).await;
        let path = format!("{ORG}/usage");
        let (body, key) = (json!({"unit": "tokens", "amount": 30}), [("idempotency-key", "job-7")]);
        let first = admin.send("POST", &path, Some(&body), &key).await.expect(200);
        let again = admin.send("POST", &path, Some(&body), &key).await.expect(200);
        assert_eq!(first.body, again.body);
        let other = json!({"unit": "tokens", "amount": 31});
        admin.send("POST", &path, Some(&other), &key).await.refused(409, "idempotency.mismatch");
        admin.post(&format!("{path}?dry_run=true"), body.clone()).await.expect(200);
        let shown = admin.get(&format!("{ORG}/usage-limits/{all}")).await.expect(200);
        assert_eq!(shown.body["used"], json!(30));
        // What was refused was not counted, and may be tried again with the same key.
        let (large, key) = (json!({"unit": "tokens", "amount": 80, "enforce": true}), [("idempotency-key", "job-8")]);
        admin.send("POST", &path, Some(&large), &key).await.refused(429, "usage.exceeded");
        admin.patch(&format!("{ORG}/usage-limits/{all}"), json!({"budget": 110})).await.expect(200);
        admin.send("POST", &path, Some(&large), &key).await.expect(200);
        test.stop().await;
    }
}

#[tokio::test]
async fn old_use_is_kept_less_finely_and_counts_as_long_as_it_should() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "standard").await;
        let month = limit(&mut admin, json!({"type": "organization"}), 1_000_000, 30 * DAY_S).await;
        let hour = limit(&mut admin, json!({"type": "organization"}), 1_000_000, HOUR_S).await;
        let mut sum = 0;
        for round in 0..40_u64 {
            report(&mut admin, None, round + 1).await.expect(200);
            sum += round + 1;
            test.clock.advance_s(3 * HOUR_S / 2 + 7);
            guildhall_server::jobs::sweep::sweep(&test.app).await.expect("sweeps");
            let used = |id: &str| format!("{ORG}/usage-limits/{id}");
            assert_eq!(admin.get(&used(&month)).await.expect(200).body["used"], json!(sum), "round {round}");
            assert_eq!(admin.get(&used(&hour)).await.expect(200).body["used"], json!(0), "round {round}");
        }
        test.clock.advance_s(30 * DAY_S);
        guildhall_server::jobs::sweep::sweep(&test.app).await.expect("sweeps");
        assert_eq!(admin.get(&format!("{ORG}/usage-limits/{month}")).await.expect(200).body["used"], json!(0));
        test.clock.advance_s(366 * DAY_S);
        assert_eq!(guildhall_server::jobs::sweep::sweep(&test.app).await.expect("sweeps"), 40, "one row an hour");
        test.stop().await;
    }
}

#[tokio::test]
async fn limits_that_make_no_sense_are_refused_by_name() {
    for engine in engines() {
        let (test, mut admin) = TestApp::house(engine, "standard").await;
        let path = format!("{ORG}/usage-limits");
        let sound = json!({"scope": {"type": "organization"}, "unit": "tokens", "budget": 1, "period_s": 60});
        for (field, value, code) in [
            ("scope", json!({"type": "planet"}), "scope.type"),
            ("scope", json!({"type": "group"}), "scope.id"),
            ("scope", json!({"type": "organization", "id": "x"}), "scope.id"),
            ("unit", json!("Tokens!"), "unit"),
            ("budget", json!(-1), "budget"),
            ("budget", json!(u64::MAX), "budget"),
            ("period_s", json!(0), "period_s"),
        ] {
            let mut body = sound.clone();
            body[field] = value;
            let refused = admin.post(&path, body).await;
            refused.refused(422, "request.invalid");
            assert_eq!(refused.at("/errors/0/field"), code);
        }
        for id in ["grp_00000000000000000000000001", "nonsense"] {
            let mut body = sound.clone();
            body["scope"] = json!({"type": "group", "id": id});
            admin.post(&path, body).await.refused(422, "usage_limit.scope");
        }
        let nothing = json!({"unit": "tokens", "amount": 0});
        admin.post(&format!("{ORG}/usage"), nothing).await.refused(422, "request.invalid");
        report(&mut admin, Some("nobody@acme.test"), 1).await.refused(422, "usage.subject");
        let made = admin.post(&path, sound).await.expect(201);
        let stale = [("if-match", "\"1\"")];
        let one = format!("{path}/{}", made.at("/id"));
        admin.send("PATCH", &one, Some(&json!({"budget": 2})), &stale).await.refused(412, "etag.stale");
        let seen = made.header("etag").to_owned();
        admin.send("PATCH", &one, Some(&json!({"budget": 2})), &[("if-match", &seen)]).await.expect(200);
        let trail = admin.get(&format!("{ORG}/audit-events?type=usage_limit.edited")).await.expect(200);
        assert_eq!(trail.body["items"][0]["before"]["budget"], json!(1));
        assert_eq!(trail.body["items"][0]["after"]["budget"], json!(2));
        test.stop().await;
    }
}

// PL-12, PL-7
#[tokio::test]
async fn pl_12_each_organization_has_an_account_of_its_own_for_those_who_manage_it() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let mut admin = test.join(&mut owner, "acme", "admin@acme.test", "admin").await.caller;
        test.found(&mut owner, "other", "standard").await;
        let path = format!("{ORG}/account");
        let empty = owner.get(&path).await.expect(200);
        assert_eq!((empty.body["plan"].clone(), empty.body["billing_contacts"].clone()), (Value::Null, json!([])));
        admin.get(&path).await.refused(403, "access.denied");
        admin.patch(&path, json!({"plan": "Free"})).await.refused(403, "access.denied");
        let wanted = json!({"plan": " Team ", "billing_contacts": ["pay@acme.test", "Books@Acme.test"]});
        let changed = owner.patch(&path, wanted).await.expect(200);
        assert_eq!(changed.at("/plan"), "Team");
        assert_eq!(changed.body["billing_contacts"], json!(["pay@acme.test", "Books@acme.test"]));
        let stale = [("if-match", empty.header("etag"))];
        owner.send("PATCH", &path, Some(&json!({"plan": ""})), &stale).await.refused(412, "etag.stale");
        owner.patch(&path, json!({"billing_contacts": ["nobody"]})).await.refused(422, "email.invalid");
        let twice = json!({"billing_contacts": ["a@b.test", "A@b.test"]});
        owner.patch(&path, twice).await.refused(422, "email.duplicate");
        owner.patch(&path, json!({"plan": ""})).await.expect(200);
        let kept = owner.get(&path).await.expect(200);
        assert_eq!(kept.body["billing_contacts"], changed.body["billing_contacts"], "what is left out stays");
        let other = owner.get("/organizations/other/account").await.expect(200);
        assert_eq!(other.body["billing_contacts"], json!([]));
        let trail = owner.get(&format!("{ORG}/audit-events?type=account.changed")).await.expect(200);
        assert_eq!((trail.count(), trail.body["items"][1]["after"]["plan"].clone()), (2, json!("Team")));
        test.stop().await;
    }
}
