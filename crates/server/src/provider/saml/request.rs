//! The request that somebody carries to a provider (SAML 2.0 bindings, HTTP-Redirect). It is not signed: it says
//! nothing but where to answer, and the provider knows that already.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use guildhall_domain::sso::SamlProvider;
use guildhall_domain::time::Timestamp;
use uppsala::XmlWriter;

use super::answer::Asked;
use super::{ASSERTION, POST, PROTOCOL};

/// Where to send somebody who wants to sign in.
#[must_use]
pub fn address(provider: &SamlProvider, asked: &Asked, relay_state: &str, now: Timestamp) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    let packed = BASE64_STANDARD.encode(stored(request(provider, asked, now).as_bytes()));
    form.append_pair("SAMLRequest", &packed).append_pair("RelayState", relay_state);
    let between = if provider.sso_url.contains('?') { '&' } else { '?' };
    format!("{}{between}{}", provider.sso_url, form.finish())
}

fn request(provider: &SamlProvider, asked: &Asked, now: Timestamp) -> String {
    let mut xml = XmlWriter::new();
    xml.start_element(
        "samlp:AuthnRequest",
        &[
            ("xmlns:samlp", PROTOCOL),
            ("xmlns:saml", ASSERTION),
            ("ID", &asked.request),
            ("Version", "2.0"),
            ("IssueInstant", &whole_second(now).to_string()),
            ("Destination", &provider.sso_url),
            ("ProtocolBinding", POST),
            ("AssertionConsumerServiceURL", &asked.of.acs_url),
        ],
    );
    xml.start_element("saml:Issuer", &[]);
    xml.text(&asked.of.entity_id);
    xml.end_element("saml:Issuer");
    xml.empty_element("samlp:NameIDPolicy", &[("AllowCreate", "true")]);
    xml.end_element("samlp:AuthnRequest");
    xml.into_string()
}

/// Some providers take no fractions.
fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.micros() - at.micros().rem_euclid(1_000_000))
}

/// DEFLATE without compression (RFC 1951, 3.2.4): a request is shorter than one block.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    let mut block = vec![1];
    block.extend(length.to_le_bytes());
    block.extend((!length).to_le_bytes());
    block.extend(bytes.iter().take(usize::from(length)));
    block
}
