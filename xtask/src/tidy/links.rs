//! Checks that every relative link of the documentation leads to a file, and every anchor to a
//! heading. Does not look at addresses of other hosts.

use crate::files::{Finding, SourceFile};

/// The pages whose links are checked.
fn is_page(file: &SourceFile) -> bool {
    file.extension() == "md" && (file.path.starts_with("docs/") || !file.path.contains('/'))
}

/// Every relative link and anchor resolves.
pub fn links(files: &[SourceFile]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for page in files.iter().filter(|f| is_page(f)) {
        for (line, target) in targets(&page.text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            if let Some(message) = broken(files, &page.path, &target) {
                findings.push(Finding::new(&page.path, line, message));
            }
        }
    }
    findings
}

/// What is wrong with a relative link; `None` when it resolves.
fn broken(files: &[SourceFile], page: &str, target: &str) -> Option<String> {
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let path = if path.is_empty() { page.to_owned() } else { resolve(page, path) };
    let folder = format!("{}/", path.trim_end_matches('/'));
    let found = files.iter().find(|f| f.path == path);
    if found.is_none() && !files.iter().any(|f| f.path.starts_with(&folder)) && !is_picture(&path) {
        return Some(format!("links to `{target}`, but there is no `{path}`; correct or remove the link"));
    }
    let anchor = anchor?;
    let anchors = found.filter(|f| f.extension() == "md").map(|f| anchors(&f.text))?;
    (!anchors.iter().any(|a| a == anchor))
        .then(|| format!("links to `{target}`, but `{path}` has no heading `#{anchor}`; correct the anchor"))
}

/// Pictures are not text, so they are not among the files read.
fn is_picture(path: &str) -> bool {
    let known = [".png", ".jpg", ".webp", ".gif"].iter().any(|end| path.ends_with(end));
    known && crate::files::root().is_ok_and(|root| root.join(path).is_file())
}

/// The path of a relative link, seen from the project's root.
fn resolve(page: &str, target: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// Lines outside of fenced code, with inline code blanked.
fn prose(text: &str) -> Vec<(usize, String)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let inline = line.split('`').enumerate().map(|(i, part)| if i % 2 == 0 { part } else { "`" });
            lines.push((index + 1, inline.collect()));
        }
    }
    lines
}

/// The targets of `[text](target)`, `[name]: target` and `src="target"`, with their lines.
fn targets(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        let after = |opening: &str, closing: char| -> Vec<String> {
            let starts = line.match_indices(opening).map(|(at, _)| at + opening.len());
            starts
                .filter_map(|at| line.get(at..)?.split([closing, ' ']).next().map(str::to_owned))
                .filter(|target| !target.is_empty())
                .collect()
        };
        found.extend(after("](", ')').into_iter().map(|target| (number, target)));
        found.extend(after("src=\"", '"').into_iter().map(|target| (number, target)));
        if line.starts_with('[') {
            found.extend(after("]: ", ' ').into_iter().take(1).map(|target| (number, target)));
        }
    }
    found
}

/// The anchors of a page's headings, as the usual renderers make them.
fn anchors(text: &str) -> Vec<String> {
    let (mut found, mut slugs) = (Vec::new(), Vec::new());
    let mut fenced = false;
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        let title = line.trim_start_matches('#');
        if fenced || title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let slug: String = title
            .trim()
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
            .map(|c| if c == ' ' { '-' } else { c })
            .collect();
        let same = slugs.iter().filter(|s| **s == slug).count();
        found.push(if same == 0 { slug.clone() } else { format!("{slug}-{same}") });
        slugs.push(slug);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::file;

    fn page(text: &str) -> Vec<Finding> {
        links(&[
            file("docs/a/page.md", text),
            file("docs/b.md", "# Roles & rights\n\n## Two\n## Two\n```\n# no\n```\n"),
            file("README.md", "x\n"),
        ])
    }

    #[test]
    fn good_links_are_silent() {
        let text = "[b](../b.md#roles--rights) [c](../b.md#two-1) [r](../../README.md) [x](https://a.example)\n\
                    `[code](none.md)` [folder](../a) [self](#me)\n# Me\n```\n[code](none.md)\n```\n";
        assert_eq!(page(text), []);
    }

    #[test]
    fn broken_links_and_anchors_are_named_with_their_line() {
        let found = page("ok\n[b](b.md) [c](../b.md#no)\n[ref]: gone.md\n");
        assert_eq!(found.iter().map(|f| f.line).collect::<Vec<_>>(), [2, 2, 3]);
        assert!(found[0].message.contains("there is no `docs/a/b.md`"), "{:?}", found[0]);
        assert!(found[1].message.contains("has no heading `#no`"), "{:?}", found[1]);
    }
}
