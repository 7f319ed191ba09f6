//! Mail domains that an organization claims: by a record, by a mailed code, found again each day or lost.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use guildhall_server::config::Allowed;
use guildhall_testkit::{Engine, TestApp, engines};
use serde_json::{Value, json};
use tokio::net::UdpSocket;

use crate::sso::House;

const DOMAINS: &str = "/organizations/acme/domains";

/// A name server on this machine that knows one TXT record, or none.
#[derive(Clone)]
struct Names {
    at: SocketAddr,
    known: Arc<Mutex<Option<(String, String)>>>,
}

impl Names {
    async fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        let names = Self { at: socket.local_addr().expect("an address"), known: Arc::default() };
        let known = Arc::clone(&names.known);
        tokio::spawn(async move {
            let mut asked = [0_u8; 1500];
            while let Ok((length, from)) = socket.recv_from(&mut asked).await {
                let record = known.lock().expect("the record").clone();
                let _ = socket.send_to(&answer(&asked[..length], record), from).await;
            }
        });
        names
    }

    fn publish(&self, record: Option<(&str, &str)>) {
        *self.known.lock().expect("the record") = record.map(|(name, text)| (name.to_owned(), text.to_owned()));
    }
}

/// The answer to a question (RFC 1035 4.1): one TXT record where the name is known, else that there is none.
fn answer(asked: &[u8], record: Option<(String, String)>) -> Vec<u8> {
    let (mut at, mut name) = (12, Vec::new());
    while asked[at] != 0 {
        let length = asked[at] as usize;
        name.push(String::from_utf8_lossy(&asked[at + 1..=at + length]).to_lowercase());
        at += length + 1;
    }
    let found = record.filter(|(known, _)| *known == name.join("."));
    let mut made = asked[..2].to_vec();
    made.extend([0x84, if found.is_some() { 0 } else { 3 }, 0, 1, 0, u8::from(found.is_some()), 0, 0, 0, 0]);
    made.extend(&asked[12..at + 5]);
    if let Some((_, text)) = found {
        let length = u8::try_from(text.len()).expect("a short text");
        made.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, length + 1, length]);
        made.extend(text.as_bytes());
    }
    made
}

#[tokio::test]
async fn a_domain_is_claimed_by_a_record_looked_for_each_day_and_lost_with_it() {
    for engine in engines() {
        let names = Names::start().await;
        let at = names.at;
        let test = TestApp::start_with(engine, |config| config.sso.name_server = Some(at)).await;
        let mut owner = test.with_token(&test.init("standard").await.token);
        let made = owner.post(DOMAINS, json!({"domain": "Corp.test", "verify_by": "dns"})).await.expect(201);
        assert_eq!((made.at("/domain"), made.at("/state")), ("corp.test", "pending"));
        let (name, text) = (made.at("/record/name").to_owned(), made.at("/record/text").to_owned());
        let path = format!("{DOMAINS}/{}", made.at("/id"));
        let verify = format!("{path}/verify");
        owner.post(&verify, json!({})).await.refused(409, "domain.unproved");
        names.publish(Some((&name, "guildhall-verification=another")));
        owner.post(&verify, json!({})).await.refused(409, "domain.unproved");
        names.publish(Some((&name, &text)));
        assert_eq!(owner.post(&verify, json!({})).await.expect(200).at("/state"), "verified");
        // Another organization comes too late.
        let mut eve = test.sign_in("owner@acme.test").await;
        test.found(&mut eve, "north", "standard").await;
        eve.post("/organizations/north/domains", json!({"domain": "corp.test", "verify_by": "dns"}))
            .await
            .refused(409, "domain.taken");
        let state = async |owner: &mut guildhall_testkit::Caller| owner.get(&path).await.expect(200).body;
        for (published, days, expected) in [
            (true, 2, "verified"),
            (false, 2, "verified"),
            (true, 2, "verified"),
            (false, 2, "verified"),
            (false, 4, "lost"),
        ] {
            names.publish(published.then_some((name.as_str(), text.as_str())));
            test.clock.advance_s(days * 86_400);
            guildhall_server::jobs::domains::look_again(&test.app).await.expect("looks");
            assert_eq!(state(&mut owner).await["state"], expected, "{published} {days}");
        }
        let letters = test.mails_to("owner@acme.test").await;
        assert!(letters.iter().any(|m| m.text.contains("corp.test")), "the owners are told");
        let trail = owner.get("/organizations/acme/audit-events?type=domain.lost").await.expect(200);
        assert_eq!(trail.count(), 1);
        names.publish(Some((&name, &text)));
        assert_eq!(owner.post(&verify, json!({})).await.expect(200).at("/state"), "verified");
        owner.delete(&path).await.expect(204);
        owner.get(&path).await.refused(404, "not_found");
        test.stop().await;
    }
}

#[tokio::test]
async fn what_is_nobodys_own_is_not_claimed_and_a_domain_once() {
    for engine in engines() {
        let (test, mut owner) = TestApp::house(engine, "standard").await;
        for public in ["gmail.com", "GMAIL.com", "mailinator.com"] {
            owner.post(DOMAINS, json!({"domain": public, "verify_by": "dns"})).await.refused(422, "domain.public");
        }
        for odd in ["", "corp", "a b.test", "http://corp.test"] {
            owner.post(DOMAINS, json!({"domain": odd, "verify_by": "dns"})).await.refused(422, "request.invalid");
        }
        owner.post(DOMAINS, json!({"domain": "corp.test", "verify_by": "fax"})).await.refused(422, "request.invalid");
        owner.post(DOMAINS, json!({"domain": "corp.test", "verify_by": "dns"})).await.expect(201);
        owner
            .post(DOMAINS, json!({"domain": "corp.test", "verify_by": "dns"}))
            .await
            .refused(409, "domain.claimed_already");
        test.stop().await;
    }
}

/// Claims a domain by mail.
pub async fn claim(test: &TestApp, owner: &mut guildhall_testkit::Caller, domain: &str) {
    let made = owner.post(DOMAINS, json!({"domain": domain, "verify_by": "mail"})).await.expect(201);
    assert_eq!(made.body["record"], Value::Null);
    let verify = format!("{DOMAINS}/{}/verify", made.at("/id"));
    owner.post(&verify, json!({})).await.refused(409, "domain.unproved");
    owner.post(&verify, json!({"code": "x"})).await.refused(409, "domain.unproved");
    let mail = test.mails_to(&format!("postmaster@{domain}")).await.pop().expect("a mail");
    let code = mail.word_after("this code: ");
    assert_eq!(owner.post(&verify, json!({"code": code})).await.expect(200).at("/state"), "verified");
    owner.post(&verify, json!({"code": code})).await.refused(409, "domain.unproved");
}

#[tokio::test]
async fn a_providers_word_for_a_claimed_domain_ties_and_proves_and_leads_the_way() {
    for engine in engines() {
        let mut house = House::build(engine, "standard").await;
        let ann = house.test.join(&mut house.owner, "acme", "ann@corp.test", "admin").await;
        house.enter("ann@corp.test").await.refused(409, "sso.link_required");
        house.test.by_provider("/auth/sso/start?email=zoe@corp.test", "x").await.refused(404, "sso.unknown");
        claim(&house.test, &mut house.owner, "corp.test").await;
        // An address that the provider does not call verified is still nobody's.
        house.enter("unverified+ann@corp.test").await.refused(409, "sso.link_required");
        let landed = house.enter("ann@corp.test").await;
        assert_eq!(house.member(&landed).await.1["identity"]["id"], json!(ann.user));
        // Somebody new has proved the address, and is found by it.
        let landed = house.test.by_provider("/auth/sso/start?email=zoe@corp.test", "zoe@corp.test").await;
        assert_eq!(house.member(&landed).await.1["identity"]["email_verified"], true);
        // Whoever has an account and whoever has none are led alike.
        for address in ["ann@corp.test", "nobody@corp.test"] {
            let way = guildhall_server::ops::sso::way_for(&house.test.ctx(), address).await.expect("ways");
            assert_eq!(way.len(), 1, "{address}");
        }
        house.edit(json!({"mail_trust": "never"})).await;
        house.test.join(&mut house.owner, "acme", "max@corp.test", "member").await;
        house.enter("max@corp.test").await.refused(409, "sso.link_required");
        house.test.deliver().await;
        house.test.stop().await;
    }
}

async fn in_all(engine: Engine) -> (TestApp, guildhall_testkit::Caller, guildhall_testkit::OpenId) {
    let test = TestApp::start_with(engine, |config| {
        config.sso.private_addresses = Allowed::Yes;
        config.sign_up_preset = Some("pixie-auth0".to_owned());
    })
    .await;
    test.clock.like_the_machine();
    let mut owner = test.with_token(&test.init("standard").await.token);
    let provider = guildhall_testkit::OpenId::start(&test).await;
    let wanted =
        json!({"name": "All", "issuer": provider.issuer, "client_id": "app", "client_secret": crate::sso::SECRET});
    let made = owner.post("/sso-connections", wanted).await.expect(201);
    let path = format!("/sso-connections/{}", made.at("/id"));
    owner.post(&format!("{path}/test"), json!({})).await.expect(200);
    owner.patch(&path, json!({"just_in_time": true})).await.refused(422, "request.invalid");
    owner.patch(&path, json!({"enabled": true})).await.expect(200);
    (test, owner, provider)
}

// PX-23
#[tokio::test]
async fn px_23_a_hosted_domain_founds_its_organization_and_takes_its_people_in() {
    for engine in engines() {
        let (test, _, _provider) = in_all(engine).await;
        let first = test.by_provider("/auth/sso/start", "hosted+ann@corp.test").await;
        let me = test.holder(&first).await.get("/me").await.expect(200);
        assert_eq!((me.at("/memberships/0/organization/name"), me.count()), ("corp.test", 0), "{}", me.text);
        let second = test.by_provider("/auth/sso/start", "hosted+bob@corp.test").await;
        let bob = test.holder(&second).await.get("/me").await.expect(200);
        assert_eq!(bob.at("/memberships/0/organization/id"), me.at("/memberships/0/organization/id"));
        // No hosted domain: somebody without an organization.
        let alone = test.by_provider("/auth/sso/start", "carl@other.test").await;
        let carl = test.holder(&alone).await.get("/me").await.expect(200);
        assert_eq!(carl.body["memberships"], json!([]));
        // An unverified address is nobody's, whoever has it here.
        let odd = test.by_provider("/auth/sso/start", "unverified+owner@acme.test").await;
        odd.refused(409, "sso.link_required");
        test.deliver().await;
        test.stop().await;
    }
}
