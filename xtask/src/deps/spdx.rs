//! Reads licence expressions (SPDX 3, annex "license expressions") and tells whether an allow list
//! satisfies them. Does not know which licences exist: a name off the list is simply not allowed.

use crate::Outcome;

/// Whether the expression can be met with allowed licences alone. `WITH` takes its exception along:
/// `Apache-2.0 WITH LLVM-exception` is met by itself, or by its licence, as an exception only adds rights.
pub fn is_allowed(expression: &str, allowed: &[String]) -> Outcome<bool> {
    // The old form of the package format: `MIT/Apache-2.0` means a choice.
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, at: 0, allowed };
    let met = reader.choice()?;
    match reader.next() {
        None => Ok(met),
        Some(word) => Err(format!("cannot read the licence `{expression}` from `{word}` on")),
    }
}

struct Reader<'a> {
    words: &'a [&'a str],
    at: usize,
    allowed: &'a [String],
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.at).copied();
        self.at += 1;
        word
    }

    fn take(&mut self, wanted: &str) -> bool {
        let here = self.words.get(self.at).is_some_and(|word| word.eq_ignore_ascii_case(wanted));
        self.at += usize::from(here);
        here
    }

    /// `a OR b`: binds least.
    fn choice(&mut self) -> Outcome<bool> {
        let mut met = self.sum()?;
        while self.take("OR") {
            met |= self.sum()?;
        }
        Ok(met)
    }

    /// `a AND b`.
    fn sum(&mut self) -> Outcome<bool> {
        let mut met = self.single()?;
        while self.take("AND") {
            met &= self.single()?;
        }
        Ok(met)
    }

    /// A licence, with or without an exception, or an expression in parentheses.
    fn single(&mut self) -> Outcome<bool> {
        if self.take("(") {
            let met = self.choice()?;
            return if self.take(")") { Ok(met) } else { Err("a licence expression lacks its `)`".to_owned()) };
        }
        let licence = self.next().filter(|word| !matches!(*word, "AND" | "OR" | "WITH" | ")"));
        let licence = licence.ok_or("a licence expression ends or joins where a licence should stand")?;
        let mut met = self.allowed.iter().any(|name| name == licence);
        if self.take("WITH") {
            let exception = self.next().ok_or("a licence expression ends after `WITH`")?;
            met |= self.allowed.contains(&format!("{licence} WITH {exception}"));
        }
        Ok(met)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(expression: &str) -> Outcome<bool> {
        is_allowed(expression, &["MIT".to_owned(), "Apache-2.0".to_owned(), "ISC".to_owned()])
    }

    #[test]
    fn a_choice_needs_one_side_and_a_sum_both() {
        assert_eq!(allowed("MIT OR GPL-3.0-only"), Ok(true));
        assert_eq!(allowed("MIT AND GPL-3.0-only"), Ok(false));
        assert_eq!(allowed("GPL-3.0-only OR Apache-2.0 AND ISC"), Ok(true));
        assert_eq!(allowed("(GPL-3.0-only OR Apache-2.0) AND BSL-1.0"), Ok(false));
        assert_eq!(allowed("(MIT OR Apache-2.0) AND ISC"), Ok(true));
    }

    #[test]
    fn the_old_form_and_exceptions_are_read() {
        assert_eq!(allowed("MIT/GPL-2.0"), Ok(true));
        assert_eq!(allowed("Apache-2.0 WITH LLVM-exception"), Ok(true));
        assert_eq!(allowed("GPL-2.0-only WITH Classpath-exception-2.0"), Ok(false));
    }

    #[test]
    fn what_is_not_an_expression_is_refused() {
        for expression in ["", "MIT OR", "(MIT", "MIT Apache-2.0", "AND MIT"] {
            assert!(allowed(expression).is_err(), "{expression}");
        }
    }
}
