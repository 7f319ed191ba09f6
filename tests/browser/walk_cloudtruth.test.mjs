// The Users page of CloudTruth's documentation, walked step by step with its words.
import assert from 'node:assert/strict';
import { choose, row } from './page.mjs';
import { password, call } from './people.mjs';

export const owner = {
  organization: 'Acme Rockets', slug: 'acme', name: 'Ada Lovelace', email: 'ada@acme.example', password, preset: 'cloudtruth',
};

/** CT-1, CT-4 to CT-8, CT-15, CT-18, CT-20: from one Owner to a team and back. */
export async function ct_the_seed_page_step_by_step({ product, newPage, signedInPage }) {
  const page = await signedInPage();
  await page.goto('/acme/admin');
  const tabs = page.getByRole('navigation', { name: 'Pages of this organization' });
  await tabs.getByText('Access Control').waitFor();
  await tabs.getByRole('link', { name: 'Users' }).waitFor();
  await page.getByText('Only one user has the role Owner. At least 2 are recommended').waitFor();

  // Inviting a new user
  await page.getByRole('link', { name: '+ Create Users' }).click();
  await page.getByRole('heading', { name: 'Invite team members' }).waitFor();
  await page.getByLabel('Email addresses').fill('grace@acme.example, alan@acme.example, typo@acme.example');
  await page.getByText('By a link you hand over').click();
  await page.getByRole('button', { name: 'Set User Roles' }).click();
  await page.getByLabel('Role for grace@acme.example').selectOption({ label: 'Admin' });
  await page.getByLabel('Role for alan@acme.example').selectOption({ label: 'Contributor' });
  await page.getByRole('button', { name: 'REMOVE typo@acme.example' }).click();
  await page.locator('.form-acts').getByRole('button', { name: 'Set User Roles' }).click();
  await page.getByRole('heading', { name: '2 invitations made' }).waitFor();
  const link = await page.getByLabel('Invitation link for grace@acme.example').inputValue();
  await page.getByRole('link', { name: 'Go to users' }).click();
  assert.match(await row(page, 'grace@acme').innerText(), /Admin[\s\S]*Invited/);
  assert.match(await row(page, 'alan@acme').innerText(), /Contributor[\s\S]*Invited/);
  await page.getByLabel('Actions for alan@acme.example').click();
  await page.locator('details[open]').getByRole('button', { name: 'Resend' }).waitFor();
  await page.locator('details[open]').getByRole('link', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('The invitation of alan@acme.example is withdrawn.').waitFor();

  // The recipient accepts: the user is in the list, the invitation is not.
  const guest = await newPage();
  await guest.goto(link);
  await guest.getByLabel('Your name').fill('Grace Hopper');
  await guest.getByLabel('Choose a password').fill(password);
  await guest.getByRole('button', { name: 'Join' }).click();
  await guest.waitForURL(/\/acme\/admin\/users$/);
  await page.reload();
  assert.match(await row(page, 'Grace Hopper').innerText(), /Admin[\s\S]*Active/);

  // Changing a user's role
  let dialog = await choose(page, 'Grace Hopper', 'Change Role');
  await dialog.getByRole('heading', { name: 'EDIT USER' }).waitFor();
  await dialog.getByRole('radio', { name: /^Owner/ }).check();
  await dialog.getByRole('button', { name: 'Update' }).click();
  await page.getByText('Grace Hopper now has the role Owner.').waitFor();
  await page.getByText('are recommended').waitFor({ state: 'detached' });

  // Leaving an organization: one's own row says so instead.
  await guest.reload();
  await guest.getByLabel('Actions for Grace Hopper').click();
  assert.equal(await guest.locator('details[open]').getByText('Remove Access').count(), 0);
  await guest.locator('details[open]').getByRole('link', { name: 'Leave Organization' }).click();
  await guest.getByRole('dialog').getByRole('button', { name: 'Yes, leave' }).click();
  await guest.waitForURL(/\/(sign-in|organizations)/);
  await page.reload();
  await row(page, 'Grace Hopper').waitFor({ state: 'detached' });
}

/** CT-2, CT-3, CT-16, CT-18: what an Admin is offered, and why not more. */
export async function ct_an_admin_is_told_what_needs_an_owner({ product, signedInPage }) {
  const person = async (email, name, role) => {
    const { invitations: [made] } = await call(product, 'POST', '/organizations/acme/invitations', {
      invitations: [{ email, role }], deliver: 'link',
    });
    await call(product, 'POST', '/invitations/accept', { token: made.link.split('/').pop(), name, password }, '');
    return { email, password };
  };
  const admin = await person('annie@acme.example', 'Annie Easley', 'admin');
  const viewer = await person('kate@acme.example', 'Katherine Johnson', 'viewer');
  let page = await signedInPage(admin);
  await page.goto('/acme/admin/users');
  await page.getByLabel('Actions for Katherine Johnson').click();
  const menu = page.locator('details[open]');
  await menu.getByText('Remove Access').waitFor();
  assert.equal(await menu.getByText('Needs the role Owner.').count(), 2);
  await page.goto('/acme/admin/invite');
  const option = page.getByLabel('Role to start with').locator('option', { hasText: 'Owner' });
  assert.ok(await option.isDisabled());
  page = await signedInPage(viewer);
  await page.goto('/acme/admin/users');
  assert.equal(await page.getByText('+ Create Users').count(), 0);
}

/** CT-17, CT-19, CT-21: the only Owner. */
export async function ct_17_the_only_owner_stays({ signedInPage }) {
  const page = await signedInPage();
  await page.goto('/acme/admin/users');
  await page.getByLabel('Actions for Ada Lovelace').click();
  const why = page.locator('details[open]').getByText('You are the only active Owner.');
  assert.equal(await why.count(), 2, 'neither another role nor leaving');
}
