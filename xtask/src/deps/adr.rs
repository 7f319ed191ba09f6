//! Reads the decision page on dependencies: its tables of name, task and reason. Judges nothing.

/// Where the reasons stand.
pub const PAGE: &str = "docs/adr/0003-dependencies.md";

/// The names in the first cell of the page's table rows, written in backticks, with their lines.
pub fn named(page: &str) -> Vec<(usize, &str)> {
    page.lines()
        .enumerate()
        .filter_map(|(index, line)| {
            let cell = line.strip_prefix('|')?.split('|').next()?.trim();
            let name = cell.strip_prefix('`')?.strip_suffix('`')?;
            Some((index + 1, name))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_the_first_cell_in_backticks() {
        let page = "# D\n\n| Crate | Task |\n| --- | --- |\n| `axum` | HTTP |\n| plain | x |\n`inline` | y\n";
        assert_eq!(named(page), [(5, "axum")]);
    }
}
