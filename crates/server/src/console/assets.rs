//! The console's own files: one style sheet, one script, one picture, compiled in and served under a
//! name that holds their hash, so a browser may keep them for ever. It does not read the disk and
//! does not compress: the layer around its route does.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

/// Where the assets live; the route is `/assets/{file}`.
pub const PREFIX: &str = "/assets/";

/// One file of the console.
#[derive(Debug)]
pub struct Asset {
    /// The name templates use, such as `console.css`.
    pub name: &'static str,
    /// Name and hash, such as `console-1f2e3d4c5b6a7988.css`: the last segment of its address.
    pub file: String,
    /// The media type with its character set.
    pub media_type: &'static str,
    /// The content.
    pub body: &'static [u8],
    href: String,
}

const STYLE: &str = concat!(
    include_str!("../../assets/css/1-tokens.css"),
    include_str!("../../assets/css/2-base.css"),
    include_str!("../../assets/css/3-parts.css"),
    include_str!("../../assets/css/4-parts.css"),
    include_str!("../../assets/css/5-pages.css"),
);
const SCRIPT: &str = concat!(
    include_str!("../../assets/js/1-page.js"),
    include_str!("../../assets/js/2-menu.js"),
    include_str!("../../assets/js/3-dialog.js"),
    include_str!("../../assets/js/4-list.js"),
    include_str!("../../assets/js/5-palette.js"),
);
/// Only on the pages that ask a device for a passkey.
const PASSKEY: &str = include_str!("../../assets/js/passkey.js");
const MARK: &[u8] = include_bytes!("../../assets/mark.svg");

static ASSETS: LazyLock<[Asset; 4]> = LazyLock::new(|| {
    [
        asset("console", "css", "text/css; charset=utf-8", STYLE.as_bytes()),
        asset("console", "js", "text/javascript; charset=utf-8", SCRIPT.as_bytes()),
        asset("passkey", "js", "text/javascript; charset=utf-8", PASSKEY.as_bytes()),
        asset("mark", "svg", "image/svg+xml", MARK),
    ]
});

fn asset(stem: &str, ending: &str, media_type: &'static str, body: &'static [u8]) -> Asset {
    let mut hash = String::new();
    for byte in Sha256::digest(body).iter().take(8) {
        let _ = write!(hash, "{byte:02x}");
    }
    let file = format!("{stem}-{hash}.{ending}");
    let name = match (stem, ending) {
        ("console", "css") => "console.css",
        ("console", _) => "console.js",
        ("passkey", _) => "passkey.js",
        _ => "mark.svg",
    };
    Asset { name, href: format!("{PREFIX}{file}"), file, media_type, body }
}

/// The address of an asset by its plain name; an unknown name gives the prefix, which answers 404.
#[must_use]
pub fn href(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or(PREFIX, |asset| &asset.href)
}

/// The asset served as `file`, hash included.
#[must_use]
pub fn find(file: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.file == file)
}

/// All assets, for a page or a test that lists them.
#[must_use]
pub fn all() -> &'static [Asset] {
    ASSETS.as_slice()
}

/// Answers `GET /assets/{file}`: the content with a year's leave to keep it, or a bare 404.
pub async fn serve(Path(file): Path<String>) -> Response {
    let Some(asset) = find(&file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, asset.body).into_response()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn every_asset_is_found_under_its_own_address() {
        for asset in all() {
            let file = href(asset.name).strip_prefix(PREFIX).unwrap();
            assert_eq!(find(file).unwrap().name, asset.name);
        }
    }

    #[test]
    fn the_address_changes_with_the_content() {
        let one = asset("console", "css", "text/css", b"a");
        let other = asset("console", "css", "text/css", b"b");
        assert_ne!(one.file, other.file);
    }

    #[test]
    fn an_unknown_name_is_not_served() {
        assert!(find("console.css").is_none());
        assert!(find("../Cargo.toml").is_none());
    }

    #[test]
    fn no_asset_names_an_outside_address() {
        for asset in all() {
            let text = std::str::from_utf8(asset.body).unwrap();
            let outside = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!outside.contains("http://") && !outside.contains("https://"), "{}", asset.name);
        }
    }
}
