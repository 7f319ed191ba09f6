//! The console's routes, as its sources name them. Asks nobody.

use std::fs;
use std::path::{Path, PathBuf};

/// An address with what it takes.
#[derive(Clone, Debug)]
pub struct Route {
    pub path: String,
    pub posts: bool,
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the console's sources").map(|entry| entry.expect("an entry").path());
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found
}

/// The text up to the bracket that closes what is open.
fn call(text: &str) -> &str {
    let mut depth = 1;
    let end = text.find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    });
    &text[..end.expect("a call that ends")]
}

/// Every route of the console.
pub fn all() -> Vec<Route> {
    let console = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/src/console");
    let mut found = Vec::new();
    for file in sources(&console) {
        let text = fs::read_to_string(&file).expect("a source");
        for after in text.split(".route(").skip(1) {
            let inside = call(after).trim();
            let path = inside.strip_prefix('"').and_then(|rest| rest.split('"').next());
            let path = path.unwrap_or_else(|| panic!("a route without its path in {}: {inside}", file.display()));
            found.push(Route { path: path.to_owned(), posts: inside.contains("post(") });
        }
    }
    assert!(found.len() > 100, "the sources name their routes otherwise now");
    found
}

fn fits(route: &str, path: &str) -> bool {
    let (mut pieces, mut given) = (route.split('/'), path.split('/'));
    loop {
        match (pieces.next(), given.next()) {
            (None, None) => return true,
            (Some(piece), Some(_)) if piece.starts_with("{*") => return true,
            (Some(piece), Some(value)) if piece.starts_with('{') && !value.is_empty() => {}
            (Some(piece), Some(value)) if piece == value => {}
            _ => return false,
        }
    }
}

/// The route that serves an address: the one with the fewest variables, as the router takes it.
pub fn of<'a>(routes: &'a [Route], path: &str) -> Option<&'a Route> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let fitting = routes.iter().filter(|route| fits(&route.path, path));
    fitting.min_by_key(|route| route.path.split('/').map(|piece| piece.starts_with('{')).collect::<Vec<_>>())
}
