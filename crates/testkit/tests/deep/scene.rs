//! A running program with people and organizations put straight into its store, for tests that
//! need many of them and care only for what happens next.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use guildhall_domain::change::{Change, LinkKind};
use guildhall_domain::identity::Identity;
use guildhall_domain::ids::{LinkId, MemberId, OrgId, SessionId, TokenId, UserId};
use guildhall_domain::member::{Member, MemberKind, Origin, Status};
use guildhall_domain::organization::{self as rules_of, Organization};
use guildhall_domain::preset;
use guildhall_domain::proof::{Method, Proof};
use guildhall_domain::time::Timestamp;
use guildhall_domain::token::{KeptSecret, Token, TokenChange};
use guildhall_server::app::App;
use guildhall_server::ops::{Caller, Credential, Ctx, sessions};
use guildhall_server::security::token::TokenKind;
use guildhall_store::read::{credential::Session, identity, member};
use guildhall_store::{Author, Keep, Tx};
use guildhall_testkit::{Engine, TestApp};
use serde_json::Map;

use crate::outside::without_limits;

pub struct Scene {
    pub test: TestApp,
    pub people: Vec<Identity>,
}

/// A member put into the store, with its identity.
#[derive(Clone, Debug)]
pub struct Placed {
    pub id: MemberId,
    pub person: Identity,
}

/// A request of somebody who signed in this moment; `None` is anybody.
pub fn ctx(test: &TestApp, person: Option<&Identity>) -> Ctx {
    let now = test.app.now();
    let session = |person: &Identity| Session {
        id: SessionId::new(test.app.fresh()),
        user: person.id,
        created_at: now,
        seen_at: now,
        expires_at: now.plus_s(3_600),
        address: String::new(),
        agent: String::new(),
        proof: Proof::one(Method::Password, now),
    };
    let caller = |person: &Identity| {
        Arc::new(Caller { identity: person.clone(), credential: Credential::Session(session(person)) })
    };
    Ctx { caller: person.map(caller), seen_at: now, address: IpAddr::V4(Ipv4Addr::LOCALHOST), now, ..test.ctx() }
}

impl Scene {
    /// The program with so many people, who belong nowhere yet.
    pub async fn start(engine: Engine, people: usize) -> Self {
        let test = TestApp::start_with(engine, without_limits).await;
        test.init("standard").await;
        let mut scene = Self { test, people: Vec::new() };
        for n in 0..people {
            let made = scene.person(&format!("person{n}@acme.test"), true).await;
            scene.people.push(made);
        }
        scene
    }

    pub fn app(&self) -> Arc<App> {
        Arc::clone(&self.test.app)
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Tx<'_>) -> Result<T, guildhall_store::Stop> + Send + 'static,
    ) -> T {
        let now = self.test.app.now();
        self.test.app.store.write(Author::default(), now, Keep::Commit, work).await.expect("the scene is set")
    }

    pub async fn person(&self, email: &str, proved: bool) -> Identity {
        let (email, now) = (email.to_owned(), self.test.app.now());
        self.write(move |tx| {
            let identity = Identity {
                id: UserId::new(tx.fresh()),
                email: email.clone(),
                email_verified_at: proved.then_some(now),
                name: email.clone(),
                handle: None,
                administrator: false,
                valid_from: Timestamp::default(),
                revision: 0,
                created_at: now,
            };
            tx.apply(vec![Change::IdentityCreated { identity: Box::new(identity.clone()), password: None }])?;
            Ok(identity)
        })
        .await
    }

    /// An organization on `standard` with these people in these roles; the first founds it.
    pub async fn organization(&self, slug: &str, members: &[(usize, &str)]) -> (OrgId, Vec<Placed>) {
        let now = self.test.app.now();
        let preset = preset::built_in("standard").expect("built in");
        let people: Vec<(Identity, String)> =
            members.iter().map(|(n, role)| (self.people[*n].clone(), (*role).to_owned())).collect();
        let slug = slug.to_owned();
        self.write(move |tx| {
            let organization = Organization {
                id: OrgId::new(tx.fresh()),
                slug: slug.clone(),
                name: slug.clone(),
                preset: preset.name.clone(),
                preset_version: preset.version,
                preset_text: preset.text.clone(),
                policy: Map::new(),
                valid_from: Timestamp::default(),
                revision: 1,
                created_at: now,
                tenant: None,
            };
            let id = organization.id;
            let founder = MemberId::new(tx.fresh());
            tx.apply(rules_of::create(organization, &preset, &people[0].0, founder, now))?;
            let mut placed = vec![Placed { id: founder, person: people[0].0.clone() }];
            for (person, role) in &people[1..] {
                let joined = member_of(id, MemberId::new(tx.fresh()), person, role, now);
                placed.push(Placed { id: joined.id, person: person.clone() });
                tx.apply(vec![Change::MemberJoined { member: Box::new(joined) }])?;
            }
            Ok((id, placed))
        })
        .await
    }

    /// A token of a member, straight into the store.
    pub async fn token(&self, organization: OrgId, member: &Placed) -> (TokenId, String) {
        let minted = self.test.app.credentials.mint(TokenKind::Pat, self.test.app.entropy.as_ref());
        let (now, hash, last4, member) = (self.test.app.now(), minted.hash, minted.last4, member.clone());
        let id = self
            .write(move |tx| {
                let token = Token {
                    id: TokenId::new(tx.fresh()),
                    organization: Some(organization),
                    member: Some(member.id),
                    user: member.person.id,
                    holder: MemberKind::Person,
                    name: "storm".to_owned(),
                    scopes: None,
                    last4: last4.clone(),
                    expires_at: None,
                    created_at: now,
                    issued_at: now,
                    last_used_at: None,
                    active: true,
                    revoked_at: None,
                };
                tx.take_organization(organization)?;
                let id = token.id;
                let secret = KeptSecret { hash, sealed: None };
                tx.apply(vec![Change::Token(TokenChange::Created { token: Box::new(token), secret })])?;
                Ok(id)
            })
            .await;
        (id, minted.secret.expose().clone())
    }

    /// A session of a person: its cookie as `name=value`, and its CSRF token.
    pub async fn session(&self, person: &Identity) -> (String, String) {
        let (ctx, person) = (self.test.ctx(), person.clone());
        let begun =
            self.write(move |tx| sessions::begin(&ctx, tx, &person, Proof::one(Method::Password, ctx.now))).await;
        (format!("{}={}", self.test.app.config.cookie_name(), begun.cookie), begun.csrf_token)
    }

    /// A mailed link that proves `email` for a person: its secret.
    pub async fn proof(&self, person: &Identity, email: &str) -> String {
        let minted = self.test.app.credentials.mint(TokenKind::Verify, self.test.app.entropy.as_ref());
        let (now, hash, user, email) = (self.test.app.now(), minted.hash, person.id, email.to_owned());
        self.write(move |tx| {
            let link = LinkId::new(tx.fresh());
            let (user, email) = (Some(user), email.clone());
            let expires_at = now.plus_s(3_600);
            Ok(tx.apply(vec![Change::LinkIssued {
                link,
                kind: LinkKind::EmailVerify,
                user,
                email,
                hash,
                expires_at,
            }])?)
        })
        .await;
        minted.secret.expose().clone()
    }

    /// A request of somebody; `None` is anybody.
    pub fn ctx(&self, person: Option<&Identity>) -> Ctx {
        ctx(&self.test, person)
    }

    /// How many active owners an organization has, counted up to two.
    pub async fn owners(&self, organization: OrgId) -> usize {
        let read = self.test.app.store.read(move |conn| Ok(member::top_holders(conn, organization, "owner", 2)?));
        read.await.expect("reads").len()
    }

    /// Who has proved an address.
    pub async fn prover(&self, email: &str) -> Option<UserId> {
        let email = email.to_owned();
        let read = self.test.app.store.read(move |conn| Ok(identity::verified(conn, &email)?));
        read.await.expect("reads").map(|who| who.id)
    }
}

fn member_of(organization: OrgId, id: MemberId, person: &Identity, role: &str, now: Timestamp) -> Member {
    Member {
        id,
        organization,
        user: Some(person.id),
        kind: MemberKind::Person,
        email: person.email.clone(),
        name: person.name.clone(),
        handle: None,
        role: role.to_owned(),
        status: Status::Active,
        origin: Origin::SignUp,
        joined_at: Some(now),
        created_at: now,
        created_by: None,
        last_active_at: None,
        sessions_from: Timestamp::default(),
        managed: false,
        revision: 0,
    }
}
