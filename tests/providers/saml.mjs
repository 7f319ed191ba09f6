// A provider that speaks SAML 2.0, on loopback, for the tests: node saml.mjs
// Takes a free port and prints one line of JSON: {issuer, sso_url, cert, next_cert, ec_cert, weak_cert, old_cert}. Answers
// are made by the npm package samlp, and where a test needs a certain form by `craft`, signed with xml-crypto. Whoever
// types a login name gets in with any password; the name says what the provider tells of them:
//   ann@corp.test        NameID (persistent) and email are the name; groups "engineering" and "everyone"
//   nomail+ann           no address at all
//   boss+…               the group "bosses" too
//   oid+…                attributes by LDAP's object ids, ms+… by Microsoft's names
//   mail+…               a NameID that is an address, and no attributes
// GET /_bad?mode=… spoils what comes next, see `spoil` and `crafted`. GET /_groups?for=LOGIN&are=a,b says other groups.
// GET /_rotate signs with the next key from now on (with the first one again in the mode first_signs). GET /metadata is what an administrator uploads.
import { createHmac, createSign } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { SignedXml } from 'xml-crypto';
import { identity } from './certificate.mjs';

const samlp = createRequire(import.meta.url)('samlp');
const [own, next, ec, stranger] = [identity(), identity(), identity({ kind: 'ec' }), identity()];
let signer = own;
let mode = 'none';
const groups = new Map();

const server = createServer();
await new Promise(done => server.listen(0, '127.0.0.1', done));
const { port } = server.address();
const home = `http://127.0.0.1:${port}`;
const issuer = 'urn:example:idp';

const told = login => {
  const address = login.replace(/^.*\+/, '');
  const has = tag => login.startsWith(`${tag}+`);
  const names = {
    oid: ['urn:oid:0.9.2342.19200300.100.1.3', 'urn:oid:2.5.4.42', 'urn:oid:2.5.4.4', 'groups'],
    ms: ['emailaddress', 'givenname', 'surname'].map(name => `http://schemas.xmlsoap.org/ws/2005/05/identity/claims/${name}`)
      .concat('http://schemas.microsoft.com/ws/2008/06/identity/claims/groups'),
  }[login.split('+')[0]] ?? ['email', 'firstName', 'lastName', 'group'];
  const first = address.split('@')[0];
  const are = groups.get(login) ?? ['engineering', 'everyone', ...(has('boss') ? ['bosses'] : [])];
  const values = [has('nomail') ? undefined : address, first[0].toUpperCase() + first.slice(1), 'Example', are];
  return {
    name: has('mail') ? address : login,
    format: has('mail') ? 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress' : 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    attributes: has('mail') ? {} : Object.fromEntries(names.map((name, at) => [name, values[at]]).filter(([, value]) => value !== undefined)),
  };
};

const NAMES = 'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"';
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';
const at = seconds => new Date(Date.now() + seconds * 1000).toISOString();

/** What `craft` makes when nothing is said otherwise. */
const good = () => ({
  id: `_${Math.random().toString(16).slice(2)}`, from: issuer, said: issuer, notBefore: at(-5), until: at(300), issued: at(0),
  audiences: restriction => restriction, confirmation: data => `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">${data}</saml:SubjectConfirmation>`,
  statement: '<saml:AuthnStatement AuthnInstant="2026-01-01T00:00:00Z"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>',
  conditions: '', sign: ['Assertion'], by: signer, method: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  digest: 'http://www.w3.org/2001/04/xmlenc#sha256', canonical: EXCLUSIVE, transforms: [ENVELOPED, EXCLUSIVE], before: xml => xml,
});

class Hmac {
  getSignature = (info, key) => createHmac('sha256', key).update(info).digest('base64');
  getAlgorithmName = () => 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256';
}
class Ecdsa {
  getSignature = (info, key) => createSign('sha256').update(info).sign({ key, dsaEncoding: 'ieee-p1363' }, 'base64');
  getAlgorithmName = () => 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256';
}

function signed(xml, element, o) {
  const sig = new SignedXml({
    privateKey: o.secret ?? o.by.key, publicCert: o.by.cert, signatureAlgorithm: o.method, canonicalizationAlgorithm: o.canonical,
    ...(o.bare ? { getKeyInfoContent: () => null } : {}),
  });
  sig.SignatureAlgorithms['http://www.w3.org/2001/04/xmldsig-more#hmac-sha256'] = Hmac;
  sig.SignatureAlgorithms['http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256'] = Ecdsa;
  const reference = { transforms: o.transforms, digestAlgorithm: o.digest, inclusiveNamespacesPrefixList: o.prefixes };
  sig.addReference({ xpath: `//*[local-name(.)='${element}']`, ...reference, ...(o.whole ? { uri: '', isEmptyUri: true } : {}) });
  if (o.twice) sig.addReference({ xpath: "//*[local-name(.)='Status']", ...reference });
  sig.computeSignature(xml, { prefix: 'ds', location: { reference: `//*[local-name(.)='${element}']/*[local-name(.)='Issuer']`, action: 'after' } });
  return sig.getSignedXml();
}

/** An answer of our own making: every part can be said otherwise. */
function craft(login, asked, otherwise = {}) {
  const { name, format, attributes } = told(login);
  const o = { ...good(), to: asked.acs, audience: asked.audience, destination: asked.acs, request: asked.id, name, format, ...otherwise };
  const told_as = (attribute, value) => `<saml:Attribute Name="${attribute}">${[value].flat().map(one => `<saml:AttributeValue>${one}</saml:AttributeValue>`).join('')}</saml:Attribute>`;
  const answers = o.request ? ` InResponseTo="${o.request}"` : '';
  const data = `<saml:SubjectConfirmationData Recipient="${o.to}" NotOnOrAfter="${o.until}"${answers}/>`;
  const assertion = `<saml:Assertion ID="${o.id}" Version="2.0" IssueInstant="${o.issued}"><saml:Issuer>${o.from}</saml:Issuer>`
    + `<saml:Subject><saml:NameID Format="${o.format}">${o.name}</saml:NameID>${o.confirmation(data)}</saml:Subject>`
    + `<saml:Conditions NotBefore="${o.notBefore}" NotOnOrAfter="${o.until}">${o.audiences(`<saml:AudienceRestriction><saml:Audience>${o.audience}</saml:Audience></saml:AudienceRestriction>`)}${o.conditions}</saml:Conditions>`
    + `${o.statement}<saml:AttributeStatement>${Object.entries(attributes).map(pair => told_as(...pair)).join('')}</saml:AttributeStatement></saml:Assertion>`;
  const xml = `<samlp:Response ${NAMES} ID="_response" Version="2.0" IssueInstant="${at(0)}" Destination="${o.destination}"${answers}><saml:Issuer>${o.said}</saml:Issuer>`
    + `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>${assertion}</samlp:Response>`;
  return o.sign.reduce((made, element) => signed(made, element, o), o.before(xml));
}

// Answers of a certain form, as what is said otherwise.
const sha1 = 'http://www.w3.org/2000/09/xmldsig#sha1';
const inclusive = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
const crafted = {
  plain: {}, response_signed: { sign: ['Response'] }, both_signed: { sign: ['Assertion', 'Response'] }, no_key_info: { bare: true },
  sha512: { method: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512', digest: 'http://www.w3.org/2001/04/xmlenc#sha512' },
  ecdsa: { by: ec, method: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256', bare: true }, prefixes: { prefixes: ['xs', 'saml'] }, many_prefixes: { prefixes: Array.from({ length: 100 }, (_, at) => `p${at}`) },
  two_audiences: { audiences: one => one.replace('</saml:Aud', '</saml:Audience><saml:Audience>urn:other</saml:Aud') },
  stranger: { by: stranger }, hmac: { secret: own.cert, method: 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256', bare: true },
  sha1_method: { method: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' }, sha1_digest: { digest: sha1 },
  inclusive: { canonical: inclusive }, inclusive_transform: { transforms: [ENVELOPED, inclusive] },
  with_comments: { canonical: `${EXCLUSIVE}WithComments` }, comments_transform: { transforms: [ENVELOPED, `${EXCLUSIVE}WithComments`] },
  no_enveloped: { transforms: [EXCLUSIVE] }, whole_document: { sign: ['Response'], whole: true }, two_references: { twice: true },
  expired: { until: at(-3600), notBefore: at(-7200) }, future: { notBefore: at(3600), until: at(7200) }, issued_later: { issued: at(3600) },
  skewed: { notBefore: at(60), issued: at(60) }, other_audience: { audience: 'urn:somebody:else' }, no_audience: { audiences: () => '' },
  also_other_audience: { audiences: one => `${one}<saml:AudienceRestriction><saml:Audience>urn:other</saml:Audience></saml:AudienceRestriction>` },
  other_recipient: { to: 'http://127.0.0.1:1/acs' }, other_destination: { destination: 'http://127.0.0.1:1/acs' },
  other_request: { request: '_another' }, unsolicited: { request: '' }, other_issuer: { from: 'urn:other' }, other_sender: { said: 'urn:other' },
  holder_of_key: { confirmation: data => `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:holder-of-key">${data}</saml:SubjectConfirmation>` },
  unconfirmed: { confirmation: () => '' }, no_statement: { statement: '' }, condition: { conditions: '<saml:Condition xmlns:x="urn:x"/>' },
  session_over: { statement: `<saml:AuthnStatement AuthnInstant="${at(-7200)}" SessionNotOnOrAfter="${at(-3600)}"/>` },
  transient: { format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' }, nameless: { name: '' }, nested_name: { name: '<saml:x/>ann@corp.test' },
  same_id: { id: '_always_the_same' }, comment_signed: { name: 'boss<!-- -->@corp.test' },
  own_id: { id: '_response' }, deep: { conditions: '<x>'.repeat(60) + '</x>'.repeat(60) }, large: { conditions: `<x>${'x'.repeat(300_000)}</x>` },
};

// What is done to an answer that was good. `evil` is the assertion an attacker would have believed.
const part = (xml, pattern) => xml.match(pattern)[0];
const ASSERTION = /<saml:Assertion[\s\S]*<\/saml:Assertion>/;
const SIGNATURE = /<(ds:)?Signature[\s>][\s\S]*?<\/(ds:)?Signature>/;
const unsigned = xml => xml.replace(SIGNATURE, '');
const evil = assertion => unsigned(assertion).replaceAll('ann@corp.test', 'boss@corp.test');
const named = (assertion, id) => assertion.replace(/ID="[^"]*"/, `ID="${id}"`);
const around = (xml, make) => xml.replace(ASSERTION, assertion => make(assertion));
const spoil = {
  unsigned,
  changed: xml => xml.replaceAll('ann@corp.test', 'boss@corp.test'),
  changed_group: xml => xml.replaceAll('everyone', 'bosses'),
  comment: xml => xml.replaceAll('ann@corp.test', 'ann@corp.test<!-- -->.evil.test'),
  instruction: xml => xml.replaceAll('ann@corp.test', 'ann@corp.test<?x?>'),
  // A second assertion before, after, around, inside and instead of the signed one.
  wrapped_before: xml => around(xml, one => named(evil(one), '_evil') + one),
  wrapped_after: xml => around(xml, one => one + named(evil(one), '_evil')),
  wrapped_same_id: xml => around(xml, one => evil(one) + one),
  wrapped_around: xml => around(xml, one => named(evil(one), '_evil').replace('</saml:Assertion>', `${one}</saml:Assertion>`)),
  wrapped_in_extensions: xml => around(xml, one => `<samlp:Extensions>${one}</samlp:Extensions>${named(evil(one), '_evil')}`),
  wrapped_in_object: xml => around(xml, one => named(evil(one), '_evil').replace('</saml:Issuer>', `</saml:Issuer>${part(one, SIGNATURE).replace(/<\/(ds:)?Signature>$/, (end, prefix = '') => `<${prefix}Object>${unsigned(one)}</${prefix}Object>${end}`)}`)),
  moved_signature: xml => around(xml, one => named(evil(one), '_evil').replace('</saml:Issuer>', `</saml:Issuer>${part(one, SIGNATURE)}`) + `<samlp:Extensions>${unsigned(one)}</samlp:Extensions>`),
  kept_signature: xml => around(xml, one => evil(one).replace('</saml:Issuer>', `</saml:Issuer>${part(one, SIGNATURE)}`)),
  wrapped_response: xml => `${unsigned(xml.replace(ASSERTION, evil)).replace('ID="_', 'ID="_outer').replace('</samlp:Response>', `<samlp:Extensions>${xml}</samlp:Extensions></samlp:Response>`)}`,
  other_name: xml => xml.replace(ASSERTION, one => one + named(evil(one), '_evil').replaceAll('saml:', 'other:').replace('<other:Assertion', '<other:Assertion xmlns:other="urn:other"')),
  doctype: xml => `<!DOCTYPE x [<!ENTITY e "x">]>${xml}`,
  bomb: xml => `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>${xml.replaceAll('ann@corp.test', '&c;')}`,
  file: xml => `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${xml.replaceAll('ann@corp.test', '&e;')}`,
  cut: xml => xml.slice(0, -20),
  request: xml => xml.replaceAll('samlp:Response', 'samlp:AuthnRequest'),
};

const denied = asked => `<samlp:Response ${NAMES} ID="_no" Version="2.0" IssueInstant="${at(0)}" Destination="${asked.acs}" InResponseTo="${asked.id}"><saml:Issuer>${issuer}</saml:Issuer>`
  + '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:AuthnFailed"/></samlp:StatusCode></samlp:Status></samlp:Response>';

const escaped = text => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
const post = (to, fields) => `<form method="post" action="${escaped(to)}">${Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${name}" value="${escaped(value)}">`).join('')}<button>Go</button></form>`;

/** Answers a request as samlp does, or as the mode says. */
function answer(req, res, login) {
  const failed = error => res.status(500, `${error?.stack ?? error}`);
  samlp.parseRequest(req, (error, { issuer: audience, id, assertionConsumerServiceURL: acs } = {}) => {
    if (error) return failed(error);
    const asked = { audience, id, acs };
    const responseHandler = made => {
      const xml = mode in crafted ? craft(login, asked, crafted[mode]) : mode === 'denied' ? denied(asked) : (spoil[mode] ?? (text => text))(made.toString());
      const text = mode === 'rubbish' ? '%%%' : Buffer.from(xml).toString('base64');
      const state = mode === 'no_state' ? {} : { RelayState: mode === 'other_state' ? 'https://elsewhere.test/' : req.query.RelayState };
      res.send(post(acs, { SAMLResponse: text, ...state }));
    };
    samlp.auth({
      issuer, ...(mode === 'first_signs' ? own : signer), lifetimeInSeconds: 300, recipient: acs, destination: acs, responseHandler,
      profileMapper: user => ({ getClaims: () => user.attributes, getNameIdentifier: () => ({ nameIdentifier: user.name, nameIdentifierFormat: user.format }) }),
      getUserFromRequest: () => told(login),
      getPostURL: (_audience, _request, _req, done) => done(null, acs),
      ...(mode === 'samlp_response_signed' ? { signResponse: true } : {}),
      ...(mode === 'encrypted' ? { encryptionCert: own.cert, encryptionPublicKey: own.cert, disallowEncryptionWithInsecureAlgorithm: false } : {}),
    })(req, res, failed);
  });
}

server.on('request', async (req, res) => {
  const url = new URL(req.url, home);
  req.query = Object.fromEntries(url.searchParams);
  res.set = (name, value) => res.setHeader(name, value);
  res.send = text => res.end(typeof text === 'number' ? `${text}` : text);
  res.status = (code, text) => { res.statusCode = code; res.end(text); };
  res.setHeader('content-type', 'text/html');
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  if (url.pathname === '/metadata') {
    Object.assign(req, { protocol: 'http', originalUrl: req.url });
    samlp.metadata({ issuer, cert: signer.cert, redirectEndpointPath: '/sso', postEndpointPath: '/sso' })(req, res);
  } else if (url.pathname === '/_bad') {
    mode = req.query.mode ?? mode;
    res.end('{}');
  } else if (url.pathname === '/_rotate') {
    signer = next;
    res.end('{}');
  } else if (url.pathname === '/_groups') {
    groups.set(req.query.for, req.query.are ? req.query.are.split(',') : []);
    res.end('{}');
  } else if (url.pathname === '/sso' && req.method === 'GET') {
    res.end(`<form method="post" action="${escaped(home + req.url)}"><input name="prompt" value="login"><input name="login"><input name="password"></form>`);
  } else if (url.pathname === '/sso') {
    answer(req, res, new URLSearchParams(Buffer.concat(chunks).toString()).get('login'));
  } else {
    res.status(404, 'nothing here');
  }
});
process.stdin.on('end', () => process.exit(0)).resume(); // ends with whoever started it
console.log(JSON.stringify({
  issuer: home, entity_id: issuer, sso_url: `${home}/sso`, cert: own.cert, next_cert: next.cert, ec_cert: ec.cert, modes: [...Object.keys(crafted), ...Object.keys(spoil)],
  weak_cert: identity({ bits: 1024 }).cert, old_cert: identity({ days: -1 }).cert,
}));
