//! Certificates that providers sign with, as administrators enter them. Checks no chain: the key in a certificate that
//! an administrator entered is trusted, and no other.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use guildhall_domain::sso::Certificate;
use guildhall_domain::time::Timestamp;
use sha2::{Digest, Sha256};
use x509_cert::Certificate as Parsed;
use x509_cert::der::{Decode, Encode};

/// Shortest RSA key in bits.
const SHORTEST_RSA: usize = 2_048;
const RSA: &str = "1.2.840.113549.1.1.1";
const EC: &str = "1.2.840.10045.2.1";
const CURVES: [(&str, &str); 3] =
    [("1.2.840.10045.3.1.7", "EC P-256"), ("1.3.132.0.34", "EC P-384"), ("1.3.132.0.35", "EC P-521")];

/// Reads a certificate, PEM or the bare Base64 of metadata.
///
/// # Errors
/// What is wrong with it.
pub fn certificate(text: &str) -> Result<Certificate, String> {
    let bare: String = text.lines().filter(|line| !line.starts_with("-----")).flat_map(str::split_whitespace).collect();
    let unreadable =
        || "it is no certificate: enter it as PEM, beginning with `-----BEGIN CERTIFICATE-----`".to_owned();
    let der = BASE64_STANDARD.decode(bare).map_err(|_| unreadable())?;
    let parsed = Parsed::from_der(&der).map_err(|_| unreadable())?;
    let until = parsed.tbs_certificate.validity.not_after.to_unix_duration().as_micros();
    Ok(Certificate {
        fingerprint: Sha256::digest(&der).iter().map(|byte| format!("{byte:02x}")).collect(),
        key: key(&parsed)?,
        until: Timestamp::from_micros(i64::try_from(until).unwrap_or(i64::MAX)),
        der: BASE64_STANDARD.encode(&der),
    })
}

/// What kind of key it holds.
fn key(parsed: &Parsed) -> Result<String, String> {
    let key = &parsed.tbs_certificate.subject_public_key_info;
    let weak = || format!("its key is none that is taken: RSA of {SHORTEST_RSA} bits and more, or P-256, P-384, P-521");
    match key.algorithm.oid.to_string().as_str() {
        RSA => {
            let bits = modulus_bits(key.subject_public_key.raw_bytes()).ok_or_else(weak)?;
            if bits < SHORTEST_RSA { Err(weak()) } else { Ok(format!("RSA {bits}")) }
        }
        EC => {
            let parameters = key.algorithm.parameters.as_ref().and_then(|any| any.to_der().ok()).ok_or_else(weak)?;
            let curve = x509_cert::der::oid::ObjectIdentifier::from_der(&parameters).map_err(|_| weak())?.to_string();
            let known = CURVES.iter().find(|(oid, _)| *oid == curve).ok_or_else(weak)?;
            Ok(known.1.to_owned())
        }
        _ => Err(weak()),
    }
}

/// The bits of the modulus in an RSA public key (RFC 8017, A.1.1).
fn modulus_bits(der: &[u8]) -> Option<usize> {
    let parts = Vec::<x509_cert::der::asn1::Uint>::from_der(der).ok()?;
    let modulus = parts.first()?.as_bytes();
    let first = usize::try_from(modulus.first()?.leading_zeros()).ok()?;
    Some(modulus.len() * 8 - first)
}
