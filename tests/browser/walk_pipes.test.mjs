// Turbot Pipes' page "People", walked step by step with its words.
import assert from 'node:assert/strict';
import { row } from './page.mjs';
import { call, join, password } from './people.mjs';

export const owner = {
  organization: 'Pipes Team', slug: 'pipes', name: 'Ada Lovelace', email: 'ada@pipes.example', password, preset: 'pipes-team',
};

/** TP-1, TP-3, TP-5: the People tab of the organization. */
export async function tp_people_of_the_organization({ newPage, signedInPage }) {
  const page = await signedInPage();
  await page.goto('/pipes/admin/users');
  await page.getByRole('heading', { name: 'People', exact: true }).waitFor();
  await page.getByRole('link', { name: 'Invite User' }).click();
  await page.getByRole('heading', { name: 'Invite User' }).waitFor();
  await page.getByText('A handle, such as @ada').waitFor();
  await page.getByLabel('Email addresses').fill('grace@pipes.example');
  await page.getByText('By a link you hand over').click();
  await page.getByRole('button', { name: 'Select a role' }).click();
  await page.getByLabel('Role for grace@pipes.example').selectOption({ label: 'Member' });
  await page.locator('.form-acts').getByRole('button', { name: 'Add', exact: true }).click();
  const link = await page.getByLabel('Invitation link for grace@pipes.example').inputValue();
  const guest = await newPage({ expected: [/status of (401|404)/] });
  await guest.goto(link);
  await guest.getByLabel('Your name').fill('Grace Hopper');
  await guest.getByLabel('Choose a password').fill(password);
  await guest.getByRole('button', { name: 'Join' }).click();
  await guest.waitForURL(/\/pipes\//);
  // A Member sees the people, and no workspace by default.
  await guest.goto('/pipes/admin/users');
  await row(guest, 'Ada Lovelace').waitFor();
  await page.goto('/pipes/admin/users');
  await page.getByLabel('Actions for Grace Hopper').click();
  await page.locator('details[open]').getByRole('link', { name: 'Remove', exact: true }).click();
  await page.getByRole('dialog').locator('.btn-danger').click();
  await page.getByText('Grace Hopper is removed.').waitFor();
  await guest.goto('/pipes/admin/users');
  await row(guest, 'Ada Lovelace').waitFor({ state: 'detached' });
}

/** TP-4, TP-13 to TP-16: the People of one workspace. */
export async function tp_people_of_a_workspace({ product, signedInPage }) {
  const kate = await join(product, 'pipes', 'kate@pipes.example', 'Katherine Johnson', 'member');
  const workspace = await call(product, 'POST', '/organizations/pipes/resources', { type: 'workspace', name: 'Orbit' });
  const page = await signedInPage();
  await page.goto(`/pipes/admin/resources/${workspace.id}`);
  const people = page.getByRole('region', { name: 'People' });
  // Org Owners have implicit access, and nobody takes it from them here.
  await people.getByRole('row', { name: /Ada Lovelace/ }).waitFor();
  await people.getByRole('row', { name: /Ada Lovelace/ }).getByText('(not available: Nothing was granted to them here').waitFor({ state: 'attached' });
  const add = page.getByRole('form', { name: 'Add Member' });
  await add.getByRole('textbox', { name: /^Who/ }).fill(kate.email);
  await add.getByLabel('Level').selectOption({ label: 'Operator' });
  await add.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('Granted.').waitFor();
  const theirs = await signedInPage(kate);
  await theirs.goto('/pipes/admin/resources');
  await theirs.getByRole('link', { name: 'Orbit' }).waitFor();
  await people.getByRole('row', { name: /Katherine Johnson/ }).getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByText('They do not reach it any more.').waitFor();
  await theirs.reload();
  await theirs.getByRole('link', { name: 'Orbit' }).waitFor({ state: 'detached' });
  // She is in the organization still.
  await page.goto('/pipes/admin/users');
  await row(page, 'Katherine Johnson').getByText('Active').waitFor();
}
