//! Metadata (SAML 2.0 metadata): what an administrator uploads of a provider, and what a provider is told of this
//! installation. Fetches nothing, and checks no signature: whoever uploads it trusts it.

use guildhall_domain::sso::Certificate;
use uppsala::{NodeId, XmlWriter};

use super::answer::Us;
use super::certificates::certificate;
use super::tree::Tree;
use super::{METADATA, POST, PROTOCOL, REDIRECT};

const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

/// What metadata says of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// What it calls itself.
    pub entity_id: String,
    /// Where it signs people in.
    pub sso_url: String,
    /// What it signs with.
    pub certificates: Vec<Certificate>,
}

/// Reads a provider's metadata.
///
/// # Errors
/// What is wrong with it.
pub fn describe(xml: &str) -> Result<Described, String> {
    let tree = Tree::read(xml)?;
    let entities = tree.everywhere("EntityDescriptor");
    let provider = |entity: &NodeId| Some((*entity, *tree.named(*entity, METADATA, "IDPSSODescriptor").first()?));
    let found: Vec<(NodeId, NodeId)> =
        entities.iter().filter(|e| tree.is(**e, METADATA, "EntityDescriptor")).filter_map(provider).collect();
    let (entity, role) = match found.as_slice() {
        [one] => *one,
        [] => return Err("it describes no identity provider".to_owned()),
        _ => return Err("it describes several identity providers; upload that of one".to_owned()),
    };
    let entity_id = tree.attribute(entity, "entityID").filter(|id| !id.is_empty()).ok_or("it names no `entityID`")?;
    let sso_url = tree
        .named(role, METADATA, "SingleSignOnService")
        .into_iter()
        .filter(|service| tree.attribute(*service, "Binding") == Some(REDIRECT))
        .find_map(|service| tree.attribute(service, "Location"))
        .ok_or("it has no `SingleSignOnService` with the binding HTTP-Redirect")?;
    let mut certificates = Vec::new();
    for key in tree.named(role, METADATA, "KeyDescriptor") {
        if tree.attribute(key, "use").is_some_and(|kind| kind != "signing") {
            continue;
        }
        for text in x509(&tree, key)? {
            certificates.push(certificate(&text)?);
        }
    }
    if certificates.is_empty() {
        return Err("it has no certificate for signing".to_owned());
    }
    Ok(Described { entity_id: entity_id.to_owned(), sso_url: sso_url.to_owned(), certificates })
}

fn x509(tree: &Tree<'_>, key: NodeId) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for info in tree.named(key, DSIG, "KeyInfo") {
        for data in tree.named(info, DSIG, "X509Data") {
            for one in tree.named(data, DSIG, "X509Certificate") {
                found.push(tree.text(one)?);
            }
        }
    }
    Ok(found)
}

/// What a provider is told of this installation.
#[must_use]
pub fn describe_us(us: &Us) -> String {
    let mut xml = XmlWriter::new();
    xml.write_declaration();
    xml.start_element("md:EntityDescriptor", &[("xmlns:md", METADATA), ("entityID", &us.entity_id)]);
    xml.start_element(
        "md:SPSSODescriptor",
        &[("AuthnRequestsSigned", "false"), ("WantAssertionsSigned", "true"), ("protocolSupportEnumeration", PROTOCOL)],
    );
    xml.start_element("md:NameIDFormat", &[]);
    xml.text(super::PERSISTENT);
    xml.end_element("md:NameIDFormat");
    let service = [("Binding", POST), ("Location", &us.acs_url), ("index", "0"), ("isDefault", "true")];
    xml.empty_element("md:AssertionConsumerService", &service);
    xml.end_element("md:SPSSODescriptor");
    xml.end_element("md:EntityDescriptor");
    xml.into_string()
}
