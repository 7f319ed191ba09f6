//! The instance key: one secret of 32 bytes from which every other key is derived.
//!
//! It seals secrets at rest (provider secrets, outbox bodies, stored answers) and keys the hashes of tokens and
//! sessions. It does not rotate: a new key means that everything sealed or hashed with the old one is void.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::secret::{Entropy, Secret, random_bytes};

/// The first byte of everything sealed: the scheme, so that a later one can be told apart.
const SEAL_VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Why an instance key could not be had.
#[derive(Debug)]
pub enum KeyError {
    /// Not base64 of exactly 32 bytes. Holds where it came from.
    Malformed(String),
    /// The file can be read by everybody on the machine.
    Exposed(PathBuf),
    /// The file could not be read or made.
    File(PathBuf, io::Error),
}

impl std::fmt::Display for KeyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(source) => {
                write!(
                    f,
                    "the instance key from {source} is not base64 of 32 bytes; make one with `openssl rand -base64 32`"
                )
            }
            Self::Exposed(path) => write!(
                f,
                "the instance key `{}` can be read by everybody on this machine; run `chmod 600` on it",
                path.display()
            ),
            Self::File(path, error) => write!(f, "the instance key `{}` cannot be used: {error}", path.display()),
        }
    }
}

impl std::error::Error for KeyError {}

/// The sealed bytes are damaged, or were sealed with another key, purpose or associated data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenError;

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("sealed value cannot be opened: it is damaged or belongs to another instance key; restore the key that belongs to this data")
    }
}

impl std::error::Error for OpenError {}

/// The secret of one installation, the same on all of its nodes.
#[derive(Debug, Clone)]
pub struct InstanceKey(Secret<[u8; 32]>);

impl InstanceKey {
    /// A new random key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(Secret::new(random_bytes(entropy)))
    }

    /// From base64 (standard alphabet, padded) of 32 bytes; space around it is ignored.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] naming `source`, never the text itself.
    pub fn from_base64(text: &str, source: &str) -> Result<Self, KeyError> {
        BASE64_STANDARD
            .decode(text.trim())
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .map(|bytes| Self(Secret::new(bytes)))
            .ok_or_else(|| KeyError::Malformed(source.to_owned()))
    }

    /// Reads the key file, or makes it (mode 0600, with its folder) when it is missing.
    ///
    /// Two processes that start at once end with the same key: the file appears whole or not at all, and who comes
    /// second reads what the first wrote.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn load_or_create(path: &Path, entropy: &dyn Entropy) -> Result<Self, KeyError> {
        let fault = |error| KeyError::File(path.to_owned(), error);
        match Self::load(path) {
            Err(KeyError::File(_, error)) if error.kind() == io::ErrorKind::NotFound => {}
            done => return done,
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder {
            fs::create_dir_all(folder).map_err(fault)?;
        }
        let draft = path.with_extension(format!("key.{:016x}", u64::from_le_bytes(random_bytes(entropy))));
        let mut text = Secret::new(BASE64_STANDARD.encode(Self::generate(entropy).0.expose()));
        text = Secret::new(format!("{}\n", text.expose()));
        let written = write_private(&draft, text.expose().as_bytes())
            .and_then(|()| match fs::hard_link(&draft, path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
                _ => Ok(()),
            })
            .and_then(|()| fs::File::open(folder.unwrap_or(Path::new(".")))?.sync_all());
        let removed = fs::remove_file(&draft);
        written.and(removed).map_err(fault)?;
        Self::load(path)
    }

    /// Reads the key file and makes nothing.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let fault = |error| KeyError::File(path.to_owned(), error);
        let text = Secret::new(fs::read_to_string(path).map_err(fault)?);
        let mode = fs::metadata(path).map_err(fault)?.permissions().mode();
        if mode & 0o007 != 0 {
            return Err(KeyError::Exposed(path.to_owned()));
        }
        Self::from_base64(text.expose(), &format!("`{}`", path.display()))
    }

    /// A key for one purpose; keys of different purposes say nothing about each other.
    pub fn subkey(&self, purpose: &str) -> MacKey {
        MacKey::new(&MacKey::new(self.0.expose()).mac(&[b"guildhall/v1/", purpose.as_bytes()]))
    }

    /// Encrypts `plaintext` with XChaCha20-Poly1305 and a random nonce, bound to `purpose` and `associated` (for
    /// example the id of the row it is stored in). Form: version byte, 24 bytes nonce, ciphertext with its tag.
    pub fn seal(&self, purpose: &str, associated: &[u8], plaintext: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = random_bytes(entropy);
        let payload = Payload { msg: plaintext, aad: associated };
        let mut sealed = vec![SEAL_VERSION];
        sealed.extend_from_slice(&nonce);
        // Fails only past 2^38 bytes, which cannot be in memory; what is then stored opens to an error, never to text.
        sealed.extend(self.cipher(purpose).encrypt(&XNonce::from(nonce), payload).unwrap_or_default());
        sealed
    }

    /// Decrypts what [`Self::seal`] made with the same purpose and associated data.
    ///
    /// # Errors
    /// [`OpenError`] when a single bit differs.
    pub fn open(&self, purpose: &str, associated: &[u8], sealed: &[u8]) -> Result<Secret<Vec<u8>>, OpenError> {
        let (version, rest) = sealed.split_first().ok_or(OpenError)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(OpenError)?;
        if *version != SEAL_VERSION {
            return Err(OpenError);
        }
        let payload = Payload { msg: ciphertext, aad: associated };
        let opened = self.cipher(purpose).decrypt(&XNonce::from(*nonce), payload);
        opened.map(Secret::new).map_err(|_| OpenError)
    }

    fn cipher(&self, purpose: &str) -> XChaCha20Poly1305 {
        let key = self.subkey("seal").mac(&[purpose.as_bytes()]);
        XChaCha20Poly1305::new(&key.into())
    }
}

/// A key for HMAC-SHA-256, ready to use.
#[derive(Clone)]
pub struct MacKey(Hmac<Sha256>);

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

impl MacKey {
    fn new(key: &[u8; 32]) -> Self {
        let mut block = [0; 64];
        for (target, source) in block.iter_mut().zip(key) {
            *target = *source;
        }
        Self(Hmac::new(&block.into()))
    }

    /// HMAC-SHA-256 over the parts one after the other. Callers keep the boundary between parts unambiguous.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
#[path = "key_tests.rs"]
mod tests;
