// What an organization shares with the world outside: identity providers, mail domains, directories, imports. Every form
// with scripts off; every page looked at in both sizes and schemes.
import assert from 'node:assert/strict';
import { inspect } from './page.mjs';
import { call, join, password, script } from './people.mjs';

export const owner = {
  organization: 'Delta Works', slug: 'delta', name: 'Ada Lovelace', email: 'ada@delta.example', password, preset: 'standard',
};

const says = (page, text) => page.getByText(text).first().waitFor();
const press = (page, name) => page.getByRole('main').getByRole('button', { name, exact: true }).click();
const plain = { scripts: false, expected: [/status of (409|422)/] };

export async function a_connection_is_made_and_its_claims_give({ product, signedInPage }) {
  const hostile = `${script} team`;
  await call(product, 'POST', '/organizations/delta/groups', { name: hostile });
  const page = await signedInPage(undefined, plain);
  await page.goto('/delta/admin/sso');
  const look = await signedInPage();
  await look.goto('/delta/admin/sso');
  await inspect(look, 'sso-none');
  const speaks = protocol => page.locator('section')
    .filter({ has: page.getByRole('heading', { name: `Connect a provider that speaks ${protocol}` }) });
  await speaks('OpenID Connect').getByLabel('Name on the button').fill(script);
  await speaks('OpenID Connect').getByLabel('Issuer').fill('https://id.example.org');
  await speaks('OpenID Connect').getByLabel('Client ID').fill('guildhall');
  await speaks('OpenID Connect').getByRole('button', { name: 'Connect' }).click();
  await says(page, 'The provider is connected.');
  await page.getByRole('link', { name: script }).click();
  await says(page, 'Nothing yet');
  await page.getByRole('textbox', { name: 'Claim' }).fill('groups');
  await page.getByRole('textbox', { name: 'Value' }).fill('x');
  await press(page, 'Add the line');
  // Neither a role nor a group: it is said, and what was typed is kept.
  await page.locator('.flash-bad, .error').first().waitFor();
  assert.equal(await page.getByRole('textbox', { name: 'Claim' }).inputValue(), 'groups');
  for (const [value, role, group] of [['engineers', 'Admin', 'No group'], [script, 'No role', hostile]]) {
    await page.getByRole('textbox', { name: 'Claim' }).fill('groups');
    await page.getByRole('textbox', { name: 'Value' }).fill(value);
    await page.getByLabel('Gives the role').selectOption({ label: role });
    await page.getByLabel('Leads into the group').selectOption({ label: group });
    await press(page, 'Add the line');
    await page.getByRole('row', { name: `groups = ${value}` }).waitFor();
  }
  await page.getByRole('row', { name: /engineers/ }).getByText('the role Admin').waitFor();
  await page.getByRole('row', { name: /hit/ }).getByText(`a place in ${hostile}`).waitFor();
  await look.goto(page.url());
  await inspect(look, 'sso-connection');
  await page.getByLabel('Actions for groups = engineers').click();
  await press(page, 'Take away');
  await says(page, 'The line is gone');
  assert.equal(await page.getByRole('row', { name: /engineers/ }).count(), 0);
  await page.getByLabel('Name on the button').fill('Acme account');
  await page.getByLabel('Only for these mail domains').fill('delta.example');
  await page.getByRole('checkbox', { name: /Make a member of whoever/ }).check();
  await press(page, 'Save');
  await says(page, 'Saved; it holds from the next sign-in on.');
  const { items: [made] } = await call(product, 'GET', '/organizations/delta/sso-connections');
  assert.deepEqual([made.name, made.domains, made.just_in_time, made.mapping.length], ['Acme account', ['delta.example'], true, 1]);
  await page.goto('/delta/admin/sso');
  await says(page, '1 line says what its claims give');
  await page.getByLabel('Domain', { exact: true }).fill('delta.example');
  await press(page, 'Claim it');
  await says(page, 'Waits for its proof');
  // PL-24: by SAML; made first, it shows what to enter at the provider.
  await speaks('SAML').getByText('Connect with SAML').click();
  await speaks('SAML').getByLabel('Name on the button').fill('Old account');
  await speaks('SAML').getByRole('button', { name: 'Connect' }).click();
  await says(page, 'The provider is connected.');
  assert.match(await page.getByLabel('ACS URL of Old account').first().inputValue(), /\/auth\/saml\/[^/]+\/acs$/);
  await page.getByLabel('Its metadata').fill('<EntityDescriptor/>');
  await press(page, 'Take the metadata');
  await page.locator('.flash-bad, .error').first().waitFor();
  await look.goto('/delta/admin/sso');
  await inspect(look, 'sso');
}

export async function a_directory_is_connected({ product, signedInPage }) {
  await call(product, 'PATCH', '/organizations/delta/policy', { 'scim.offered': true });
  const page = await signedInPage(undefined, plain);
  await page.goto('/delta/admin/provisioning');
  await says(page, 'Nothing was asked yet.');
  await page.getByLabel('Which directory is the token for?').fill(script);
  await press(page, 'Make a token');
  const token = await page.locator('input[value^="gld_scim_"]').inputValue();
  const base = await page.getByLabel('Address', { exact: true }).inputValue();
  const asked = async (method, path, body) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' };
    return fetch(`${base}${path}`, { method, headers, body: body && JSON.stringify(body) });
  };
  assert.ok((await asked('GET', '/Users')).ok);
  const made = await asked('POST', '/Users', {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'scim@delta.example', active: true,
    name: { formatted: script }, emails: [{ value: 'scim@delta.example', primary: true }],
  });
  assert.equal(made.status, 201);
  assert.equal((await asked('GET', '/Users/nothing')).status, 404);
  await page.goto('/delta/admin/provisioning');
  await says(page, 'Connected');
  await says(page, '404');
  const look = await signedInPage();
  await look.goto('/delta/admin/provisioning');
  await inspect(look, 'provisioning');
  await look.goto('/delta/admin/users');
  await look.locator('#people').getByText(script).first().waitFor();
}

export async function a_directory_is_brought_in({ product, signedInPage }) {
  await join(product, 'delta', 'kate@delta.example', 'Katherine Johnson', 'member');
  const lines = [
    'kind,name,group,email,manager',
    `group,${script},,,`,
    `group_member,,${script},kate@delta.example,yes`,
    `group_member,,${script},nobody@delta.example,`,
    'group,Night shift,,,perhaps',
  ].join('\n');
  const page = await signedInPage(undefined, plain);
  await page.goto('/delta/admin/users');
  await page.getByRole('link', { name: 'Import a directory' }).click();
  await page.getByLabel('Lines').fill('colour,size\nred,3');
  await press(page, 'Show what it would do');
  await page.locator('#lines-error').waitFor();
  await page.getByLabel('Lines').fill(lines);
  await press(page, 'Show what it would do');
  await page.getByRole('heading', { name: 'Import: 2 would be made' }).waitFor();
  await page.getByRole('row', { name: /Line 4/ }).getByText('Refused').waitFor();
  await page.getByRole('row', { name: /Line 5/ }).getByText('manager is perhaps').waitFor();
  const before = await call(product, 'GET', '/organizations/delta/groups');
  assert.ok(!before.items.some(group => group.name === script), 'nothing is done yet');
  await press(page, 'Import 2 lines');
  await page.getByRole('heading', { name: 'Import: 2 made' }).waitFor();
  const after = await call(product, 'GET', '/organizations/delta/groups');
  assert.ok(after.items.some(group => group.name === script));
  // The same once more changes nothing; with scripts the lines come from a file.
  const look = await signedInPage();
  await look.goto('/delta/admin/import');
  await look.getByLabel('Or take it from a file').setInputFiles({ name: 'all.csv', mimeType: 'text/csv', buffer: Buffer.from(lines) });
  await look.waitForFunction(() => document.getElementById('lines').value.includes('Night shift'));
  await inspect(look, 'import');
  await press(look, 'Show what it would do');
  await look.getByRole('heading', { name: 'Nothing would be made' }).waitFor();
  await inspect(look, 'import-outcome');
  await look.goto('/delta/admin/import');
  await look.getByLabel('Lines').fill('{"kind":"group","name":"Day shift"}');
  await press(look, 'Show what it would do');
  await press(look, 'Import 1 line');
  await look.getByRole('heading', { name: 'Import: 1 made' }).waitFor();
}

export async function many_at_once_show_how_far_they_are({ product, signedInPage }) {
  for (const name of ['Bulk One', 'Bulk Two', 'Bulk Three']) {
    await join(product, 'delta', `${name.toLowerCase().replace(' ', '.')}@delta.example`, name, 'member');
  }
  const page = await signedInPage();
  await page.goto('/delta/admin/users?query=bulk');
  await page.getByLabel('Choose everybody shown').check();
  await page.locator('#bulk').getByRole('button', { name: 'Deactivate' }).click();
  await page.getByRole('heading', { name: 'Deactivate: 3 of 3' }).waitFor();
  // The second answer is held back, so that one sees the first.
  let [asked, on] = [0, undefined];
  const held = new Promise(resolve => { on = resolve; });
  await page.route('**/users/bulk/do', async route => {
    asked += 1;
    if (asked === 2) await held;
    await route.continue();
  });
  await press(page, 'Deactivate: 3');
  await page.getByRole('progressbar').waitFor();
  await says(page, '1 of 3');
  await inspect(page, 'bulk-progress');
  on();
  await page.getByRole('heading', { name: 'Deactivate: 3 of 3 done' }).waitFor();
  assert.equal(await page.getByRole('row', { name: /Done/ }).count(), 3);
}

export async function a_place_beyond_the_first_is_found_when_inviting({ product, signedInPage }) {
  await call(product, 'PATCH', '/organizations/delta/policy', { 'invite.carries': ['role', 'resources'] });
  for (let at = 0; at < 25; at += 1) {
    await call(product, 'POST', '/organizations/delta/resources', { type: 'workspace', name: `Place ${String(at).padStart(2, '0')}` });
  }
  const page = await signedInPage(undefined, plain);
  await page.goto('/delta/admin/invite');
  const shown = async () => (await page.locator('label bdi').allTextContents()).filter(text => text.startsWith('Place'));
  const first = await shown();
  assert.equal(first.length, 20);
  const [held] = first;
  await page.getByLabel('Email addresses').fill('far@delta.example');
  await page.getByLabel(held, { exact: true }).selectOption({ index: 1 });
  const missing = Array.from({ length: 25 }, (_, at) => `Place ${String(at).padStart(2, '0')}`).find(name => !first.includes(name));
  await page.getByLabel('Another one, by name').fill(missing);
  await press(page, 'Find');
  assert.deepEqual((await shown()).sort(), [held, missing].sort());
  assert.equal(await page.getByLabel('Email addresses').inputValue(), 'far@delta.example');
  const look = await signedInPage();
  await look.goto('/delta/admin/invite');
  await inspect(look, 'invite-many-places');
  await page.getByLabel(missing, { exact: true }).selectOption({ index: 1 });
  await press(page, 'Choose roles');
  for (const name of [held, missing]) {
    assert.notEqual(await page.locator('.invitees').getByLabel(name, { exact: true }).inputValue(), '');
  }
  await page.locator('.form-acts').getByRole('button', { name: 'Send invitations' }).click();
  await page.getByRole('heading', { name: '1 invitation made' }).waitFor();
}

export async function limits_are_made_reached_and_ended({ product, signedInPage }) {
  await call(product, 'POST', '/organizations/delta/groups', { name: `${script} readers` });
  const page = await signedInPage(undefined, plain);
  await page.goto('/delta/admin/limits');
  const look = await signedInPage();
  await look.goto('/delta/admin/limits');
  await inspect(look, 'limits-none');
  for (const [whose, unit, budget] of [['The whole organization', 'tokens', '1000'], [`The group ${script} readers`, 'cost_cents', '500']]) {
    await page.getByRole('link', { name: 'New limit' }).first().click();
    await page.getByLabel('Whose use').selectOption({ label: whose });
    await page.getByLabel('Unit', { exact: true }).fill(unit);
    await page.getByRole('textbox', { name: 'Budget' }).fill('many');
    await press(page, 'Make the limit');
    await page.locator('#budget-error').waitFor();
    await page.getByRole('textbox', { name: 'Budget' }).fill(budget);
    await press(page, 'Make the limit');
    await says(page, 'The limit holds from now on.');
  }
  const { items: [ada] } = await call(product, 'GET', '/organizations/delta/members?query=ada');
  await call(product, 'POST', '/organizations/delta/usage', { subject: ada.id, unit: 'tokens', amount: 1200 });
  await look.goto('/delta/admin/limits');
  await look.getByText('Reached', { exact: true }).waitFor();
  await inspect(look, 'limits-reached');
  await look.goto('/delta/admin/limits/new');
  await inspect(look, 'limit-new');
}

export async function what_was_denied_stands_in_the_audit_log({ product, signedInPage }) {
  const alan = await join(product, 'delta', 'alan@delta.example', script, 'member');
  const theirs = await signedInPage(alan, { expected: [/status of 403/] });
  await theirs.goto('/delta/admin/audit');
  const page = await signedInPage();
  for (let tries = 0; tries < 50; tries += 1) {
    await page.goto('/delta/admin/audit?outcome=denied');
    if (await page.locator('.event').count() > 0) break;
  }
  await page.locator('.event summary').first().click();
  await inspect(page, 'audit-denied');
}
