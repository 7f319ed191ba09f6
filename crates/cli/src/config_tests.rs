#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
use super::*;

/// A folder of its own for each test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("guildhall-config-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn flags(&self) -> Flags {
        Flags { data: Some(self.0.to_str().unwrap().to_owned()), ..Flags::default() }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn environment(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn error(flags: &Flags, variables: &[(&str, &str)]) -> String {
    let failure = load_from(flags, &environment(variables)).unwrap_err();
    failure.to_string()
}

fn source(loaded: &Loaded, key: &str) -> Source {
    loaded.settings.iter().find(|(setting, _, _)| setting.key == key).unwrap().2.clone()
}

#[test]
fn flags_beat_the_environment_beats_the_file_beats_the_default() {
    let folder = Folder::new("order");
    let file = folder.write(
        "guildhall.toml",
        "listen = '127.0.0.1:1'\nsmtp = 'smtp://file'\nbody_limit_bytes = 2048\n[log]\nlevel = 'debug'\n",
    );
    let flags = Flags { listen: Some("127.0.0.1:3".to_owned()), ..folder.flags() };
    let variables =
        environment(&[("GUILDHALL_LISTEN", "127.0.0.1:2"), ("GUILDHALL_LOG_LEVEL", "warn"), ("PATH", "/bin")]);
    let loaded = load_from(&flags, &variables).unwrap();
    assert_eq!(loaded.config.listen, "127.0.0.1:3".parse().unwrap());
    assert_eq!(loaded.config.log.level, "warn");
    assert_eq!(loaded.config.smtp.as_ref().unwrap().expose(), "smtp://file");
    assert_eq!(loaded.config.body_limit_bytes, 2048);
    assert_eq!(loaded.config.sweep_interval_s, 60);
    assert_eq!(source(&loaded, "listen"), Source::Flag("listen"));
    assert_eq!(source(&loaded, "log.level"), Source::Variable("GUILDHALL_LOG_LEVEL".to_owned()));
    assert_eq!(source(&loaded, "smtp"), Source::File(file));
    assert_eq!(source(&loaded, "sweep_interval_s"), Source::Default);
}

#[test]
fn the_file_is_named_by_flag_or_variable_or_lies_in_the_data_folder() {
    let folder = Folder::new("file");
    let named = folder.write("named.toml", "body_limit_bytes = 3000\ndata = '/elsewhere'");
    let other = folder.write("other.toml", "body_limit_bytes = 4000");
    folder.write("guildhall.toml", "body_limit_bytes = 5000");
    let bytes = |flags: &Flags, variables: &[(&str, &str)]| {
        load_from(flags, &environment(variables)).unwrap().config.body_limit_bytes
    };
    let by_variable = [("GUILDHALL_CONFIG", other.to_str().unwrap())];
    assert_eq!(bytes(&Flags { config: Some(named.clone()), ..folder.flags() }, &by_variable), 3000);
    assert_eq!(bytes(&folder.flags(), &by_variable), 4000);
    assert_eq!(bytes(&folder.flags(), &[]), 5000);
    assert_eq!(bytes(&Flags::default(), &[("GUILDHALL_DATA", folder.0.to_str().unwrap())]), 5000);
    let by_named = load_from(&Flags { config: Some(named), ..Flags::default() }, &[]).unwrap();
    assert_eq!(by_named.config.data, Path::new("/elsewhere"));
    let missing = error(&Flags { config: Some(folder.0.join("missing.toml")), ..Flags::default() }, &[]);
    assert!(missing.contains("missing.toml") && missing.contains("hint: "), "{missing}");
    folder.write("guildhall.toml", "data = 'x'");
    assert!(error(&folder.flags(), &[]).contains("`data` cannot be set in the file"));
}

#[test]
fn a_wrong_value_is_reported_with_its_source_and_what_is_allowed() {
    let folder = Folder::new("wrong");
    let by_flag = error(&Flags { listen: Some("80".to_owned()), ..Flags::default() }, &[]);
    assert!(
        by_flag.starts_with(
            "error: `80` is not allowed for `listen`, from the flag `--listen`: expected an IP address and a port"
        ),
        "{by_flag}"
    );
    let by_variable = error(&folder.flags(), &[("GUILDHALL_LOG_FORMAT", "xml")]);
    assert!(by_variable.starts_with("error: `xml` is not allowed for `log.format`, from the variable `GUILDHALL_LOG_FORMAT`: expected `text` or `json`\n"), "{by_variable}");
    let file = folder.write(
        "guildhall.toml",
        "trusted_proxies = ['10.0.0.0/8', 'lan']\n[limits]\nsign_up_per_minute_per_address = 'many'\n",
    );
    let by_file = error(&folder.flags(), &[]);
    let path = file.display();
    assert!(by_file.contains(&format!("error: `10.0.0.0/8, lan` is not allowed for `trusted_proxies`, from the file `{path}`: expected address ranges")), "{by_file}");
    assert!(
        by_file.contains("error: `many` is not allowed for `limits.sign_up_per_minute_per_address`"),
        "everything at once: {by_file}"
    );
    assert!(by_file.lines().last().unwrap().starts_with("hint: "));
    assert!(matches!(load_from(&folder.flags(), &[]), Err(Failure::Usage(_))));
}

#[test]
fn a_wrong_value_in_a_weaker_source_is_reported_too() {
    let folder = Folder::new("weaker");
    folder.write("guildhall.toml", "listen = 'nowhere'");
    let flags = Flags { listen: Some("127.0.0.1:0".to_owned()), ..folder.flags() };
    assert!(error(&flags, &[]).contains("`nowhere`"));
}

#[test]
fn secrets_are_hidden_in_errors_and_read_from_files() {
    let folder = Folder::new("secret");
    let wrong = error(&folder.flags(), &[("GUILDHALL_SMTP", "hunter2")]);
    assert!(wrong.contains("the value (hidden) is not allowed for `smtp`") && !wrong.contains("hunter2"), "{wrong}");
    folder.write("guildhall.toml", "smtp = 'smtp://a:hunter2@b");
    let broken = error(&folder.flags(), &[]);
    assert!(broken.contains("is not TOML, line 1") && !broken.contains("hunter2"), "{broken}");
    folder.write("guildhall.toml", "");
    let secret = folder.write("smtp-url", "smtps://user:hunter2@mail.example.com\n");
    let loaded =
        load_from(&folder.flags(), &environment(&[("GUILDHALL_SMTP_FILE", secret.to_str().unwrap())])).unwrap();
    assert_eq!(loaded.config.smtp.unwrap().expose(), "smtps://user:hunter2@mail.example.com");
    assert!(error(&folder.flags(), &[("GUILDHALL_SMTP_FILE", "/does/not/exist")]).contains("cannot read the file"));
    assert!(
        error(&folder.flags(), &[("GUILDHALL_LISTEN_FILE", "/x")]).contains("unknown variable"),
        "for secrets only"
    );
}

#[test]
fn unknown_names_are_refused_with_the_nearest() {
    let folder = Folder::new("unknown");
    let variable = error(&folder.flags(), &[("GUILDHALL_LISTN", "127.0.0.1:1")]);
    assert!(variable.contains("unknown variable `GUILDHALL_LISTN`; the nearest is `GUILDHALL_LISTEN`"), "{variable}");
    folder.write("guildhall.toml", "[limit]\nmails_per_hour_per_recipient = 1\n[log]\nlevels = 'info'");
    let file = error(&folder.flags(), &[]);
    assert!(
        file.contains("unknown setting `limit.mails_per_hour_per_recipient`")
            && file.contains("the nearest is `limits.mails_per_hour_per_recipient`"),
        "{file}"
    );
    assert!(file.contains("unknown setting `log.levels`") && file.contains("`log.level`"), "{file}");
}

#[test]
fn empty_foreign_and_client_variables_are_not_settings() {
    let folder = Folder::new("foreign");
    let variables = environment(&[
        ("GUILDHALL_SMTP", ""),
        ("GUILDHALL_PORT", "tcp://10.0.0.1:80"),
        ("GUILDHALL_PORT_80_TCP_ADDR", "10.0.0.1"),
        ("GUILDHALL_SERVICE_HOST", "10.0.0.1"),
        ("GUILDHALL_URL", "http://127.0.0.1:8080"),
        ("GUILDHALL_TOKEN", "gld_pat_x"),
    ]);
    let loaded = load_from(&folder.flags(), &variables).unwrap();
    assert!(loaded.config.smtp.is_none());
}

#[test]
fn distances_are_levenshtein() {
    for (left, right, expected) in
        [("", "", 0), ("a", "", 1), ("", "ab", 2), ("kitten", "sitting", 3), ("log", "log", 0)]
    {
        assert_eq!(distance(left, right), expected, "{left} {right}");
    }
}
