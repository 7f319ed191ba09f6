//! `guildhall serve --demo`: one lively organization for each preset. What is in them is asked of the server
//! itself, over its own API, so that a demo holds nothing that could not have happened. Does not serve.

mod cast;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use guildhall_server::app::App;
use guildhall_server::config::{Config, Demo, Door};
use guildhall_server::ops::{Ctx, setup, tokens};
use guildhall_server::security::secret::Secret;
use guildhall_store::{Author, Keep};

use crate::config::{Loaded, Source};
use crate::failure::Failure;
use crate::installation::stopped;

use cast::{Api, Scene};

/// What marks a folder as a demo: data of people that were made up.
const MARK: &str = "demo";
const FOLDER: &str = "./guildhall-demo";
/// Everybody's password. The demo listens where `--listen` says, on this machine if it says nothing.
const PASSWORD: &str = "demo demo demo";

/// What the data folder has to do with a demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Nothing: real data, or none yet.
    None,
    /// It is to become one.
    Empty,
    /// It is one.
    Ready,
}

/// The settings to serve with, and whether that is a demo: asked for, or in the folder since an earlier start. A demo
/// has a folder of its own, mails nobody, and has no limits that its own making would meet.
pub(crate) fn settings(loaded: Loaded, wanted: bool) -> Result<(Config, State), Failure> {
    let chosen =
        |key: &str| loaded.settings.iter().any(|(setting, _, source)| setting.key == key && *source != Source::Default);
    let (folder_chosen, level_chosen) = (chosen("data"), chosen("log.level"));
    let mut config = loaded.config;
    if wanted && !folder_chosen {
        config.data = FOLDER.into();
    }
    let state = match look(&config.data)? {
        State::Empty if !wanted => return Ok((config, State::None)),
        State::None if !wanted => return Ok((config, State::None)),
        State::None => {
            let hint = "give a demo a folder of its own with `--data`";
            return Err(Failure::usage(format!("`{}` holds real data", config.data.display()), hint));
        }
        state => state,
    };
    if config.database.is_some() || config.smtp.is_some() {
        let hint = "leave out `--database` and `--smtp`: a demo keeps everything in its own folder";
        return Err(Failure::usage("a demo takes no database and no mail server", hint));
    }
    if !level_chosen {
        // Who just came finds the names to sign in with as the last thing on the screen.
        "warn".clone_into(&mut config.log.level);
    }
    config.limits.accept_per_minute_per_address = 0;
    config.limits.mails_per_hour_per_organization = 0;
    let door = |scene: &Scene| {
        let (email, name) = scene.owner();
        Door { email, name, organization: scene.name.clone(), slug: scene.slug.clone(), preset: scene.preset.clone() }
    };
    let doors = cast::scenes()?.iter().map(door).collect();
    config.demo = Some(Demo { password: PASSWORD.to_owned(), doors });
    Ok((config, state))
}

/// What a folder holds: real data, nothing, or a demo.
fn look(folder: &Path) -> Result<State, Failure> {
    let (mark, data) = (folder.join(MARK), folder.join("guildhall.sqlite3"));
    let mark = fs::read_to_string(&mark).unwrap_or_default();
    match (mark.trim(), data.exists()) {
        ("ready", true) => Ok(State::Ready),
        ("", false) => Ok(State::Empty),
        ("", true) => Ok(State::None),
        _ => Err(Failure::usage(
            format!("`{}` holds a demo that was not finished", folder.display()),
            "delete that folder and start again",
        )),
    }
}

/// Fills the new installation, whose server answers at `bound`.
pub(crate) async fn fill(app: &Arc<App>, config: &Config, bound: SocketAddr) -> Result<(), Failure> {
    let mark = |text: &str| {
        let path = config.data.join(MARK);
        fs::write(&path, text).map_err(|error| Failure::file(&path, &error))
    };
    mark("begun\n")?;
    let scenes = cast::scenes()?;
    let hash = app.passwords.hash(Secret::new(PASSWORD.to_owned())).await;
    let hash = hash.map_err(|error| Failure::failed(error.to_string(), "try again"))?;
    let mut administrator = None;
    for scene in &scenes {
        // What stands in a tenant is made by whoever administers the installation: the first owner.
        let token = match (&administrator, &scene.tenant) {
            (Some(token), Some(_)) => String::clone(token),
            (first, _) => found(app, config, scene, first.is_none(), &hash).await?,
        };
        administrator.get_or_insert_with(|| token.clone());
        cast::play(&Api::new(bound, token)?, scene, PASSWORD).await?;
    }
    mark("ready\n")
}

/// Makes one organization with its owner, as the operator may, and a token of that owner.
async fn found(app: &Arc<App>, config: &Config, scene: &Scene, first: bool, hash: &str) -> Result<String, Failure> {
    let ctx = Ctx::of_operator(app, "guildhall serve --demo");
    let (email, name) = scene.owner();
    let wanted = setup::First {
        organization: scene.name.clone(),
        slug: Some(scene.slug.clone()),
        preset: scene.preset.clone(),
        email,
        name,
        password: Some(hash.to_owned()),
    };
    let author = Author { kind: "system".to_owned(), name: "demo".to_owned(), ..Author::default() };
    let written = app.store.write(author, ctx.now, Keep::Commit, move |tx| {
        let (_, owner, _) =
            if first { setup::found(&ctx, tx, &wanted)? } else { setup::found_another(&ctx, tx, &wanted)? };
        tokens::create_for_operator(&ctx, tx, owner.id)
    });
    written.await.map_err(|stop| stopped(config, stop))
}

/// What the operator should know of the demo.
pub(crate) fn welcome(bound: SocketAddr) -> Result<String, Failure> {
    let mut text =
        format!("this is a DEMO, its people are made up; sign in at http://{bound}/ with the password `{PASSWORD}` as");
    for scene in cast::scenes()? {
        let (email, _) = scene.owner();
        text += &format!("\n  {email:<28} {} ({})", scene.name, scene.preset);
    }
    Ok(text)
}
