//! Whether an answer is signed by its provider, and what of it is. INVARIANT: the check is left to `bergshamra-dsig`,
//! with the connection's own keys alone, and only for signatures of the one form that SAML needs; whoever reads an
//! answer reads nothing but the assertion returned here.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bergshamra_dsig::verify::verify_all_document_with_source;
use bergshamra_dsig::{DsigContext, VerifyResult};
use bergshamra_keys::KeysManager;
use bergshamra_keys::loader::load_x509_cert_der;
use guildhall_domain::sso::Certificate;
use uppsala::NodeId;

use super::tree::Tree;
use super::{ASSERTION, SamlError};

const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const METHODS: [&str; 6] = [
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
    "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
];
const DIGESTS: [&str; 3] = [
    "http://www.w3.org/2001/04/xmlenc#sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512",
];

/// As long as a list of prefixes may be: each is looked at for each element, before anything is known to be signed.
const MOST_PREFIX_BYTES: usize = 256;

/// The one assertion of an answer, signed by itself or with the whole answer.
///
/// # Errors
/// [`SamlError::Invalid`].
pub(super) fn signed_assertion(tree: &Tree<'_>, xml: &str, trusted: &[Certificate]) -> Result<NodeId, SamlError> {
    let root = tree.root().map_err(SamlError::Invalid)?;
    // Whatever its namespace and wherever it stands: a second one is there to be mistaken for the first.
    let assertion = match tree.everywhere("Assertion").as_slice() {
        [one] if tree.is(*one, ASSERTION, "Assertion") && tree.parent(*one) == Some(root) => *one,
        [] => return Err(SamlError::because("it has no assertion")),
        _ => return Err(SamlError::because("it has more than one assertion, or one out of place")),
    };
    let signatures = tree.everywhere("Signature");
    if signatures.is_empty() || signatures.len() > 2 {
        return Err(SamlError::because("it is not signed, or more often than twice"));
    }
    let mut covered = Vec::new();
    for signature in signatures {
        let signed = of_one_form(tree, signature).map_err(SamlError::Invalid)?;
        if ![root, assertion].contains(&signed) || covered.contains(&signed) {
            return Err(SamlError::because("a signature stands out of place"));
        }
        covered.push(signed);
    }
    let checked = verify_all_document_with_source(&DsigContext::new(keys(trusted)?), tree.document(), Some(xml));
    let checked = checked.map_err(|error| SamlError::Invalid(format!("its signature cannot be read: {error}")))?;
    let stands = |(result, signed): (&VerifyResult, &NodeId)| match result {
        VerifyResult::Valid { references, .. } => {
            matches!(references.as_slice(), [one] if one.digest_verified && one.resolved_node == Some(*signed))
        }
        VerifyResult::Invalid { .. } => false,
    };
    // Both lists are in the order of the document.
    if checked.len() == covered.len() && checked.iter().zip(&covered).all(stands) {
        return Ok(assertion);
    }
    Err(SamlError::because("no certificate of the connection signed it, or it was changed since"))
}

/// The keys of the connection. What an answer itself says of keys is never looked at.
fn keys(trusted: &[Certificate]) -> Result<KeysManager, SamlError> {
    let mut keys = KeysManager::new();
    for certificate in trusted {
        let key = BASE64_STANDARD.decode(&certificate.der).ok().and_then(|der| load_x509_cert_der(&der).ok());
        keys.add_key(key.ok_or_else(|| SamlError::because("a certificate of the connection cannot be read"))?);
    }
    Ok(keys)
}

/// What a signature says to sign: the element right around it, named by its id. Refuses every other form.
fn of_one_form(tree: &Tree<'_>, signature: NodeId) -> Result<NodeId, String> {
    let odd = |what: &str| Err(format!("its signature has {what} that is not taken"));
    let algorithm = |node: NodeId| tree.attribute(node, "Algorithm").unwrap_or_default();
    if !tree.is(signature, DSIG, "Signature") {
        return odd("a name");
    }
    let around = tree.parent(signature).ok_or("its signature stands nowhere")?;
    let id = tree.attribute(around, "ID").filter(|id| !id.is_empty()).ok_or("what is signed has no id")?;
    if tree
        .elements(signature)
        .iter()
        .any(|part| !["SignedInfo", "SignatureValue", "KeyInfo"].contains(&tree.name(*part)))
    {
        return odd("a part");
    }
    let info = tree.only(signature, DSIG, "SignedInfo")?;
    tree.only(signature, DSIG, "SignatureValue")?;
    let reference = tree.only(info, DSIG, "Reference")?;
    if tree.elements(info).len() != 3 || algorithm(tree.only(info, DSIG, "CanonicalizationMethod")?) != EXCLUSIVE {
        return odd("a canonical form");
    }
    if !METHODS.contains(&algorithm(tree.only(info, DSIG, "SignatureMethod")?)) {
        return odd("a method");
    }
    if !DIGESTS.contains(&algorithm(tree.only(reference, DSIG, "DigestMethod")?)) {
        return odd("a digest");
    }
    if tree.attribute(reference, "URI").and_then(|uri| uri.strip_prefix('#')) != Some(id) {
        return odd("a reference");
    }
    let long = |list: &NodeId| tree.attribute(*list, "PrefixList").is_some_and(|text| text.len() > MOST_PREFIX_BYTES);
    if tree.everywhere("InclusiveNamespaces").iter().any(long) {
        return odd("a list of prefixes");
    }
    let transforms = tree.only(reference, DSIG, "Transforms")?;
    let steps: Vec<&str> = tree.elements(transforms).into_iter().map(algorithm).collect();
    if steps != [ENVELOPED, EXCLUSIVE] {
        return odd("a transform");
    }
    Ok(around)
}
