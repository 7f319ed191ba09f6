// Self-signed certificates for the tests: Node.js signs, but makes none by itself.
import { generateKeyPairSync, sign } from 'node:crypto';

const der = (tag, ...parts) => {
  const body = Buffer.concat(parts.map(part => Buffer.from(part)));
  const length = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const sequence = (...parts) => der(0x30, ...parts);
const oids = {
  rsa: sequence(der(6, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11]), der(5)), // sha256WithRSAEncryption
  ec: sequence(der(6, [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2])), // ecdsa-with-SHA256
};
const name = text => sequence(der(0x31, sequence(der(6, [0x55, 4, 3]), der(12, text))));
const time = date => der(0x18, date.toISOString().replace(/[-:T]/g, '').replace(/\.\d+/, ''));

/** A key with its certificate as {key, cert}, both PEM. */
export function identity({ kind = 'rsa', bits = 2048, days = 30, called = 'provider' } = {}) {
  const pair = kind === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength: bits })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [from, until] = [Math.min(0, days - 30), days].map(day => new Date(Date.now() + day * 86_400_000));
  const body = sequence(
    der(0xa0, der(2, [2])), der(2, [1]), oids[kind], name(called), sequence(time(from), time(until)), name(called),
    pair.publicKey.export({ type: 'spki', format: 'der' }));
  const signature = sign('sha256', body, pair.privateKey);
  const whole = sequence(body, oids[kind], der(3, [0], signature)).toString('base64');
  return {
    key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: `-----BEGIN CERTIFICATE-----\n${whole.match(/.{1,64}/g).join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}
