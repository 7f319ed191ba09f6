// Planasonix's page "User management", walked step by step with its words.
import assert from 'node:assert/strict';
import { row } from './page.mjs';
import { call, join, password } from './people.mjs';

export const owner = {
  organization: 'Parent Company', slug: 'parent', name: 'Ada Lovelace', email: 'ada@parent.example', password, preset: 'planasonix',
};

/** PL-2, PL-3, PL-7, PL-8: an invite with an initial role and teams, refined afterwards by shares. */
export async function pl_inviting_and_refining({ product, newPage, signedInPage }) {
  await call(product, 'POST', '/organizations/parent/groups', { name: 'Data team' });
  await call(product, 'POST', '/organizations/parent/resources', { type: 'pipeline', name: 'Nightly load' });
  const page = await signedInPage();

  // Open organization users: Organization → Users, or Settings → Members.
  await page.goto('/parent/settings/members');
  await page.getByRole('heading', { name: 'Users' }).waitFor();
  const tabs = page.getByRole('navigation', { name: 'Pages of this organization' });
  await tabs.getByText('Organization', { exact: true }).first().waitFor();
  await tabs.getByRole('link', { name: 'API keys' }).waitFor();
  await tabs.getByRole('link', { name: 'Teams' }).waitFor();

  // Send invite: the corporate email, an initial organization role, optional teams; the lowest role is offered first.
  await page.getByRole('link', { name: 'Invite user' }).click();
  await page.getByText('Give the lowest role that lets somebody do their work').waitFor();
  await page.getByLabel('Email addresses').fill('grace@parent.example');
  assert.equal(await page.getByLabel('Role to start with').inputValue(), 'viewer');
  await page.getByRole('checkbox', { name: 'Data team' }).check();
  await page.getByText('By a link you hand over').click();
  await page.locator('.form-acts').getByRole('button').first().click();
  await page.locator('.form-acts').getByRole('button', { name: 'Send invite' }).click();
  const link = await page.getByLabel('Invitation link for grace@parent.example').inputValue();
  const guest = await newPage();
  await guest.goto(link);
  await guest.getByLabel('Your name').fill('Grace Hopper');
  await guest.getByLabel('Choose a password').fill(password);
  await guest.getByRole('button', { name: 'Join' }).click();
  await guest.waitForURL(/\/parent\//);
  await page.goto('/parent/admin/users');
  assert.match(await row(page, 'Grace Hopper').innerText(), /Viewer[\s\S]*Active/);
  await page.getByRole('link', { name: 'Grace Hopper' }).click();
  await page.getByText('Data team').waitFor();

  // After acceptance: shared items rather than a higher role; and the role stays the ceiling.
  await page.goto('/parent/admin/resources');
  await page.getByRole('link', { name: 'Nightly load' }).click();
  await page.getByRole('textbox', { name: /^Who/ }).fill('grace@parent.example');
  await page.getByRole('button', { name: 'Grant' }).click();
  await page.getByText('Granted.').waitFor();
  await guest.goto('/parent/me/shared');
  await guest.getByRole('link', { name: 'Nightly load' }).waitFor();
}

/** PL-9 to PL-11: hand over what they own, deactivate or remove, rotate what they could have copied. */
export async function pl_removing_users({ product, signedInPage }) {
  const kate = await join(product, 'parent', 'kate@parent.example', 'Katherine Johnson', 'member');
  await call(product, 'POST', '/organizations/parent/resources', { type: 'pipeline', name: 'Orbit', owner: kate.id });
  const page = await signedInPage(undefined, { expected: [/status of (409|422)/] });
  await page.goto('/parent/admin/users');
  await page.getByLabel('Actions for Katherine Johnson').click();
  const menu = page.locator('details[open]');
  await menu.getByRole('link', { name: 'Deactivate', exact: true }).waitFor();
  await menu.getByRole('link', { name: 'Remove', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Orbit').first().waitFor();
  await dialog.getByText(/provider/).first().waitFor();
  await dialog.locator('.btn-danger').click();
  await dialog.getByText(/stand in the way|stands in the way/).first().waitFor();
  await dialog.getByLabel('Everything goes to').fill('ada@parent.example');
  await dialog.locator('.btn-danger').click();
  await page.getByText('Katherine Johnson is removed.').waitFor();
  const { items } = await call(product, 'GET', '/organizations/parent/resources');
  assert.equal(items.find(one => one.name === 'Orbit').owner.email, owner.email);
}

/** PL-13: the workspace menu switches organizations, each in its own addresses. */
export async function pl_13_the_menu_switches_organizations({ signedInPage }) {
  const page = await signedInPage();
  await page.goto('/organizations/new');
  await page.getByLabel('Name', { exact: true }).fill('Subsidiary Project');
  await page.getByLabel('Short name').fill('subsidiary');
  await page.getByRole('radio', { name: 'Planasonix' }).check();
  await page.getByRole('main').getByRole('button').last().click();
  await page.waitForURL(/\/subsidiary\//);
  await page.locator('.side summary.switcher').first().click();
  await page.locator('details[open]').getByRole('link', { name: 'Parent Company' }).click();
  await page.waitForURL(/\/parent\//);
}
