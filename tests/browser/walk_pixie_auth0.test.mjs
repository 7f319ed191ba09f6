// Pixie's page "User Management & Sharing", its half about Auth0, walked step by step with its words.
import assert from 'node:assert/strict';
import { password } from './people.mjs';

export const owner = {
  organization: 'Pixie Cloud', slug: 'pixie', name: 'Ada Lovelace', email: 'ada@pixie.example', password, preset: 'pixie-auth0',
};

/** PX-15 to PX-19: one link for many, and the end of all links there are. */
export async function px_links_are_made_and_reset({ newPage, signedInPage }) {
  const page = await signedInPage();
  await page.goto('/pixie/admin/users');
  await page.getByRole('link', { name: '+ Invite Users' }).click();
  await page.getByRole('heading', { name: 'Invite Users' }).waitFor();
  await page.getByRole('link', { name: 'make one invite link' }).click();
  await page.getByRole('button', { name: 'Make a link' }).click();
  const link = await page.getByLabel('Invite link', { exact: true }).inputValue();
  await page.getByRole('row', { name: /in 7 days|in 6 days|in a week/ }).waitFor();
  const guest = await newPage({ expected: [/status of (404|410)/] });
  await guest.goto(link);
  await guest.getByRole('heading', { name: 'Join Pixie Cloud' }).waitFor();

  await page.goto('/pixie/admin/org');
  await page.getByRole('link', { name: 'Reset Invite Links' }).click();
  await page.getByRole('button', { name: 'Reset Invite Links' }).click();
  await page.getByText(/links? (is|are|were) worthless|Every invite link|reset/i).first().waitFor();
  await guest.goto(link);
  await guest.getByRole('heading', { name: 'This invite is not valid' }).waitFor();
  assert.ok(await guest.getByRole('link', { name: 'Sign up' }).isVisible());
}
