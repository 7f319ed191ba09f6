//! The answer that somebody carries back from a provider (SAML 2.0 profiles, 4.1.4). INVARIANT: what it says of the
//! person is read from the one signed assertion alone, and only once who sent it, to whom, when and for which request
//! was found right.

use guildhall_domain::sso::{Attributes, Claims, Connection};
use guildhall_domain::time::Timestamp;
use serde_json::{Map, Value, json};
use uppsala::NodeId;

use super::signature::signed_assertion;
use super::tree::Tree;
use super::{ASSERTION, PERSISTENT, PROTOCOL, SamlError};

const SUCCESS: &str = "urn:oasis:names:tc:SAML:2.0:status:Success";
const BEARER: &str = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const UNSPECIFIED: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified";
const MAIL: &str = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
/// Names of people that stay the same from one sign-in to the next.
const LASTING: [&str; 3] = [PERSISTENT, UNSPECIFIED, MAIL];
/// As long as such a name may be (SAML 2.0 core, 8.3.7, allows 256 characters).
const MOST_SUBJECT_BYTES: usize = 1_024;
/// Conditions that can be kept; whoever sets another means something unknown here.
const CONDITIONS: [&str; 3] = ["AudienceRestriction", "OneTimeUse", "ProxyRestriction"];

/// What many providers call the same things (LDAP's object ids, and the claims of Microsoft's).
const EMAIL: [&str; 3] =
    ["urn:oid:0.9.2342.19200300.100.1.3", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", "mail"];
const FIRST_NAME: [&str; 3] =
    ["urn:oid:2.5.4.42", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname", "givenName"];
const LAST_NAME: [&str; 3] = ["urn:oid:2.5.4.4", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname", "sn"];
const GROUP: [&str; 2] = ["http://schemas.microsoft.com/ws/2008/06/identity/claims/groups", "groups"];

/// What this installation is to a provider.
#[derive(Clone, Debug)]
pub struct Us {
    /// What it calls itself there: where it describes itself.
    pub entity_id: String,
    /// Where the provider sends its answers.
    pub acs_url: String,
}

/// What was asked, and where the answer belongs.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The request's id.
    pub request: String,
    /// Who asked.
    pub of: Us,
}

/// What an answer says, found right.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// Of the person.
    pub claims: Claims,
    /// The assertion's own id, to be used once.
    pub assertion: String,
    /// Until when it could be used again.
    pub until: Timestamp,
}

/// Whether an answer says that nobody asked for it.
#[must_use]
pub fn is_unsolicited(xml: &str) -> bool {
    let named = |tree: &Tree<'_>| Some(tree.attribute(tree.root().ok()?, "InResponseTo")?.to_owned());
    Tree::read_plain(xml).is_ok_and(|tree| named(&tree).is_none())
}

/// Reads an answer. `skew_s` is how far the provider's clock may be from ours.
///
/// # Errors
/// [`SamlError`].
pub fn read(xml: &str, connection: &Connection, asked: &Asked, now: Timestamp, skew_s: i64) -> Result<Said, SamlError> {
    let saml = connection.saml.as_ref().ok_or_else(|| SamlError::because("the connection speaks no SAML"))?;
    let tree = Tree::read_plain(xml).map_err(SamlError::Invalid)?;
    let reader = Reader { tree: &tree, asked, now, skew_s };
    reader.envelope(&connection.issuer)?;
    let assertion = signed_assertion(&tree, xml, &saml.certificates)?;
    reader.issuer(assertion, &connection.issuer, true)?;
    reader.said(assertion, &saml.attributes).map_err(SamlError::Invalid)
}

struct Reader<'a> {
    tree: &'a Tree<'a>,
    asked: &'a Asked,
    now: Timestamp,
    skew_s: i64,
}

impl Reader<'_> {
    /// What stands around the assertion. Nothing of it is believed; it must be right all the same.
    fn envelope(&self, issuer: &str) -> Result<(), SamlError> {
        let tree = self.tree;
        let root = tree.root().map_err(SamlError::Invalid)?;
        if !tree.is(root, PROTOCOL, "Response") || tree.attribute(root, "Version") != Some("2.0") {
            return Err(SamlError::because("it is no answer of SAML 2.0"));
        }
        match tree.attribute(root, "InResponseTo") {
            None => return Err(SamlError::Unsolicited),
            Some(request) if request == self.asked.request => {}
            Some(_) => return Err(SamlError::because("it answers another request")),
        }
        if tree.attribute(root, "Destination") != Some(&*self.asked.of.acs_url) {
            return Err(SamlError::because("its destination is another, or none"));
        }
        self.issuer(root, issuer, false)?;
        let status = tree.only(root, PROTOCOL, "Status").map_err(SamlError::Invalid)?;
        let code = tree.only(status, PROTOCOL, "StatusCode").map_err(SamlError::Invalid)?;
        if tree.attribute(code, "Value") != Some(SUCCESS) {
            let inner = tree.optional(code, PROTOCOL, "StatusCode").ok().flatten().unwrap_or(code);
            let said = tree.attribute(inner, "Value").and_then(|value| value.rsplit(':').next()).unwrap_or_default();
            let said: String = said.chars().filter(char::is_ascii_alphanumeric).take(60).collect();
            return Err(SamlError::Denied(format!("the provider says `{said}`")));
        }
        let hidden = ["EncryptedAssertion", "EncryptedID", "EncryptedAttribute"];
        if hidden.iter().any(|name| !tree.everywhere(name).is_empty()) {
            return Err(SamlError::Encrypted);
        }
        Ok(())
    }

    fn issuer(&self, node: NodeId, expected: &str, must: bool) -> Result<(), SamlError> {
        let named = self.tree.optional(node, ASSERTION, "Issuer").map_err(SamlError::Invalid)?;
        match named.map(|issuer| self.tree.text(issuer)).transpose().map_err(SamlError::Invalid)? {
            Some(issuer) if issuer == expected => Ok(()),
            None if !must => Ok(()),
            _ => Err(SamlError::Issuer),
        }
    }

    /// A moment that an attribute names, if it is there.
    fn moment(&self, node: NodeId, name: &str) -> Result<Option<Timestamp>, String> {
        let text = self.tree.attribute(node, name);
        text.map(|text| text.parse().map_err(|_| format!("its `{name}` is no time"))).transpose()
    }

    fn is_now(&self, node: NodeId) -> Result<(), String> {
        if self.moment(node, "NotBefore")?.is_some_and(|from| from > self.now.plus_s(self.skew_s)) {
            return Err("it is not good yet; look at the clocks".to_owned());
        }
        if self.moment(node, "NotOnOrAfter")?.is_some_and(|until| until <= self.now.plus_s(-self.skew_s)) {
            return Err("it is not good any more; look at the clocks".to_owned());
        }
        Ok(())
    }

    /// What the signed assertion says.
    fn said(&self, assertion: NodeId, names: &Attributes) -> Result<Said, String> {
        let tree = self.tree;
        if tree.attribute(assertion, "Version") != Some("2.0") {
            return Err("it is no assertion of SAML 2.0".to_owned());
        }
        if self.moment(assertion, "IssueInstant")?.is_none_or(|at| at > self.now.plus_s(self.skew_s)) {
            return Err("it was issued in the future, or nobody knows when".to_owned());
        }
        let id = tree.attribute(assertion, "ID").filter(|id| !id.is_empty()).ok_or("it has no id")?;
        self.conditions(tree.only(assertion, ASSERTION, "Conditions")?)?;
        let signed_in = tree.named(assertion, ASSERTION, "AuthnStatement");
        if signed_in.is_empty() {
            return Err("it does not say that somebody signed in".to_owned());
        }
        for statement in signed_in {
            if self.moment(statement, "SessionNotOnOrAfter")?.is_some_and(|end| end <= self.now.plus_s(-self.skew_s)) {
                return Err("the provider's session is over".to_owned());
            }
        }
        let subject = tree.only(assertion, ASSERTION, "Subject")?;
        let until = self.confirmed(subject)?;
        let name = tree.only(subject, ASSERTION, "NameID")?;
        let format = tree.attribute(name, "Format").unwrap_or(UNSPECIFIED);
        if !LASTING.contains(&format) {
            return Err("its `NameID` names nobody for good: have the provider send a persistent one".to_owned());
        }
        let subject = tree.text(name)?;
        if subject.is_empty() || subject.len() > MOST_SUBJECT_BYTES {
            return Err("its `NameID` is empty or too long".to_owned());
        }
        let claims = claims(subject, format == MAIL, self.attributes(assertion)?, names);
        Ok(Said { claims, assertion: id.to_owned(), until: until.plus_s(self.skew_s) })
    }

    fn conditions(&self, conditions: NodeId) -> Result<(), String> {
        let tree = self.tree;
        self.is_now(conditions)?;
        if tree.elements(conditions).iter().any(|one| !CONDITIONS.contains(&tree.name(*one))) {
            return Err("it has a condition that is not known here".to_owned());
        }
        let restrictions = tree.named(conditions, ASSERTION, "AudienceRestriction");
        let mut meant = !restrictions.is_empty();
        for restriction in restrictions {
            let mut here = false;
            for audience in tree.named(restriction, ASSERTION, "Audience") {
                here |= tree.text(audience)? == self.asked.of.entity_id;
            }
            meant &= here;
        }
        if meant { Ok(()) } else { Err("it is meant for somebody else".to_owned()) }
    }

    /// Until when whoever carries the assertion is its subject.
    fn confirmed(&self, subject: NodeId) -> Result<Timestamp, String> {
        let tree = self.tree;
        let mut wrong = "nothing confirms that whoever brings it is meant".to_owned();
        for confirmation in tree.named(subject, ASSERTION, "SubjectConfirmation") {
            if tree.attribute(confirmation, "Method") != Some(BEARER) {
                continue;
            }
            match tree.only(confirmation, ASSERTION, "SubjectConfirmationData").and_then(|data| self.bearer(data)) {
                Ok(until) => return Ok(until),
                Err(why) => wrong = why,
            }
        }
        Err(wrong)
    }

    fn bearer(&self, data: NodeId) -> Result<Timestamp, String> {
        if self.tree.attribute(data, "Recipient") != Some(&*self.asked.of.acs_url) {
            return Err("its recipient is another, or none".to_owned());
        }
        if self.tree.attribute(data, "InResponseTo") != Some(&*self.asked.request) {
            return Err("it answers another request, or none".to_owned());
        }
        self.is_now(data)?;
        self.moment(data, "NotOnOrAfter")?.ok_or_else(|| "it does not say until when it is good".to_owned())
    }

    /// What the provider says of the person: each attribute by its name, with all its values.
    fn attributes(&self, assertion: NodeId) -> Result<Map<String, Value>, String> {
        let tree = self.tree;
        let mut all = Map::new();
        for statement in tree.named(assertion, ASSERTION, "AttributeStatement") {
            for attribute in tree.named(statement, ASSERTION, "Attribute") {
                let Some(name) = tree.attribute(attribute, "Name") else { continue };
                let values = tree.named(attribute, ASSERTION, "AttributeValue").into_iter();
                // A value with elements inside says nothing that could be compared.
                let said = values.filter_map(|value| tree.text(value).ok()).map(Value::String);
                if let Value::Array(known) = all.entry(name.to_owned()).or_insert_with(|| json!([])) {
                    known.extend(said);
                }
            }
        }
        Ok(all)
    }
}

/// The values under the first of these names that there is.
fn under<'a>(all: &'a Map<String, Value>, own: &str, known: &[&str]) -> Option<&'a Value> {
    std::iter::once(own).chain(known.iter().copied()).find_map(|name| all.get(name))
}

fn claims(subject: String, is_mail: bool, mut all: Map<String, Value>, names: &Attributes) -> Claims {
    let first = |own: &str, known: &[&str]| {
        let text = under(&all, own, known)?.as_array()?.first()?.as_str()?;
        Some(text.to_owned()).filter(|text| !text.is_empty())
    };
    let email = first(&names.email, &EMAIL).or_else(|| is_mail.then(|| subject.clone()));
    let parts = [first(&names.first_name, &FIRST_NAME), first(&names.last_name, &LAST_NAME)];
    let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    if let Some(groups) = under(&all, &names.group, &GROUP).cloned() {
        all.insert("group".to_owned(), groups);
    }
    Claims { subject, email, name, all, ..Claims::default() }
}
