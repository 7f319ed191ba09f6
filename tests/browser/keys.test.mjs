// The main flows with nothing but keys: signing in, letting somebody in, taking somebody out with an heir for what
// they own. Inviting and changing a role are walked in dialogs.test.mjs.
import assert from 'node:assert/strict';
import { reach } from './page.mjs';
import { call, join, password } from './people.mjs';

export const owner = {
  organization: 'Acme Rockets', slug: 'acme', name: 'Ada Lovelace', email: 'ada@acme.example', password, preset: 'standard',
};

/** Opens the menu of somebody's row and chooses an entry of it. */
async function choose(page, name, entry) {
  await page.keyboard.press('Tab');
  await reach(page, `Actions for ${name}`);
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  await reach(page, entry, 'ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
}

export async function signing_in_approving_and_removing_need_no_mouse({ product, newPage }) {
  const grace = await join(product, 'acme', 'grace@acme.example', 'Grace Hopper', 'member');
  await call(product, 'POST', '/organizations/acme/resources', { type: 'workspace', name: 'Compiler', owner: grace.id });
  await call(product, 'PATCH', '/organizations/acme/policy', {
    'approval.mode': 'all', 'delete.owned_objects': 'transfer_required',
  });
  await join(product, 'acme', 'mary@acme.example', 'Mary Jackson', 'member');

  const page = await newPage({ expected: [/status of (409|422)/] });
  await page.goto('/acme/admin/users');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await reach(page, 'Email address');
  await page.keyboard.type(owner.email);
  await page.keyboard.press('Enter');
  await page.getByLabel('Password', { exact: true }).waitFor();
  await reach(page, 'Password');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/acme\/admin\/users$/);

  await choose(page, 'Mary Jackson', 'Approve');
  await reach(page, 'Approve');
  await page.keyboard.press('Enter');
  await page.getByText('Mary Jackson is in.').waitFor();

  await choose(page, 'Grace Hopper', 'Remove');
  await reach(page, 'Everything goes to (optional)');
  await page.keyboard.type('mary@acme.example');
  await reach(page, 'Yes, remove');
  await page.keyboard.press('Enter');
  await page.getByText('Grace Hopper is removed.').waitFor();
  const { items } = await call(product, 'GET', '/organizations/acme/resources');
  assert.equal(items.find(one => one.name === 'Compiler').owner.email, 'mary@acme.example');

  // What was done is taken back by keys, too.
  await page.keyboard.press('Tab');
  await reach(page, 'Undo');
  await page.keyboard.press('Enter');
  await page.getByText('The removal is undone.').waitFor();
}
