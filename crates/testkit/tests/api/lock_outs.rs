//! A policy that would lock out every administrator is refused before anything changed, whichever way it comes; no
//! other turn of any knob locks them out.

use guildhall_domain::policy::{Knob, Shape};
use guildhall_domain::preset::BUILT_IN;
use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::{Value, json};

const ORG: &str = "/organizations/acme";
const POLICY: &str = "/organizations/acme/policy";

/// `standard` with every knob open, and this beside its policy.
fn preset(policy: &str) -> String {
    let text = BUILT_IN.iter().find(|(file, _)| *file == "standard.toml").expect("built in").1;
    let (head, rest) = text.split_once("open = [").expect("a list");
    let (_, tail) = rest.split_once("]\n").expect("its end");
    let open: Vec<String> = Knob::ALL.iter().map(|knob| format!("{:?}", knob.name())).collect();
    let whole = format!("{head}open = [{}]\n{tail}", open.join(", "));
    whole.replace("[policy]\n", &format!("[policy]\n{policy}"))
}

/// Values at the ends of what a knob takes.
fn extremes(knob: Knob) -> Vec<Value> {
    match knob.shape() {
        Shape::Switch => vec![json!(true), json!(false)],
        Shape::Number { within, optional } => {
            let ends = [json!(within.start()), json!(within.end())];
            ends.into_iter().chain(optional.then_some(Value::Null)).collect()
        }
        Shape::One(words) => words.iter().map(|word| json!(word)).collect(),
        Shape::Several(words) => words.iter().map(|word| json!([word])).chain([json!([])]).collect(),
        Shape::Role => ["guest", "member", "owner"].iter().map(|role| json!(role)).chain([Value::Null]).collect(),
        Shape::Roles => vec![json!([]), json!(["guest"]), json!(["*"])],
        Shape::Domains => vec![json!(["elsewhere.test"]), json!(["192.0.2.0/24"]), json!([])],
        Shape::Characters => vec![json!("aeiouAcme"), json!("")],
        Shape::Moment => vec![json!("2001-01-01T00:00:00Z"), Value::Null],
        Shape::Addresses => vec![json!(["nobody@elsewhere.test"]), json!([])],
        Shape::Labels => vec![json!(["Elsewhere"]), json!([])],
    }
}

/// Whether the owner comes in anew and runs the organization, setting up on the way whatever is asked for.
async fn comes_in(test: &TestApp) -> Result<(), String> {
    let mut owner = test.anybody();
    let came = owner.post("/session", json!({"email": "owner@acme.test", "password": PASSWORD})).await;
    if came.status != 200 {
        return Err(format!("signing in: {}", came.text));
    }
    let mut read = owner.get(POLICY).await;
    if read.code() == "factor.required" {
        crate::factors::App::set_up(test, &mut owner).await;
        read = owner.get(POLICY).await;
    }
    let may = test.allowed(&mut owner, "acme", "owner@acme.test", "policy.update").await;
    if read.status == 200 && may { Ok(()) } else { Err(format!("running it: {}", read.text)) }
}

#[tokio::test]
async fn no_turn_of_any_knob_locks_every_administrator_out() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        owner.post(&format!("{ORG}/preset"), json!({"text": preset("")})).await.expect(200);
        let start = owner.get(POLICY).await.expect(200).body["policy"].clone();
        let (mut turned, mut refused) = (0, Vec::new());
        for knob in Knob::ALL {
            for value in extremes(*knob) {
                let answer = owner.patch(POLICY, json!({knob.name(): value})).await;
                if answer.status != 200 {
                    refused.push(answer.code().to_owned());
                    continue;
                }
                turned += 1;
                let inside = comes_in(&test).await;
                assert!(inside.is_ok(), "{} = {value}: {inside:?}", knob.name());
                let back = json!({knob.name(): start[knob.name()]});
                owner.patch(POLICY, back).await.expect(200);
            }
        }
        assert!(turned > 150, "only {turned}");
        for code in ["policy.locks_out", "sso.no_connection"] {
            assert!(refused.iter().any(|one| one == code), "{code} is never said: {refused:?}");
        }
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn a_second_factor_asked_for_at_once_is_set_up_on_the_way_in() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        owner.patch(POLICY, json!({"mfa.required": "all", "mfa.grace_s": 0})).await.expect(200);
        comes_in(&test).await.expect("the owner is in");
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn another_preset_locks_nobody_out_either() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let path = format!("{ORG}/preset");
        let before = (owner.get(ORG).await.expect(200).body, owner.get(POLICY).await.expect(200).body);
        for (policy, status, code) in [
            ("access.networks = [\"192.0.2.0/24\"]\n", 409, "policy.locks_out"),
            ("sso.required = true\n", 409, "sso.no_connection"),
        ] {
            for way in [path.clone(), format!("{path}?dry_run=true")] {
                owner.post(&way, json!({"text": preset(policy)})).await.refused(status, code);
            }
            let after = (owner.get(ORG).await.expect(200).body, owner.get(POLICY).await.expect(200).body);
            assert_eq!(after, before, "{code}: nothing changed");
        }
        lives_on(&mut owner, &path).await;
        test.deliver().await;
        test.stop().await;
    }
}

/// A network that the caller is in is no reason to refuse.
async fn lives_on(owner: &mut Caller, path: &str) {
    let text = preset("access.networks = [\"127.0.0.0/8\", \"::1/128\"]\n");
    owner.post(path, json!({"text": text})).await.expect(200);
    owner.get(POLICY).await.expect(200);
}
