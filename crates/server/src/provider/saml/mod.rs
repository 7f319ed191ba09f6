//! Talking to identity providers by SAML 2.0 (Web Browser SSO): the request that people carry there, the answer they
//! carry back, and the metadata of both sides. Knows no organization and decides nothing about people. Signatures are
//! checked by `bergshamra-dsig`; what it may be asked to check is narrowed in [`signature`] first.

mod answer;
mod certificates;
mod metadata;
mod request;
mod signature;
mod tree;
mod trial;

pub use answer::{Asked, Said, Us, is_unsolicited, read};
pub use certificates::certificate;
pub use metadata::{Described, describe, describe_us};
pub use request::address;
pub use trial::try_out;

/// The protocol's names.
const PROTOCOL: &str = "urn:oasis:names:tc:SAML:2.0:protocol";
/// The assertions' names.
const ASSERTION: &str = "urn:oasis:names:tc:SAML:2.0:assertion";
/// The metadata's names.
const METADATA: &str = "urn:oasis:names:tc:SAML:2.0:metadata";
/// How requests go out.
const REDIRECT: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
/// How answers come in.
const POST: &str = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
/// Names of people that a provider keeps, and never gives to anybody else.
const PERSISTENT: &str = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

/// As long as an answer, or a provider's metadata, may be.
pub const MOST_BYTES: usize = 262_144;

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SamlError {
    /// Nobody asked for it.
    Unsolicited,
    /// It is encrypted, and nothing here decrypts.
    Encrypted,
    /// Another provider than the one asked says to have sent it.
    Issuer,
    /// The provider did not sign the person in.
    Denied(String),
    /// It is not valid.
    Invalid(String),
}

impl SamlError {
    fn because(why: impl Into<String>) -> Self {
        Self::Invalid(why.into())
    }
}
