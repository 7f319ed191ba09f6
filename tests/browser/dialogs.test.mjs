// What is nicer with scripts: questions float as dialogs over the page they were asked from, lists follow
// what is typed, keys lead everywhere.
import assert from 'node:assert/strict';
import { checkAccessibility, inspect, reach } from './page.mjs';
import { call, join, once, password, populate, script } from './people.mjs';

export const owner = {
  organization: 'Acme Rockets', slug: 'acme', name: 'Ada Lovelace', email: 'ada@acme.example', password, preset: 'cloudtruth',
};

const people = once(product => populate(product, 'acme'));

async function openMenu(page, name) {
  await page.getByLabel(`Actions for ${name}`).click();
}

async function openDialog(page, name, entry) {
  await openMenu(page, name);
  await page.locator('details[open]').getByRole('link', { name: entry, exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  return dialog;
}

export async function every_question_is_a_dialog({ product, signedInPage }) {
  await people(product);
  const page = await signedInPage();
  await page.goto('/acme/admin/users');
  for (const [name, entry, heading] of [
    ['Grace Hopper', 'Change Role', 'EDIT USER'],
    ['Grace Hopper', 'End sessions', 'End sessions of Grace Hopper?'],
    ['Grace Hopper', 'Remove Access', 'Remove Access?'],
    ['Mary Jackson', 'Approve', 'Approve Mary Jackson?'],
    ['Mary Jackson', 'Reject', 'Reject Mary Jackson?'],
    ['linus@acme.example', 'Change Role', 'EDIT USER'],
    ['linus@acme.example', 'Delete', 'Take the invitation back?'],
  ]) {
    const dialog = await openDialog(page, name, entry);
    await dialog.getByRole('heading', { name: heading, exact: true }).waitFor();
    await checkAccessibility(page);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    // The focus goes back to where the question came from.
    const back = (label) => document.activeElement.getAttribute('aria-label') === label;
    await page.waitForFunction(back, `Actions for ${name}`, { timeout: 5_000 });
  }
  const dialog = await openDialog(page, 'Grace Hopper', 'Change Role');
  await dialog.getByRole('radio', { name: 'Admin' }).waitFor();
  await inspect(page, 'dialog-change-role');
}

export async function a_yes_shows_the_list_as_it_is_now({ product, signedInPage }) {
  const { linus } = await people(product);
  await join(product, 'acme', 'willy@acme.example', 'Willy Waits', 'viewer');
  const page = await signedInPage();
  await page.goto('/acme/admin/users?query=acme');
  const dialog = await openDialog(page, 'Willy Waits', 'Approve');
  await dialog.getByRole('button', { name: 'Approve' }).click();
  await page.getByText('Willy Waits is in.').waitFor();
  assert.match(page.url(), /query=acme$/, 'the list stays as it was filtered');
  await page.getByRole('row', { name: /Willy Waits/ }).getByText('Active').waitFor();
  await openMenu(page, 'linus@acme.example');
  await page.locator('details[open]').getByRole('button', { name: 'Resend' }).click();
  await page.locator('input[value*="/invite/gld_inv_"]').waitFor();
  assert.match(page.url(), new RegExp(`${linus.invitation.id}/resend`));
}

export async function a_no_stands_in_the_dialog({ product, signedInPage }) {
  const { grace } = await people(product);
  const role = wanted => call(product, 'PATCH', `/organizations/acme/members/${grace.id}`, { role: wanted });
  await role('owner');
  const page = await signedInPage(undefined, { expected: [/status of 409/] });
  await page.goto('/acme/admin/users');
  const dialog = await openDialog(page, 'Ada Lovelace', 'Change Role');
  await dialog.getByRole('radio', { name: /^Viewer/ }).check();
  // Meanwhile the other Owner steps down.
  await role('admin');
  await dialog.getByRole('button', { name: 'Update' }).click();
  await dialog.getByText('You are the only active Owner.').first().waitFor();
  assert.ok(await dialog.getByRole('heading', { name: 'EDIT USER' }).isVisible());
  await checkAccessibility(page);
  await dialog.getByRole('link', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'hidden' });
}

export async function the_list_follows_what_is_typed({ product, signedInPage }) {
  await people(product);
  const page = await signedInPage();
  await page.goto('/acme/admin/users');
  await page.keyboard.press('/');
  await page.keyboard.type('hopper');
  await page.getByText('1 shown').waitFor();
  await page.waitForURL(/query=hopper/);
  await page.getByLabel('Role', { exact: true }).selectOption('viewer');
  await page.getByRole('heading', { name: 'Nobody fits' }).waitFor();
  await page.getByRole('link', { name: 'Show everybody' }).click();
  await page.getByText(script).waitFor();
  assert.doesNotMatch(await page.title(), /hit/, 'names stay text');
}

export async function keys_open_the_palette_and_lead_on({ product, signedInPage }) {
  await people(product);
  const page = await signedInPage();
  await page.goto('/acme/admin/users');
  await page.keyboard.press('Control+k');
  await page.getByRole('dialog', { name: 'Go to' }).waitFor();
  await checkAccessibility(page);
  await page.keyboard.type('roles');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/acme\/admin\/roles$/);
}

export async function inviting_and_changing_a_role_need_no_mouse({ product, signedInPage }) {
  await people(product);
  const page = await signedInPage();
  await page.goto('/acme/admin/users');
  await page.keyboard.press('Tab');
  await reach(page, '+ Create Users');
  await page.keyboard.press('Enter');
  // The first step floats over the list; the others have pages of their own.
  await page.getByRole('dialog').getByRole('heading', { name: 'Invite team members' }).waitFor();
  await inspect(page, 'dialog-invite');
  await page.keyboard.type('keys@acme.example, more@acme.example');
  await reach(page, 'Set User Roles');
  await page.keyboard.press('Enter');
  await page.getByText('Nothing is sent yet.').waitFor();
  await page.keyboard.press('Tab');
  await reach(page, 'Role for keys@acme.example');
  await page.keyboard.press('c');
  await reach(page, 'REMOVE more@acme.example');
  await page.keyboard.press('Enter');
  await page.getByText('more@acme.example').waitFor({ state: 'detached' });
  await reach(page, 'Set User Roles');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: '1 invitation made' }).waitFor();
  await page.keyboard.press('Tab');
  await reach(page, 'Go to users');
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/users$/);
  await page.getByRole('row', { name: /keys@acme\.example Contributor/ }).waitFor();
  await page.keyboard.press('Tab');
  await reach(page, 'Actions for keys@acme.example');
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  await reach(page, 'Change Role', 'ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('ArrowDown');
  await reach(page, 'Update');
  await page.keyboard.press('Enter');
  await page.getByText('keys@acme.example now has the role Viewer.').waitFor();
}
