// Every page of the console as it stands: in both sizes and both schemes, without a violation, without
// sideways scroll, without a complaint in the console. `inspect` leaves the pictures.
import assert from 'node:assert/strict';
import { inspect } from './page.mjs';
import { call, invite, once, password, populate } from './people.mjs';

export const owner = {
  organization: 'Acme Rockets', slug: 'acme', name: 'Ada Lovelace', email: 'ada@acme.example', password, preset: 'cloudtruth',
};

// Filled once, by whichever test comes first.
const people = once(product => populate(product, 'acme'));

async function look(page, pages) {
  for (const [name, address] of Object.entries(pages)) {
    const answer = await page.goto(address);
    assert.equal(answer.status(), 200, address);
    await inspect(page, name);
  }
}

export async function people_and_invitations({ product, signedInPage }) {
  const { grace, margaret } = await people(product);
  const page = await signedInPage();
  await look(page, {
    users: '/acme/admin/users',
    'users-none-fits': '/acme/admin/users?query=nobody',
    member: `/acme/admin/users/${grace.id}`,
    invitation: `/acme/admin/invitations/${margaret.invitation.id}`,
  });
}

export async function questions({ product, signedInPage }) {
  const { grace, mary, linus } = await people(product);
  const page = await signedInPage();
  await look(page, {
    'change-role': `/acme/admin/users/${grace.id}/role`,
    remove: `/acme/admin/users/${grace.id}/remove`,
    'end-sessions': `/acme/admin/users/${grace.id}/end-sessions`,
    approve: `/acme/admin/users/${mary.id}/approve`,
    reject: `/acme/admin/users/${mary.id}/reject`,
    'invitation-role': `/acme/admin/invitations/${linus.invitation.id}/role`,
    'invitation-cancel': `/acme/admin/invitations/${linus.invitation.id}/cancel`,
  });
}

export async function inviting({ product, signedInPage }) {
  await people(product);
  const page = await signedInPage();
  await look(page, { 'invite-addresses': '/acme/admin/invite' });
  await page.getByLabel('Email addresses').fill('Ann Lee <ann@acme.example>, bad@@x\nbo@acme.example, grace@acme.example');
  await page.getByRole('button', { name: 'Set User Roles' }).click();
  await page.getByRole('button', { name: 'REMOVE ann@acme.example' }).waitFor();
  await inspect(page, 'invite-roles');
  await page.locator('.form-acts').getByRole('button', { name: 'Set User Roles' }).click();
  await page.getByRole('heading', { name: '2 invitations made' }).waitFor();
  await inspect(page, 'invite-result');
}

export async function the_organization({ product, signedInPage }) {
  const { token } = await people(product);
  const page = await signedInPage();
  await look(page, {
    settings: '/acme/admin/org',
    'settings-joining-cloudtruth': '/acme/admin/org/settings/joining',
    groups: '/acme/admin/groups',
    limits: '/acme/admin/limits',
    resources: '/acme/admin/resources',
    role: '/acme/admin/roles/viewer?with=owner',
    'delete-organization': '/acme/admin/org/delete',
    roles: '/acme/admin/roles',
    tokens: '/acme/admin/tokens',
    'revoke-token': `/acme/admin/tokens/${token.id}/revoke`,
    audit: '/acme/admin/audit',
    'audit-none-fits': '/acme/admin/audit?actor=nobody%40acme.example',
  });
  await page.goto('/acme/admin/audit?type=policy.changed');
  await page.locator('.event summary').first().click();
  await page.getByRole('row', { name: 'approval.mode off all' }).waitFor();
  await inspect(page, 'audit-open');
}

export async function ones_own_account({ product, signedInPage }) {
  await people(product);
  const page = await signedInPage();
  await look(page, {
    account: '/acme/me',
    'new-token': '/acme/me/tokens/new',
    leave: '/acme/leave',
    shared: '/acme/me/shared',
    organizations: '/organizations',
    'new-organization': '/organizations/new',
  });
  await page.goto('/acme/me/tokens/new');
  await page.getByLabel('Name', { exact: true }).fill('Laptop');
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.getByText('gld_pat_').or(page.locator('input[value^="gld_pat_"]')).first().waitFor();
  await inspect(page, 'token-created');
}

export async function the_api_reference({ signedInPage }) {
  await look(await signedInPage(), { 'api-reference': '/api/docs' });
}

export async function the_way_in({ product, newPage }) {
  await people(product);
  const { secret, invitation } = await invite(product, 'acme', 'new@acme.example', 'viewer');
  const page = await newPage();
  await look(page, { 'sign-in': '/sign-in', forgot: '/password/forgot', accept: `/invite/${secret}` });
  await call(product, 'DELETE', `/organizations/acme/invitations/${invitation.id}`);
}

export async function what_is_not_there_or_not_allowed({ product, newPage, signedInPage }) {
  const { alan } = await people(product);
  const expected = [/status of (403|404|410)/];
  const stranger = await newPage({ expected });
  const viewer = await signedInPage(alan, { expected });
  for (const [page, name, address, status] of [
    [stranger, 'accept-unknown', '/invite/gld_inv_nothing', 404],
    [stranger, 'reset-unknown', '/password/reset/nothing', 410],
    [stranger, 'not-there', '/no/such/page', 404],
    [viewer, 'forbidden', '/acme/admin/audit', 403],
    [viewer, 'member-hidden', '/acme/admin/users/mem_nothing', 404],
  ]) {
    assert.equal((await page.goto(address)).status(), status, address);
    await inspect(page, name);
  }
  await viewer.goto('/acme/admin/users');
  await inspect(viewer, 'users-of-a-viewer');
}
