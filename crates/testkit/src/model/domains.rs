//! Mail domains that an organization claims, and what proves them.

use serde_json::{Value, json};

use super::organizations::Place;
use super::{Call, Letter, Model, Outcome, no};

/// A claimed mail domain; given up ones are gone from the list.
#[derive(Clone, Debug)]
pub struct Domain {
    pub id: String,
    pub organization: String,
    pub domain: String,
    /// By a mailed code; by a published record otherwise, and in these histories nobody publishes any.
    pub by_mail: bool,
    pub proved: bool,
    /// The mailed code, until it is used.
    pub code: Option<String>,
}

fn view(d: &Domain) -> Value {
    json!({
        "id": d.id, "domain": d.domain, "verify_by": if d.by_mail { "mail" } else { "dns" },
        "state": if d.proved { "verified" } else { "pending" },
        "record": if d.by_mail { Value::Null } else { json!({"name": format!("_guildhall.{}", d.domain), "text": "$some"}) },
        "verified_at": if d.proved { json!("$some") } else { Value::Null },
    })
}

impl Model {
    /// Whether a mail domain is proved to be this organization's.
    pub(super) fn owns_domain(&self, organization: &str, domain: &str) -> bool {
        self.domains.iter().any(|d| d.organization == organization && d.domain == domain && d.proved)
    }

    fn domain_of_another(&self, organization: &str, domain: &str) -> bool {
        let mut others = self.organizations.iter().filter(|o| !o.deleted && o.id != organization);
        others.any(|o| self.owns_domain(&o.id, domain))
    }

    fn claimed(&self, place: &Place, id: &str) -> Outcome<Domain> {
        let found = self.domains.iter().find(|d| d.organization == place.id && d.id == id);
        found.cloned().map_or_else(|| no(404, "not_found"), Ok)
    }

    pub(super) fn list_domains(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "sso.manage")?;
        let newest_first = self.domains.iter().rev().filter(|d| d.organization == place.id);
        Ok((200, json!({"items": newest_first.map(view).collect::<Vec<_>>(), "next": null})))
    }

    pub(super) fn show_domain(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "sso.manage")?;
        Ok((200, view(&self.claimed(&place, c.arg(1))?)))
    }

    pub(super) fn claim_domain(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "sso.manage")?;
        let domain = c.text("domain").unwrap_or_default().to_lowercase();
        if !domain.contains('.') || domain.contains(' ') {
            return no(422, "request.invalid");
        }
        if domain == "gmail.com" {
            return no(422, "domain.public");
        }
        let by_mail = match c.text("verify_by") {
            Some("mail") => true,
            Some("dns") => false,
            _ => return no(422, "request.invalid"),
        };
        if self.domains.iter().any(|d| d.organization == place.id && d.domain == domain) {
            return no(409, "domain.claimed_already");
        }
        if self.domain_of_another(&place.id, &domain) {
            return no(409, "domain.taken");
        }
        let (id, code) = (self.fresh("dom"), by_mail.then(|| self.fresh("code")));
        for secret in code.iter() {
            for keeper in ["postmaster", "admin"] {
                let to = format!("{keeper}@{domain}");
                self.letters.push(Letter { to, kind: "domain_code", secret: secret.clone() });
            }
        }
        let made = Domain { id, organization: place.id.clone(), domain, by_mail, proved: false, code };
        self.domains.push(made.clone());
        self.tell(&place.id, "domain.claimed");
        Ok((201, view(&made)))
    }

    pub(super) fn prove_domain(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.place(c, c.arg(0))?;
        self.permit(&place, "sso.manage")?;
        self.claimed(&place, c.arg(1))?;
        let place = self.take_place(c, c.arg(0))?;
        let found = self.claimed(&place, c.arg(1))?;
        if found.code.is_none() || found.code.as_deref() != c.text("code") {
            return no(409, "domain.unproved");
        }
        if self.domain_of_another(&place.id, &found.domain) {
            return no(409, "domain.taken");
        }
        for one in self.domains.iter_mut().filter(|d| d.id == found.id) {
            (one.proved, one.code) = (true, None);
        }
        self.tell(&place.id, "domain.verified");
        Ok((200, view(&self.claimed(&place, &found.id)?)))
    }

    pub(super) fn drop_domain(&mut self, c: &Call<'_>) -> Outcome {
        let place = self.take_place(c, c.arg(0))?;
        self.permit(&place, "sso.manage")?;
        let found = self.claimed(&place, c.arg(1))?;
        self.domains.retain(|d| d.id != found.id);
        self.tell(&place.id, "domain.dropped");
        Ok((204, Value::Null))
    }
}
