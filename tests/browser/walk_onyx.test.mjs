// Onyx's page "Users and Groups", walked step by step with its words.
import assert from 'node:assert/strict';
import { choose, row } from './page.mjs';
import { call, join, password } from './people.mjs';

export const owner = {
  organization: 'Onyx Lab', slug: 'onyx', name: 'Ada Lovelace', email: 'ada@onyx.example', password, preset: 'onyx',
};

/** ON-1, ON-3, ON-4, ON-14: people join, are promoted, switched off and deleted. */
export async function on_users({ product, signedInPage }) {
  const grace = await join(product, 'onyx', 'grace@onyx.example', 'Grace Hopper', 'basic');
  const agent = await call(product, 'POST', '/organizations/onyx/resources', { type: 'agent', name: 'Helper', owner: grace.id });
  const page = await signedInPage(undefined, { expected: [/status of (409|422)/] });
  await page.goto('/onyx/admin/users');
  await page.getByRole('navigation', { name: 'Pages of this organization' }).getByText('Users and Groups').waitFor();
  let dialog = await choose(page, 'Grace Hopper', 'Change role');
  await dialog.getByRole('radio', { name: /^Global Curator/ }).check();
  await dialog.locator('.btn-primary').click();
  await page.getByText('Grace Hopper now has the role Global Curator.').waitFor();
  dialog = await choose(page, 'Grace Hopper', 'Change role');
  await dialog.getByRole('radio', { name: /^Admin/ }).check();
  await dialog.locator('.btn-primary').click();
  await page.getByText('Grace Hopper now has the role Admin.').waitFor();

  // Inviting closes the open door, and the page says so before.
  await page.getByRole('link', { name: 'Invite Users' }).click();
  await page.getByText('Inviting Users will disallow new users from automatically joining your workspace.').waitFor();
  await page.getByText('You will need to invite all users or none.').waitFor();
  await page.getByLabel('Email addresses').fill('alan@onyx.example');
  await page.locator('.form-acts').getByRole('button').first().click();
  await page.locator('.form-acts').getByRole('button', { name: 'Invite Users' }).click();
  await page.getByRole('heading', { name: '1 invitation made' }).waitFor();

  // Deactivate, then delete; who has an agent cannot be deleted.
  await page.goto('/onyx/admin/users');
  dialog = await choose(page, 'Grace Hopper', 'Deactivate');
  await dialog.getByRole('button', { name: 'Deactivate', exact: true }).click();
  await page.getByText('Grace Hopper is deactivated.').waitFor();
  dialog = await choose(page, 'Grace Hopper', 'Delete');
  await dialog.getByText(/own/).first().waitFor();
  await call(product, 'DELETE', `/organizations/onyx/resources/${agent.id}`);
  await page.goto('/onyx/admin/users');
  dialog = await choose(page, 'Grace Hopper', 'Delete');
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
  await row(page, 'Grace Hopper').waitFor({ state: 'detached' });
}

/** ON-28, ON-29: a group reaches what is attached to it, and has a token rate limit. */
export async function on_groups({ product, signedInPage }) {
  const kate = await join(product, 'onyx', 'kate@onyx.example', 'Katherine Johnson', 'basic');
  await call(product, 'POST', '/organizations/onyx/resources', { type: 'document_set', name: 'Flight papers' });
  const page = await signedInPage();
  await page.goto('/onyx/admin/groups');
  await page.getByRole('link', { name: 'New group' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill('Orbit');
  await page.getByRole('button', { name: 'Make it' }).click();
  await page.getByLabel('Take somebody in').fill(kate.email);
  await page.getByRole('button', { name: 'Take in' }).click();
  await page.getByText(`${kate.email} is in it.`).waitFor();

  // Attach a private document set to the group.
  const theirs = await signedInPage(kate);
  await theirs.goto('/onyx/admin/resources');
  assert.equal(await theirs.getByRole('link', { name: 'Flight papers' }).count(), 0);
  await page.goto('/onyx/admin/resources');
  await page.getByRole('link', { name: 'Flight papers' }).click();
  await page.getByLabel('To', { exact: true }).selectOption({ label: 'Group' });
  await page.getByRole('textbox', { name: /^Who/ }).fill('Orbit');
  await page.getByRole('button', { name: 'Grant' }).click();
  await page.getByText('Granted.').waitFor();
  await theirs.reload();
  await theirs.getByRole('link', { name: 'Flight papers' }).waitFor();

  // Impose a token rate limit on it.
  await page.goto('/onyx/admin/users');
  await page.getByRole('navigation', { name: 'Pages of this organization' }).getByRole('link', { name: 'Token rate limits' }).click();
  await page.getByRole('link', { name: 'New limit' }).first().click();
  await page.getByLabel('Whose use').selectOption({ label: 'The group Orbit' });
  await page.getByLabel('Unit', { exact: true }).fill('tokens');
  await page.getByRole('textbox', { name: 'Budget' }).fill('50000');
  await page.getByRole('button', { name: 'Make the limit' }).click();
  await row(page, 'Orbit').waitFor();

  // Automate it: SCIM is a page away.
  await page.getByRole('navigation', { name: 'Pages of this organization' }).getByRole('link', { name: 'Provisioning' }).click();
  assert.match(await page.getByLabel('Address', { exact: true }).inputValue(), /\/scim\/v2/);
}
