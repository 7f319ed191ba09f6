#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use crate::security::secret::SeededEntropy;

fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("guildhall-key-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    path
}

#[test]
fn a_missing_file_is_made_private_and_read_again() {
    let folder = folder("made");
    let path = folder.join("instance.key");
    let made = InstanceKey::load_or_create(&path, &SeededEntropy::new(1)).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let read = InstanceKey::load_or_create(&path, &SeededEntropy::new(2)).unwrap();
    assert_eq!(made.0.expose(), read.0.expose());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no draft is left over");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn processes_that_start_together_end_with_one_key() {
    let folder = folder("race");
    let path = folder.join("instance.key");
    let keys: Vec<[u8; 32]> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8)
            .map(|seed| {
                let path = &path;
                scope.spawn(move || *InstanceKey::load_or_create(path, &SeededEntropy::new(seed)).unwrap().0.expose())
            })
            .collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_file_for_everybody_or_with_something_else_in_it_is_refused() {
    let folder = folder("bad");
    let path = folder.join("instance.key");
    InstanceKey::load_or_create(&path, &SeededEntropy::new(1)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let exposed = InstanceKey::load_or_create(&path, &SeededEntropy::new(1)).unwrap_err();
    assert!(exposed.to_string().contains("chmod 600"), "{exposed}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, "c2hvcnQ=").unwrap();
    let malformed = InstanceKey::load_or_create(&path, &SeededEntropy::new(1)).unwrap_err().to_string();
    assert!(malformed.contains("instance.key") && !malformed.contains("c2hvcnQ="), "{malformed}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn sealed_values_open_only_with_the_same_key_purpose_and_place() {
    let entropy = SeededEntropy::new(3);
    let key = InstanceKey::generate(&entropy);
    let sealed = key.seal("sso.client_secret", b"sso_1", b"hush", &entropy);
    assert_eq!(key.open("sso.client_secret", b"sso_1", &sealed).unwrap().expose(), b"hush");
    assert!(!sealed.windows(4).any(|window| window == b"hush"));
    assert_ne!(sealed, key.seal("sso.client_secret", b"sso_1", b"hush", &entropy), "the nonce is new each time");
    assert!(key.open("outbox", b"sso_1", &sealed).is_err());
    assert!(key.open("sso.client_secret", b"sso_2", &sealed).is_err());
    assert!(InstanceKey::generate(&entropy).open("sso.client_secret", b"sso_1", &sealed).is_err());
}

#[test]
fn no_damaged_value_opens() {
    let entropy = SeededEntropy::new(4);
    let key = InstanceKey::generate(&entropy);
    let sealed = key.seal("outbox", b"", b"", &entropy);
    for position in 0..sealed.len() {
        let mut damaged = sealed.clone();
        damaged[position] ^= 1;
        assert!(key.open("outbox", b"", &damaged).is_err(), "byte {position}");
        assert!(key.open("outbox", b"", &sealed[..position]).is_err(), "cut at {position}");
    }
}

#[test]
fn a_subkey_is_hmac_sha_256_and_its_own() {
    // RFC 4231 has no 32-byte key; this is the vector of its case 2 with the key padded as RFC 2104 says.
    let mut jefe = [0; 32];
    jefe[..4].copy_from_slice(b"Jefe");
    let mac = MacKey::new(&jefe).mac(&[b"what do ya want ", b"for nothing?"]);
    assert_eq!(mac[..8], [0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e]);
    let key = InstanceKey::generate(&SeededEntropy::new(5));
    assert_ne!(key.subkey("token").mac(&[b"x"]), key.subkey("session").mac(&[b"x"]));
    assert_eq!(format!("{key:?} {:?}", key.subkey("a")), "InstanceKey([hidden]) [hidden]");
}
