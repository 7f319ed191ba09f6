//! A copy of a test program with another text in the place of a preset's. One copy a program, patched and mended.

use super::programs::Program;
use crate::Outcome;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};

/// The copy while the other text stands in it.
pub(super) struct Patched<'a> {
    program: &'a Program,
    places: Vec<usize>,
    was: &'a str,
}

impl<'a> Patched<'a> {
    /// Writes `mutated` over each `text` in the program; `None` when it holds none.
    pub(super) fn of(program: &'a Program, text: &'a str, mutated: &str) -> Outcome<Option<Self>> {
        let places = find(&program.bytes, text.as_bytes());
        if places.is_empty() || text.len() != mutated.len() {
            return Ok(None);
        }
        let patched = Self { program, places, was: text };
        patched.write(mutated)?;
        Ok(Some(patched))
    }

    fn write(&self, text: &str) -> Outcome<()> {
        let failed = |error: std::io::Error| format!("cannot patch `{}`: {error}", self.program.copy.display());
        let mut file: File = OpenOptions::new().write(true).open(&self.program.copy).map_err(failed)?;
        for place in &self.places {
            file.seek(SeekFrom::Start(*place as u64)).map_err(failed)?;
            file.write_all(text.as_bytes()).map_err(failed)?;
        }
        Ok(())
    }
}

impl Drop for Patched<'_> {
    fn drop(&mut self) {
        if let Err(message) = self.write(self.was) {
            println!("{message}");
        }
    }
}

/// Every place of `needle`, by skipping ahead as far as its last byte allows (Horspool).
fn find(bytes: &[u8], needle: &[u8]) -> Vec<usize> {
    let Some(last) = needle.len().checked_sub(1) else { return Vec::new() };
    let mut skip = [needle.len(); 256];
    for (at, byte) in needle.iter().take(last).enumerate() {
        skip[usize::from(*byte)] = last - at;
    }
    let (mut at, mut places) = (0, Vec::new());
    while let Some(window) = bytes.get(at..at + needle.len()) {
        if window == needle {
            places.push(at);
        }
        at += skip[usize::from(window[last])];
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_found() {
        assert_eq!(find(b"abcabcab", b"abc"), [0, 3]);
        assert_eq!(find(b"aaaa", b"aa"), [0, 1, 2]);
        assert_eq!(find(b"abc", b"abcd"), [0; 0]);
    }
}
