// How people go: who gets what they own, undoing it, and deleting one's own account; with scripts and without.
import assert from 'node:assert/strict';
import { call, join, password } from './people.mjs';

export const owner = {
  organization: 'Acme Rockets', slug: 'acme', name: 'Ada Lovelace', email: 'ada@acme.example', password, preset: 'standard',
};

const plain = { scripts: false, expected: [/status of (409|422)/] };

async function owned(product, name, who) {
  await call(product, 'POST', '/organizations/acme/resources', { type: 'workspace', name, owner: who.id });
}

export async function what_somebody_owns_gets_an_heir_and_the_removal_is_undone({ product, signedInPage }) {
  const grace = await join(product, 'acme', 'grace@acme.example', 'Grace Hopper', 'member');
  const kate = await join(product, 'acme', 'kate@acme.example', 'Katherine Johnson', 'member');
  await owned(product, 'Compiler', grace);
  await owned(product, 'Orbit', grace);
  await call(product, 'PATCH', '/organizations/acme/policy', { 'delete.owned_objects': 'transfer_required' });
  const page = await signedInPage(undefined, plain);
  await page.goto(`/acme/admin/users/${grace.id}/remove`);
  await page.getByText('2 things here have this owner.').waitFor();
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('2 of the things they own stand in the way').waitFor();
  await page.getByLabel('Everything goes to').fill('nobody@acme.example');
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('Nobody who is active here has that address.').waitFor();
  assert.equal(await page.getByLabel('Everything goes to').inputValue(), 'nobody@acme.example');
  await page.getByLabel('Everything goes to').fill('kate@acme.example');
  await page.getByText('Choose for each').click();
  await page.getByLabel('Orbit').fill('ada@acme.example');
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('Grace Hopper is removed.').waitFor();
  const { items } = await call(product, 'GET', '/organizations/acme/resources');
  const hers = items.filter(thing => ['Compiler', 'Orbit'].includes(thing.name));
  const now = Object.fromEntries(hers.map(thing => [thing.name, thing.owner.email]));
  assert.deepEqual(now, { Compiler: kate.email, Orbit: owner.email });
  await page.getByRole('heading', { name: 'Removed lately' }).waitFor();
  await page.getByRole('listitem').filter({ hasText: 'Grace Hopper' }).getByRole('button', { name: 'Undo' }).click();
  await page.getByText('The removal is undone.').waitFor();
  await page.getByRole('row', { name: /Grace Hopper/ }).getByText('Active').waitFor();
}

export async function the_same_as_a_dialog({ product, signedInPage }) {
  const alan = await join(product, 'acme', 'alan@acme.example', 'Alan Turing', 'member');
  await owned(product, 'Bombe', alan);
  const page = await signedInPage(undefined, { expected: [/status of (409|422)/] });
  await page.goto('/acme/admin/users');
  await page.getByLabel('Actions for Alan Turing').click();
  await page.locator('details[open]').getByRole('link', { name: 'Remove', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Everything goes to').fill('ada@acme.example');
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('Alan Turing is removed.').waitFor();
}

export async function tp_38_somebody_deletes_their_account({ product, newPage }) {
  const annie = await join(product, 'acme', 'annie@acme.example', 'Annie Easley', 'member');
  const page = await newPage(plain);
  await page.goto('/sign-in');
  await page.getByLabel('Email address').fill(annie.email);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.goto('/acme/me');
  await page.getByRole('link', { name: 'Delete account' }).click();
  await page.getByLabel(/to confirm/).fill('somebody else');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Delete your account' }).click();
  await page.getByText('Type your handle or your address.').waitFor();
  await page.getByLabel(/to confirm/).fill(annie.email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Delete your account' }).click();
  await page.getByText('Your account is deleted.').waitFor();
  assert.equal(new URL(page.url()).pathname, '/sign-in');
}
