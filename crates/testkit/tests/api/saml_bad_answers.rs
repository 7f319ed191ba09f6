//! Answers by SAML 2.0 that must not be believed: forged, changed, wrapped, misdirected, outdated, hidden, used before;
//! and the forms of honest ones that must be.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use guildhall_domain::ids::ConnectionId;
use guildhall_domain::sso::{Connection, SamlProvider};
use guildhall_domain::time::Timestamp;
use guildhall_server::provider::saml::{self, Asked, Us};
use guildhall_testkit::provider::Traveller;
use guildhall_testkit::{OpenId, engines};
use serde_json::json;

use crate::saml::House;
use crate::sso::START;

// PL-24
#[tokio::test]
async fn pl_24_honest_answers_of_every_taken_form_let_people_in() {
    for engine in engines() {
        let mut house = House::build(engine).await;
        let said = house.provider.said.clone();
        house.edit(json!({"certificates": [said["cert"], said["ec_cert"]]})).await;
        for mode in [
            "none",
            "samlp_response_signed",
            "plain",
            "response_signed",
            "both_signed",
            "no_key_info",
            "sha512",
            "ecdsa",
            "prefixes",
            "two_audiences",
            "skewed",
        ] {
            house.spoil(mode).await;
            let landed = house.enter("ann@corp.test").await;
            assert_eq!(landed.status, 303, "{mode} {}", landed.text);
            assert_eq!(house.me(&landed).await["identity"]["email"], "ann@corp.test", "{mode}");
        }
        house.test.stop().await;
    }
}

/// What each mode of the provider is answered with, where it is not `sso.ticket`.
const OTHERWISE: [(&str, &str); 7] = [
    ("unsolicited", "sso.unsolicited"),
    ("no_state", "sso.unsolicited"),
    ("other_state", "sso.state"),
    ("encrypted", "sso.encrypted"),
    ("other_issuer", "sso.issuer"),
    ("other_sender", "sso.issuer"),
    ("denied", "sso.denied"),
];

/// Answers that are wrong: signed by nobody or by a stranger, in a way that is not taken, changed, wrapped, hidden;
/// for somebody else, from somebody else, of another time.
const BAD: [&str; 62] = [
    "many_prefixes",
    "unsigned",
    "stranger",
    "hmac",
    "sha1_method",
    "sha1_digest",
    "inclusive",
    "inclusive_transform",
    "with_comments",
    "comments_transform",
    "no_enveloped",
    "whole_document",
    "two_references",
    "changed",
    "changed_group",
    "comment",
    "comment_signed",
    "instruction",
    "wrapped_before",
    "wrapped_after",
    "wrapped_same_id",
    "wrapped_around",
    "wrapped_in_extensions",
    "wrapped_in_object",
    "moved_signature",
    "kept_signature",
    "wrapped_response",
    "other_name",
    "own_id",
    "doctype",
    "bomb",
    "file",
    "deep",
    "large",
    "cut",
    "rubbish",
    "request",
    "expired",
    "future",
    "issued_later",
    "session_over",
    "other_audience",
    "no_audience",
    "also_other_audience",
    "other_recipient",
    "other_destination",
    "other_request",
    "holder_of_key",
    "unconfirmed",
    "no_statement",
    "condition",
    "transient",
    "nameless",
    "nested_name",
    "unsolicited",
    "no_state",
    "other_state",
    "encrypted",
    "other_issuer",
    "other_sender",
    "denied",
    "ecdsa",
];

// PL-24
#[tokio::test]
async fn pl_24_no_answer_that_is_forged_changed_wrapped_or_meant_otherwise_lets_anybody_in() {
    for engine in engines() {
        let mut house = House::build(engine).await;
        for mode in BAD {
            house.spoil(mode).await;
            let code = OTHERWISE.iter().find(|(one, _)| *one == mode).map_or("sso.ticket", |(_, code)| *code);
            let landed = house.enter("ann@corp.test").await;
            assert_eq!((landed.status, landed.code()), (403, code), "{mode} {}", landed.text);
            assert_eq!(landed.session, None, "{mode}");
        }
        // The trail tells administrators why; nobody became anything.
        let trail = house.owner.get("/organizations/acme/audit-events?type=sso_connection.refused&limit=100").await;
        assert_eq!(trail.expect(200).count(), BAD.len() - 3, "what nobody here began is not noted");
        assert_eq!(house.owner.get("/organizations/acme/members").await.expect(200).count(), 1);
        house.spoil("none").await;
        assert_eq!(house.enter("ann@corp.test").await.status, 303);
        house.test.stop().await;
    }
}

// PL-24
#[tokio::test]
async fn pl_24_an_answer_serves_once_and_only_in_the_browser_that_asked() {
    for engine in engines() {
        let house = House::build(engine).await;
        let mut ann = Traveller::new(&house.test).stopping();
        let onward = |landed: &guildhall_testkit::Landed| {
            landed.back.as_deref().and_then(|url| url.strip_prefix(&house.test.url)).unwrap_or_default().to_owned()
        };
        let stopped = ann.travel(START, "ann@corp.test").await;
        assert_eq!(stopped.session, None, "an answer alone is no session");
        // Somebody else's browser brings it: nobody is let in, and it is spent.
        house.test.by_provider(&onward(&stopped), "").await.refused(403, "sso.state");
        ann.travel(&onward(&stopped), "").await.refused(403, "sso.state");
        let stopped = ann.travel(START, "ann@corp.test").await;
        let landed = ann.travel(&onward(&stopped), "").await;
        assert_eq!(house.me(&landed).await["identity"]["email"], "ann@corp.test");
        ann.travel(&onward(&stopped), "").await;
        // One that comes too late.
        let mut late = Traveller::new(&house.test).stopping();
        let stopped = late.travel(START, "ann@corp.test").await;
        house.test.clock.advance_s(61);
        late.travel(&onward(&stopped), "").await.refused(403, "sso.state");
        // What is kept for the one step is not taken for the other, nor at the other door.
        let mut bob = Traveller::new(&house.test);
        let state = bob.sent(START).await.split("RelayState=").nth(1).unwrap_or_default().to_owned();
        bob.travel(&format!("/auth/saml/continue?state={state}"), "").await.refused(403, "sso.state");
        let state = bob.sent(START).await.split("RelayState=").nth(1).unwrap_or_default().to_owned();
        bob.travel(&format!("/auth/sso/callback?state={state}&code=x"), "").await.refused(403, "sso.state");
        // The same assertion in answer to two requests.
        house.spoil("same_id").await;
        assert_eq!(house.enter("ann@corp.test").await.status, 303);
        house.enter("ann@corp.test").await.refused(403, "sso.replayed");
        house.test.clock.advance_s(600);
        house.test.stop().await;
    }
}

/// An answer for us of the provider's, as it is posted.
async fn answer(at: &SamlProvider, asked: &Asked, now: Timestamp) -> String {
    let url = saml::address(at, asked, "state", now);
    let form = "prompt=login&login=ann%40corp.test&password=x";
    let page = reqwest::Client::new().post(url).body(form).send().await.expect("an answer").text().await;
    let page = page.expect("a page");
    let packed = page.split("name=\"SAMLResponse\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let bytes = BASE64_STANDARD.decode(packed.expect("an answer")).expect("Base64");
    String::from_utf8(bytes).expect("text")
}

// PL-24
#[tokio::test]
async fn pl_24_whatever_is_changed_in_a_signed_answer_nothing_else_is_read_from_it() {
    let provider = OpenId::saml().await;
    let said = |name: &str| provider.said[name].as_str().expect("said").to_owned();
    let at = SamlProvider {
        sso_url: said("sso_url"),
        certificates: vec![saml::certificate(&said("cert")).expect("a certificate")],
        ..SamlProvider::default()
    };
    let micros = std::time::UNIX_EPOCH.elapsed().expect("a clock").as_micros();
    let now = Timestamp::from_micros(i64::try_from(micros).expect("a time"));
    let id: ConnectionId = format!("sso_{}", "0".repeat(26)).parse().expect("an id");
    let blank = Connection::new(id, None, now);
    let connection = Connection { issuer: said("entity_id"), saml: Some(at.clone()), ..blank };
    let us = Us { entity_id: "https://here.test/metadata".to_owned(), acs_url: "https://here.test/acs".to_owned() };
    let asked = Asked { request: "_request".to_owned(), of: us };
    for mode in ["none", "both_signed"] {
        provider.tell(&format!("/_bad?mode={mode}")).await;
        let xml = answer(&at, &asked, now).await;
        let read = |xml: &str| saml::read(xml, &connection, &asked, now, 120);
        let honest = read(&xml).expect("a good answer");
        assert_eq!(honest.claims.subject, "ann@corp.test");
        let (mut tried, mut taken) = (0, 0);
        for at in (0..xml.len()).step_by(5).filter(|at| xml.is_char_boundary(*at)) {
            let (before, rest) = xml.split_at(at);
            let after = rest.get(1..).unwrap_or_default();
            for changed in [format!("{before}x{after}"), format!("{before}{after}"), format!("{before}<!---->{rest}")] {
                tried += 1;
                if let Ok(other) = read(&changed) {
                    taken += 1;
                    assert_eq!(other, honest, "{changed}");
                }
            }
            read(before).expect_err("a part of it");
        }
        assert!(taken < tried / 3, "{taken} of {tried}");
    }
}
