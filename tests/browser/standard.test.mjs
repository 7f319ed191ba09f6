// The preset `standard`: what CloudTruth does not know, such as switching people off, with and without scripts.
import { inspect } from './page.mjs';
import { call, invite, join, password } from './people.mjs';

export const owner = {
  organization: 'Beta Works', slug: 'beta', name: 'Ada Lovelace', email: 'ada@beta.example', password, preset: 'standard',
};

const says = (page, text) => page.getByText(text).first().waitFor();

async function choose(page, name, entry) {
  await page.getByLabel(`Actions for ${name}`).click();
  await page.locator('details[open]').getByRole('link', { name: entry, exact: true }).click();
}

export async function somebody_is_switched_off_and_on({ product, newPage, signedInPage }) {
  const person = await join(product, 'beta', 'bea@beta.example', 'Bea Arthur', 'member');
  for (const scripts of [true, false]) {
    const page = await signedInPage(undefined, { scripts });
    const theirs = await signedInPage(person, { scripts, expected: [/status of 404/] });
    await page.goto('/beta/admin/users');
    await choose(page, 'Bea Arthur', 'Deactivate');
    await says(page, 'Access ends at once');
    if (scripts) await inspect(page, 'dialog-deactivate');
    await page.getByRole('button', { name: 'Deactivate', exact: true }).click();
    await says(page, 'Bea Arthur is deactivated.');
    if (scripts) await inspect(page, 'users-deactivated');
    await theirs.goto('/beta/me');
    await theirs.getByText('Bea Arthur').waitFor({ state: 'detached' });
    await choose(page, 'Bea Arthur', 'Reactivate');
    await page.getByRole('button', { name: 'Reactivate', exact: true }).click();
    await says(page, 'Bea Arthur is active again.');
  }
  const late = await newPage();
  await late.goto('/sign-in');
  await late.getByLabel('Email address').fill(person.email);
  await late.getByRole('button', { name: 'Continue' }).click();
  await late.getByLabel('Password', { exact: true }).fill(password);
  await late.getByRole('button', { name: 'Sign in' }).click();
  await late.waitForURL(/\/beta\//);
}

export async function who_waits_is_let_in_or_turned_away({ product, signedInPage }) {
  await call(product, 'PATCH', '/organizations/beta/policy', { 'approval.mode': 'all' });
  const waiting = await join(product, 'beta', 'mary@beta.example', 'Mary Jackson', 'member');
  await join(product, 'beta', 'ned@beta.example', 'Ned Nobody', 'member');
  const theirs = await signedInPage(waiting, { expected: [/status of 404/] });
  await theirs.goto('/beta');
  await says(theirs, 'Waiting for approval');
  await inspect(theirs, 'waiting');
  const page = await signedInPage(undefined, { scripts: false });
  await page.goto('/beta/admin/users?status=pending_approval');
  await choose(page, 'Mary Jackson', 'Approve');
  await page.getByRole('button', { name: 'Approve' }).click();
  await says(page, 'Mary Jackson is in.');
  await page.goto('/beta/admin/users?status=pending_approval');
  await choose(page, 'Ned Nobody', 'Reject');
  await page.getByRole('button', { name: 'Reject' }).click();
  await says(page, 'Ned Nobody was turned away.');
}

export async function its_pages_use_its_words({ product, signedInPage }) {
  await invite(product, 'beta', 'someone@beta.example', 'member');
  const page = await signedInPage();
  await page.goto('/beta/admin/users');
  await page.getByRole('heading', { name: 'Members' }).waitFor();
  await page.getByRole('link', { name: 'Invite people' }).click();
  await page.getByRole('heading', { name: 'Invite people' }).waitFor();
  await page.getByLabel('Email addresses').fill('one@beta.example');
  await page.getByRole('button', { name: 'Choose roles' }).click();
  await page.getByRole('heading', { name: 'Choose roles' }).waitFor();
  await page.locator('.form-acts').getByRole('button', { name: 'Send invitations' }).click();
  await page.getByRole('heading', { name: '1 invitation made' }).waitFor();
  await page.goto('/beta/admin/org');
  await inspect(page, 'settings-standard');
}
