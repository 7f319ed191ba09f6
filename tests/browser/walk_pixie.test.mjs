// Pixie's page "User Management & Sharing", its half about Hydra and Kratos, walked step by step with its words.
import assert from 'node:assert/strict';
import { row } from './page.mjs';
import { password } from './people.mjs';

export const owner = {
  organization: 'Pixie Works', slug: 'pixie', name: 'Ada Lovelace', email: 'ada@pixie.example', password, preset: 'pixie-hydra',
};

/** PX-7 to PX-9: fills the form in and returns the link for one person. */
async function invited(page, email, given, family) {
  await page.goto('/pixie/admin/invite');
  await page.getByRole('heading', { name: 'Invitations' }).waitFor();
  await page.getByLabel('Email addresses').fill(email);
  await page.getByRole('button', { name: 'Invite', exact: true }).click();
  await page.getByLabel('Given name').fill(given);
  await page.getByLabel('Family name').fill(family);
  await page.locator('.form-acts').getByRole('button', { name: 'Invite', exact: true }).click();
  await page.getByRole('heading', { name: '1 invitation made' }).waitFor();
  return page.getByLabel(`Invitation link for ${email}`).inputValue();
}

async function joins(newPage, link) {
  const guest = await newPage({ expected: [/status of (401|403|404)/] });
  await guest.goto(link);
  await guest.getByLabel('Choose a password').fill(password);
  await guest.getByRole('button', { name: 'Join' }).click();
  return guest;
}

/** PX-2, PX-7, PX-25, PX-26, PX-32, PX-33: inviting, approvals, removal. */
export async function px_the_seed_page_step_by_step({ newPage, signedInPage }) {
  const page = await signedInPage();

  // Invite users: there are no roles, whoever is in may do everything.
  const grace = await joins(newPage, await invited(page, 'grace@pixie.example', 'Grace', 'Hopper'));
  await grace.goto('/pixie/admin/users');
  await grace.getByRole('link', { name: 'Invite', exact: true }).waitFor();
  assert.equal(await grace.getByRole('columnheader', { name: 'Role' }).count(), 0);

  // Enable approvals for new users: the button says what it would do.
  await page.goto('/pixie/admin/org');
  await page.getByRole('heading', { name: 'Approvals are off' }).waitFor();
  await page.getByRole('button', { name: 'Enable', exact: true }).click();
  await page.getByRole('button', { name: 'Disable', exact: true }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/pixie/admin/org');

  // Whoever joins from then on waits, until somebody presses "Approve" on the Users tab.
  const alan = await joins(newPage, await invited(page, 'alan@pixie.example', 'Alan', 'Turing'));
  await alan.getByText('Waiting for approval').first().waitFor();
  await page.goto('/pixie/admin/users');
  await page.getByRole('heading', { name: 'Users' }).waitFor();
  assert.match(await row(page, 'Grace Hopper').innerText(), /Active/);
  await page.getByLabel('Actions for Alan Turing').click();
  await page.locator('details[open]').getByRole('link', { name: 'Approve', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).click();
  await page.getByText('Alan Turing is in.').waitFor();
  await alan.goto('/pixie/admin/users');
  await row(alan, 'Grace Hopper').waitFor();

  // Remove users: the prompt is accepted, the sessions are over.
  await page.getByLabel('Actions for Alan Turing').click();
  await page.locator('details[open]').getByRole('link', { name: 'Remove', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByText('Alan Turing is removed.').waitFor();
  await alan.goto('/pixie/admin/users');
  await alan.getByRole('heading', { name: 'Sign in' }).waitFor();
}
