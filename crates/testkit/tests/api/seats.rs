//! Seats: nobody comes in beyond them, by whatever way, and owners are told how full it is.

use guildhall_testkit::app::PASSWORD;
use guildhall_testkit::{Caller, TestApp, engines};
use serde_json::{Value, json};

const HERE: &str = "/organizations/acme";

async fn policy(owner: &mut Caller, knobs: Value) {
    owner.patch(&format!("{HERE}/policy"), knobs).await.expect(200);
}

async fn invite(owner: &mut Caller, email: &str) -> String {
    let body = json!({"invitations": [{"email": email}], "deliver": "email"});
    let answer = owner.post(&format!("{HERE}/invitations"), body).await.expect(200);
    answer.body["invitations"][0]["code"].as_str().unwrap_or("created").to_owned()
}

// ON-25, ON-24, TP-26
#[tokio::test]
async fn on_25_full_seats_refuse_every_way_in() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        let ann = test.join(&mut owner, "acme", "ann@acme.test", "member").await;
        let off = format!("{HERE}/members/{}", ann.member);
        owner.send("POST", &format!("{off}/deactivate"), None, &[]).await.expect(200);
        let waiting = test.invite(&mut owner, "acme", "late@acme.test", "member").await;
        let knobs = json!({"seats.max": 2, "signup.open": true, "join.requests": true});
        policy(&mut owner, knobs).await;
        // The owner and one invitation hold the two seats.
        let seats = owner.get(&format!("{HERE}/seats")).await.expect(200);
        assert_eq!((&seats.body["used"], &seats.body["max"], seats.at("/mode")), (&json!(2), &json!(2), "cap"));
        assert_eq!(invite(&mut owner, "bo@acme.test").await, "seats.full");
        let body = json!({"email": "cy@acme.test", "name": "Cy", "password": PASSWORD, "organization": "acme"});
        test.anybody().post("/sign-up", body.clone()).await.refused(402, "seats.full");
        owner.send("POST", &format!("{off}/reactivate"), None, &[]).await.refused(402, "seats.full");
        // The invitation keeps its seat for whom it was made.
        let come = json!({"token": waiting.secret, "name": "Late", "password": PASSWORD});
        test.anybody().post("/invitations/accept", come).await.expect(200);
        // A seat that is free is anybody's.
        owner.delete(&format!("{HERE}/members/{}", waiting.member)).await.expect(204);
        owner.send("POST", &format!("{off}/reactivate"), None, &[]).await.expect(200);
        assert_eq!(invite(&mut owner, "bo@acme.test").await, "seats.full");
        policy(&mut owner, json!({"seats.mode": "warn"})).await;
        assert_eq!(invite(&mut owner, "bo@acme.test").await, "created");
        test.anybody().post("/sign-up", body).await.expect(201);
        policy(&mut owner, json!({"seats.mode": "cap", "seats.max": null})).await;
        assert_eq!(invite(&mut owner, "dee@acme.test").await, "created");
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn an_invitation_that_holds_no_seat_needs_one_when_it_is_accepted() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        policy(&mut owner, json!({"seats.max": 2, "seats.counts_invited": false})).await;
        let first = test.invite(&mut owner, "acme", "a@acme.test", "member").await;
        let second = test.invite(&mut owner, "acme", "b@acme.test", "member").await;
        assert_eq!(owner.get(&format!("{HERE}/seats")).await.expect(200).body["used"], 1);
        let come = |secret: &str| json!({"token": secret, "name": "New", "password": PASSWORD});
        test.anybody().post("/invitations/accept", come(&first.secret)).await.expect(200);
        test.anybody().post("/invitations/accept", come(&second.secret)).await.refused(402, "seats.full");
        assert_eq!(owner.get(&format!("{HERE}/seats")).await.expect(200).body["used"], 2);
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn one_list_of_invitations_takes_the_seats_there_are() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        policy(&mut owner, json!({"seats.max": 3})).await;
        let list: Vec<Value> = (0..4).map(|n| json!({"email": format!("p{n}@acme.test")})).collect();
        let body = json!({"invitations": list, "deliver": "link"});
        let answer = owner.post(&format!("{HERE}/invitations"), body).await.expect(200);
        let told: Vec<_> = (0..4).map(|n| answer.at(&format!("/invitations/{n}/status")).to_owned()).collect();
        assert_eq!(told, ["created", "created", "refused", "refused"]);
        assert_eq!(answer.at("/invitations/3/code"), "seats.full");
        test.deliver().await;
        test.stop().await;
    }
}

#[tokio::test]
async fn tp_26_owners_are_written_to_once_at_each_threshold() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        policy(&mut owner, json!({"seats.max": 4, "seats.mode": "warn"})).await;
        let mut told = Vec::new();
        for n in 0..7 {
            // Coming and going does not make the same news again.
            let gone = test.join(&mut owner, "acme", &format!("x{n}@acme.test"), "member").await;
            owner.delete(&format!("{HERE}/members/{}", gone.member)).await.expect(204);
            test.join(&mut owner, "acme", &format!("p{n}@acme.test"), "member").await;
            told.push(test.mails_to("owner@acme.test").await.len());
        }
        // Two at first, and eight at last, of four: 75, 100, 125 and 200 per cent.
        assert_eq!(told, [0, 1, 2, 3, 3, 3, 4]);
        let mail = test.mails_to("owner@acme.test").await.pop().expect("a mail");
        assert!(mail.text.contains("8 of the 4 seats of Acme are taken"), "{}", mail.text);
        let trail = owner.get(&format!("{HERE}/audit-events?type=seats.threshold_reached")).await.expect(200);
        assert_eq!((trail.count(), &trail.body["items"][0]["after"]["percent"]), (4, &json!(200)));
        // Another number of seats is told of anew.
        let preview = json!({"seats.max": 10});
        let answer = owner.patch(&format!("{HERE}/policy?dry_run=true"), preview.clone()).await.expect(200);
        assert_eq!(answer.body["mails"], json!([{"to": "owner@acme.test", "kind": "seats"}]));
        policy(&mut owner, preview).await;
        assert_eq!(test.mails_to("owner@acme.test").await.len(), 5);
        test.deliver().await;
        test.stop().await;
    }
}
