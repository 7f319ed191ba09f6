//! Looks at every page of the console as text: nothing inline, nothing from elsewhere, hostile names
//! stay text, forms carry their token, ids and labels fit. What only a browser can tell (contrast,
//! keyboard, layout) is not checked here.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../examples/gallery/samples/mod.rs"]
mod samples;

use std::collections::{HashMap, HashSet};

use guildhall_server::console::assets;
use samples::{Sample, Visit, samples};

fn draw(sample: &Sample) -> String {
    let visit = Visit {
        theme: "dark".to_owned(),
        done: true,
        query: HashMap::new(),
        path: sample.path.to_owned(),
        now_ms: 1_790_000_000_000,
    };
    (sample.draw)(&visit).unwrap()
}

/// The value of attribute `name` in each tag that begins with `tag`.
fn values<'a>(html: &'a str, tag: &str, name: &str) -> Vec<&'a str> {
    let wanted = format!(" {name}=\"");
    html.split('<')
        .filter(|part| part.starts_with(tag))
        .filter_map(|part| part.split('>').next()?.split(&wanted).nth(1)?.split('"').next())
        .collect()
}

/// Calls `look` with every sample and its HTML.
fn each_page(look: impl Fn(&Sample, &str)) {
    let mut seen = 0;
    for sample in samples() {
        look(sample, &draw(sample));
        seen += 1;
    }
    assert!(seen > 50, "the samples cover the console");
}

#[test]
fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
    each_page(|sample, html| {
        for inline in [" style=\"", "<style", " onclick=", " onload=", " onerror=", "javascript:"] {
            assert!(!html.contains(inline), "{} has {inline}", sample.path);
        }
        let scripts = html.matches("<script").count();
        assert_eq!(scripts, html.matches("<script src=\"/").count(), "{}: scripts are files", sample.path);
        // The common one, and on a page of passkeys theirs.
        assert!((1..=2).contains(&scripts), "{} has {scripts} scripts", sample.path);
        for name in ["src", "href", "action", "formaction"] {
            for address in html.split(&format!(" {name}=\"")).skip(1) {
                let home = address.starts_with('/') && !address.starts_with("//");
                assert!(home || address.starts_with('#'), "{} leads to {address:.40}", sample.path);
            }
        }
    });
}

#[test]
fn every_form_that_posts_carries_the_token() {
    each_page(|sample, html| {
        for form in html.split("<form ").skip(1) {
            let form = form.split("</form>").next().unwrap();
            if form.split('>').next().unwrap().contains("method=\"post\"") {
                let token = form.contains("name=\"csrf\" value=\"sample\"");
                assert!(token, "{} has a form without token", sample.path);
            }
        }
    });
}

#[test]
fn ids_are_unique_and_references_lead_to_one() {
    each_page(|sample, html| {
        let mut ids = HashSet::new();
        for id in html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(ids.insert(id), "{} has `{id}` twice", sample.path);
        }
        for name in ["for", "aria-describedby", "aria-labelledby", "data-copy"] {
            for list in html.split(&format!(" {name}=\"")).skip(1) {
                for id in list.split('"').next().unwrap().split(' ') {
                    assert!(ids.contains(id), "{} refers to `{id}`", sample.path);
                }
            }
        }
    });
}

#[test]
fn every_field_has_a_name_to_read() {
    each_page(|sample, html| {
        let labelled: HashSet<&str> = values(html, "label ", "for").into_iter().collect();
        for tag in ["input ", "select ", "textarea "] {
            for part in html.split('<').filter(|part| part.starts_with(tag)) {
                let open = part.split('>').next().unwrap();
                let wrapped = open.contains("type=\"radio\"")
                    || (open.contains("type=\"checkbox\"") && !open.contains("role=\"switch\""));
                if open.contains("type=\"hidden\"") || wrapped || open.contains("aria-label=") {
                    continue;
                }
                let id = open.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next());
                assert!(id.is_some_and(|id| labelled.contains(id)), "{}: {open}", sample.path);
            }
        }
    });
}

#[test]
fn hostile_names_stay_text() {
    let list = draw(samples().find(|one| one.path == "/acme/admin/users").unwrap());
    assert!(list.contains("&#60;script&#62;alert(&#34;name&#34;)"), "the name is shown");
    each_page(|sample, html| {
        assert!(!html.contains("<script>"), "{} runs a name", sample.path);
    });
}

#[test]
fn a_refused_form_says_why() {
    let mut refused = 0;
    for sample in samples().filter(|one| one.status >= 400) {
        let html = draw(sample);
        let says = html.contains("class=\"error\"") || html.contains("flash-bad");
        assert!(says, "{} {} keeps silent", sample.method, sample.path);
        refused += 1;
    }
    assert!(refused >= 3);
}

#[test]
fn the_first_view_is_small() {
    let list = draw(samples().find(|one| one.path == "/acme/admin/users").unwrap());
    // Pages go as they are, assets compressed: what goes over the wire is measured in the browser's tests.
    assert!(list.len() < 40_000, "{} bytes", list.len());
    for asset in assets::all() {
        assert!(asset.body.len() < 80_000, "{} is {} bytes before compression", asset.name, asset.body.len());
    }
}
