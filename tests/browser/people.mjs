// Fills the product with people by its API: one in every state, some with names nobody wishes for. Knows
// nothing of browsers.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';

export const password = 'correct horse battery';
export const script = '<script>document.title="hit"</script>';
export const backwards = '\u202egnp.tnuocca\u202c שרה כהן';
export const emoji = '🦀🧑🏽‍🚀 Zoë 👩‍👩‍👧‍👦';

/** Calls the API as the holder of the owner's token; returns the body. */
export async function call(product, method, path, body, token = product.token) {
  const answer = await fetch(`${product.base}/api/v1${path}`, {
    method,
    headers: { ...(token && { authorization: `Bearer ${token}` }), 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path} answers ${answer.status}: ${text}`);
  return text ? JSON.parse(text) : undefined;
}

/** Invites one person by a link and returns the invitation and the secret of its link. */
export async function invite(product, org, email, role, deliver = 'link') {
  const { invitations } = await call(product, 'POST', `/organizations/${org}/invitations`, {
    invitations: [{ email, role }], deliver,
  });
  const [made] = invitations;
  assert.equal(made.status, 'created', JSON.stringify(made));
  return { invitation: made.invitation, secret: made.link?.split('/').pop() };
}

/** Somebody who came in; returns `{ email, password, id }`. */
export async function join(product, org, email, name, role) {
  const { secret } = await invite(product, org, email, role);
  const { membership } = await call(product, 'POST', '/invitations/accept', { token: secret, name, password }, '');
  return { email, password, id: membership.id };
}

/** What a pattern finds in the newest mail to somebody that has it, once it is written. */
export async function mailed(product, to, pattern) {
  for (let tries = 0; tries < 100; tries += 1) {
    const files = (await readdir(`${product.data}/outbox`).catch(() => [])).filter(name => name.includes(to) && name.endsWith('.eml')).sort();
    for (const file of files.reverse()) {
      const text = (await readFile(`${product.data}/outbox/${file}`, 'utf8')).replace(/=\r?\n/g, '').replace(/=3D/g, '=');
      const found = text.match(pattern);
      if (found) return found[0];
    }
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  return assert.fail(`no mail to ${to} with ${pattern}`);
}

/** The link of an invitation in the newest mail to somebody. */
export const mailedInvitation = (product, to) => mailed(product, to, /http:\/\/[^\s"<>]*\/invite\/[^\s"<>]*/);

/** The same as `join` by a mail, which proves the address. */
export async function joinByMail(product, org, email, name, role) {
  await invite(product, org, email, role, 'email');
  const token = (await mailedInvitation(product, email)).split('/').pop();
  const { membership } = await call(product, 'POST', '/invitations/accept', { token, name, password }, '');
  return { email, password, id: membership.id };
}

/** Fills each product once, whichever test comes first; a test's second go has a product of its own. */
export function once(fill) {
  const filled = new WeakMap();
  return product => {
    if (!filled.has(product)) filled.set(product, fill(product));
    return filled.get(product);
  };
}

/** People in every state; returns those that tests speak of. */
export async function populate(product, org) {
  const people = {};
  for (const [key, name, role] of [
    ['grace', 'Grace Hopper', 'admin'],
    ['annie', 'Annie Easley', 'contributor'],
    ['alan', 'Alan Turing', 'viewer'],
    ['kate', 'Katherine Johnson', 'viewer'],
    ['bobby', script, 'viewer'],
    ['sara', backwards, 'viewer_no_secrets'],
    ['zoe', emoji, 'viewer'],
    ['long', 'Wolfeschlegelsteinhausen'.repeat(8), 'viewer'],
  ]) {
    people[key] = await join(product, org, `${key}@acme.example`, name, role);
  }
  people.linus = await invite(product, org, 'linus@acme.example', 'viewer');
  people.margaret = await invite(product, org, 'margaret.hamilton@acme.example', 'admin', 'email');
  people.dorothy = await invite(product, org, 'dorothy.vaughan.of.the.west.area.computing@long-subdomain.acme.example', 'contributor', 'email');
  // Whoever joins while approvals are on waits.
  await call(product, 'PATCH', `/organizations/${org}/policy`, { 'approval.mode': 'all' });
  people.mary = await join(product, org, 'mary@acme.example', 'Mary Jackson', 'viewer');
  const token = { name: 'CI pipeline', organization: org, scopes: ['member.list', 'audit.read'] };
  people.token = await call(product, 'POST', '/me/tokens', token);
  await call(product, 'POST', '/me/tokens', { name: script, organization: org });
  return people;
}
