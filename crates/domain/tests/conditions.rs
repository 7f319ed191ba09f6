//! Expressions that nobody would write: whatever stands in one, it is read or refused, and answered, and nothing breaks.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use guildhall_domain::condition::{Condition, Properties, Scene};
use serde_json::json;

const PARTS: &[&str] = &[
    "subject",
    ".role",
    ".groups",
    ".properties",
    ".a",
    ".b",
    "[0]",
    "[-1]",
    "['a']",
    "[subject]",
    "resource",
    "action",
    "context",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "?",
    "!",
    "-",
    "+",
    "*",
    "/",
    "%",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "&&",
    "||",
    " in ",
    "true",
    "false",
    "null",
    "0",
    "1",
    "-9223372036854775808",
    "9223372036854775807",
    "18446744073709551615u",
    "1.5",
    "1e308",
    "0x10",
    "''",
    "'a'",
    "'ü€😀'",
    "\"\\n\"",
    "b'\\xff'",
    "r'\\'",
    "'''x'''",
    "'\\u00e9'",
    "has(",
    "size(",
    "int(",
    "uint(",
    "double(",
    "string(",
    ".contains(",
    ".startsWith(",
    ".endsWith(",
    ".size()",
    ".all(x, x)",
    "bytes(",
    "type(",
    "dyn(",
    "duration(",
    "optional.of(",
    ".?a",
    "`",
    "'",
    "\\",
    "\0",
    "\n",
    "//x\n",
    " ",
];

struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % end
    }
}

/// Tries so many expressions; says how many could be read and how many were met.
fn try_many(seed: u64, many: usize) -> (usize, usize) {
    let mut chance = Chance(seed * 2 + 1);
    let told: Properties = serde_json::from_value(json!({
        "subject": {"a": 1, "b": [1, "a", null, {"a": true}]}, "action": {"a": i64::MIN, "b": u64::MAX},
        "resource": {"a": "a", "b": {"a": {"b": 1.5}}}, "context": {"a": false, "b": -0.0},
    }))
    .unwrap();
    let scene = || Scene {
        subject: "user",
        id: "mem_1".to_owned(),
        role: Some("member"),
        groups: vec!["grp_1".to_owned()],
        kind: "record",
        resource: "record-1".to_owned(),
        told: &told,
    };
    let (mut read, mut met) = (0, 0);
    for _ in 0..many {
        let most = if chance.below(8) == 0 { 60 } else { 9 };
        let parts = 1 + chance.below(most);
        let when: String = (0..parts).map(|_| PARTS[chance.below(PARTS.len())]).collect();
        if let Ok(condition) = Condition::new("one", "", &when) {
            read += 1;
            met += usize::from(condition.holds("record.write", &scene()));
        }
    }
    (read, met)
}

#[test]
fn no_expression_breaks_anything() {
    let (read, met) = try_many(1, 3_000);
    assert!(read > 50 && met > 0, "chance must make some that can be read: {read}, met {met}");
}

/// The same for as long as somebody has patience.
#[test]
#[ignore = "minutes"]
fn no_expression_of_a_million_breaks_anything() {
    try_many(2, 1_000_000);
}
