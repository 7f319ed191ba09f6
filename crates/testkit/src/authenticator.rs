//! An authenticator app that shares no code with the product: Node's `crypto` computes the codes.

use std::process::Command;

const SCRIPT: &str = r"
const [secret, at] = process.argv.slice(1);
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const bits = [...secret].map((c) => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
const counter = Buffer.alloc(8);
counter.writeBigUInt64BE(BigInt(Math.floor(Number(at) / 30)));
const mac = require('crypto').createHmac('sha1', key).update(counter).digest();
const from = mac[19] & 15;
process.stdout.write(String((mac.readUInt32BE(from) & 0x7fffffff) % 1000000).padStart(6, '0'));
";

/// The code that an app with this secret (base 32) shows at a moment.
#[must_use]
pub fn code(secret: &str, at_s: i64) -> String {
    let told = Command::new("node").args(["-e", SCRIPT, secret, &at_s.to_string()]).output().expect("node runs");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    String::from_utf8(told.stdout).expect("digits")
}
