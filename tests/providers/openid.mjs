// An OpenID provider on loopback for the tests: node openid.mjs REDIRECT_URI [BACKCHANNEL_LOGOUT_URI]
// Takes a free port and prints one line of JSON: {issuer, port}. Client: `app` with the secret below. Whoever types a
// login name gets in with any password; the name says what the provider tells of them:
//   ann@corp.test             sub, email (verified) and name from the name, groups "engineering" and "everyone"
//   unverified+ann@corp.test  the same, with email_verified false
//   nomail+ann                no address at all
//   boss+…                    the group "bosses" too
//   hosted+…                  hd: the domain of the address
// POST /_bad?mode=… spoils what comes next: see `spoil`. POST /_rotate takes a new key; the old one is shown for as long
// as `keep` says. POST /_groups?for=LOGIN&are=a,b says other groups from now on. /_bad answers with how often keys were read.
import Provider from 'oidc-provider';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';

const [redirect, backchannel] = process.argv.slice(2);
const pair = kid => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid, privateKey, jwk: { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' } };
};
const shown = ({ jwk: { kty, n, e, kid, use, alg } }) => ({ kty, n, e, kid, use, alg });
const stranger = pair('stranger');
let own = pair('first');
let keys = [own];
let mode = 'none';
let reads = 0;
const groups = new Map();

const server = createServer();
await new Promise(done => server.listen(0, '127.0.0.1', done));
const { port } = server.address();
const issuer = `http://127.0.0.1:${port}`;

const told = login => {
  const address = login.replace(/^.*\+/, '');
  const has = tag => login.startsWith(`${tag}+`);
  return {
    sub: login,
    ...(has('nomail') ? {} : { email: address, email_verified: !has('unverified') }),
    name: address.split('@')[0],
    groups: groups.get(login) ?? ['engineering', 'everyone', ...(has('boss') ? ['bosses'] : [])],
    ...(has('hosted') ? { hd: address.split('@')[1] } : {}),
  };
};

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'app', client_secret: 'app-secret-app-secret-app-secret', redirect_uris: [redirect],
    grant_types: ['authorization_code'], response_types: ['code'],
    ...(backchannel ? { backchannel_logout_uri: backchannel, backchannel_logout_session_required: true } : {}),
  }],
  jwks: { keys: [own.jwk] },
  cookies: { keys: ['for tests'] },
  claims: { openid: ['sub', 'sid', 'hd'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
  scopes: ['openid', 'email', 'profile', 'groups'],
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => told(id) }),
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true }, backchannelLogout: { enabled: true } },
});

const b64 = value => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const sign = (claims, { privateKey, kid }, header = {}) => {
  const input = `${b64({ alg: 'RS256', kid, typ: 'JWT', ...header })}.${b64(claims)}`;
  return `${input}.${createSign('RSA-SHA256').update(input).sign(privateKey, 'base64url')}`;
};

// What each mode does to an ID token.
const spoil = {
  wrong_aud: c => sign({ ...c, aud: 'somebody-else' }, own),
  expired: c => sign({ ...c, iat: c.iat - 7200, exp: c.iat - 3600 }, own),
  future: c => sign({ ...c, iat: c.iat + 3600, exp: c.exp + 3600 }, own),
  skewed: c => sign({ ...c, iat: c.iat + 90, exp: c.exp + 90 }, own),
  wrong_nonce: c => sign({ ...c, nonce: 'of another sign-in' }, own),
  wrong_iss: c => sign({ ...c, iss: 'http://127.0.0.1:1' }, own),
  wrong_key: c => sign(c, { ...stranger, kid: own.kid }),
  unknown_key: c => sign(c, stranger),
  alg_none: c => `${b64({ alg: 'none' })}.${b64(c)}.`,
  missing: () => undefined,
};

provider.use(async (ctx, next) => {
  const { path, query } = ctx;
  if (path === '/_bad') {
    mode = query.mode ?? mode;
    ctx.body = { mode, reads };
    return;
  }
  if (path === '/_groups') {
    groups.set(query.for, query.are ? query.are.split(',') : []);
    ctx.body = {};
    return;
  }
  if (path === '/_rotate') {
    own = pair(`key-${Date.now()}`);
    keys = query.keep === 'no' ? [own] : [...keys, own];
    ctx.body = { kid: own.kid };
    return;
  }
  if (path === '/_logout_token') {
    const now = Math.floor(Date.now() / 1000);
    const event = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    const claims = { iss: issuer, aud: 'app', iat: now, exp: now + 120, jti: `${Math.random()}`, events: event, ...JSON.parse(query.claims) };
    for (const [name, value] of Object.entries(claims)) if (value === null) delete claims[name];
    ctx.body = sign(claims, query.signed_by === 'stranger' ? { ...stranger, kid: own.kid } : own, { typ: 'logout+jwt' });
    return;
  }
  if (mode === 'slow' && path !== '/_bad') await new Promise(done => setTimeout(done, 5000));
  if (mode === 'down') {
    ctx.status = 503;
    ctx.body = 'closed';
    return;
  }
  await next();
  if (path === '/jwks') {
    reads += 1;
    ctx.body = { keys: keys.map(shown) };
  }
  if (path === '/.well-known/openid-configuration') {
    const all = typeof ctx.body === 'string' ? JSON.parse(ctx.body) : ctx.body;
    if (mode === 'other_issuer') ctx.body = { ...all, issuer: 'http://127.0.0.1:1' };
    if (mode === 'no_pkce') ctx.body = { ...all, code_challenge_methods_supported: ['plain'] };
    if (mode === 'inside') ctx.body = { ...all, jwks_uri: 'http://169.254.169.254/keys' };
  }
  if (path === '/token' && ctx.body?.id_token) {
    const claims = JSON.parse(Buffer.from(ctx.body.id_token.split('.')[1], 'base64url'));
    ctx.body.id_token = (spoil[mode] ?? (c => sign(c, own)))(claims);
  }
});
server.on('request', provider.callback());
process.stdin.on('end', () => process.exit(0)).resume(); // ends with whoever started it
console.log(JSON.stringify({ issuer, port }));
