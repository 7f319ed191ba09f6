// Every form of the console with scripts off: what is typed is kept, what is refused is said in place, what
// is done is told on the next page.
import assert from 'node:assert/strict';
import { invite, join, joinByMail, mailed, mailedInvitation, password } from './people.mjs';

export const owner = {
  organization: 'Acme Rockets', slug: 'acme', name: 'Ada Lovelace', email: 'ada@acme.example', password, preset: 'cloudtruth',
};

const plain = { scripts: false, expected: [/status of (401|403|404|409|422)/] };
const says = (page, text) => page.getByText(text).first().waitFor();

export async function signing_in_and_out({ product, newPage }) {
  const page = await newPage(plain);
  await page.goto('/acme/admin/users');
  await page.getByLabel('Email address').fill(owner.email);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByText(owner.email).waitFor();
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  assert.equal(new URL(page.url()).pathname, '/acme/admin/users', 'led back to where one wanted to go');
  await page.locator('.menu-account summary').click();
  await page.getByRole('button', { name: 'Dark' }).click();
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
  await page.locator('.menu-account summary').click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.goto('/acme/admin/users');
  assert.match(page.url(), /\/sign-in\?next=/);
}

export async function a_forgotten_password({ product, newPage }) {
  // Only a proved address gets a mail.
  const { email: verified } = await joinByMail(product, 'acme', 'forgetful@acme.example', 'Forgetful', 'viewer');
  const page = await newPage(plain);
  await page.goto('/password/forgot');
  await page.getByLabel('Email address').fill(verified);
  await page.getByRole('button').last().click();
  await page.goto(await mailed(product, verified, /http:\/\/[^\s"<>]*\/password\/reset\/[^\s"<>]*/));
  await page.getByLabel(/password/i).first().fill('a quite new password');
  await page.getByRole('button').last().click();
  await page.goto('/sign-in');
  await page.getByLabel('Email address').fill(verified);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Password').fill('a quite new password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  assert.equal(new URL(page.url()).pathname, '/acme/admin/users');
}

export async function inviting_and_coming_in({ product, newPage, signedInPage }) {
  const page = await signedInPage(undefined, plain);
  await page.goto('/acme/admin/invite');
  await page.getByLabel('Email addresses').fill('Ann Lee <ann@acme.example>\nbad@@x, drop@acme.example, bo@acme.example');
  await page.getByRole('button', { name: 'Set User Roles' }).click();
  await page.getByLabel('Role for all').selectOption({ label: 'Contributor' });
  await page.getByRole('button', { name: 'Apply to all' }).click();
  assert.equal(await page.getByLabel('Role for bo@acme.example').inputValue(), 'contributor');
  await page.getByRole('button', { name: 'REMOVE drop@acme.example' }).click();
  await page.getByRole('button', { name: 'Back' }).click();
  assert.match(await page.getByLabel('Email addresses').inputValue(), /"Ann Lee" <ann@acme\.example>\nbad@@x\nbo@acme\.example/);
  await page.getByRole('button', { name: 'Set User Roles' }).click();
  await page.getByLabel('Email address 2').fill('cy@acme.example');
  await page.locator('.form-acts').getByRole('button', { name: 'Set User Roles' }).click();
  await page.getByRole('heading', { name: '3 invitations made' }).waitFor();
  const guest = await newPage(plain);
  await guest.goto(await mailedInvitation(product, 'cy@acme.example'));
  await guest.getByLabel('Your name').fill('Cy');
  await guest.getByLabel('Choose a password').fill(password);
  await guest.getByRole('button', { name: 'Join' }).click();
  assert.equal(new URL(guest.url()).pathname, '/acme/admin/users');
}

export async function one_invitation({ product, signedInPage }) {
  const { invitation } = await invite(product, 'acme', 'one@acme.example', 'viewer', 'email');
  const page = await signedInPage(undefined, plain);
  await page.goto('/acme/admin/users?query=one');
  await page.getByLabel('Actions for one@acme.example').click();
  await page.locator('details[open]').getByRole('button', { name: 'Resend' }).click();
  await says(page, 'The invitation of one@acme.example is sent again.');
  await page.goto(`/acme/admin/invitations/${invitation.id}`);
  await page.getByRole('button', { name: 'Get a link instead' }).click();
  await page.getByLabel('Invitation link').waitFor();
  await page.getByRole('link', { name: 'Change Role' }).click();
  await page.getByRole('radio', { name: 'Admin' }).check();
  await page.getByRole('button', { name: 'Update' }).click();
  await says(page, 'one@acme.example now has the role Admin.');
  await page.goto(`/acme/admin/invitations/${invitation.id}`);
  await page.getByRole('link', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
  await says(page, 'The invitation of one@acme.example is withdrawn.');
}

export async function questions_about_a_member({ product, signedInPage }) {
  const { id } = await join(product, 'acme', 'bea@acme.example', 'Bea', 'viewer');
  const page = await signedInPage(undefined, plain);
  const ask = async (entry, button, news) => {
    await page.goto('/acme/admin/users?query=bea');
    await page.getByLabel('Actions for Bea').click();
    await page.getByRole('link', { name: entry, exact: true }).click();
    if (entry === 'Change Role') await page.getByRole('radio', { name: 'Contributor' }).check();
    await page.getByRole('button', { name: button, exact: true }).click();
    await says(page, news);
  };
  await ask('Change Role', 'Update', 'Bea now has the role Contributor.');
  await ask('End sessions', 'End sessions', 'The sessions of Bea have ended.');
  await ask('Remove Access', 'Yes, remove', 'Bea is removed.');
  assert.equal((await page.goto(`/acme/admin/users/${id}`)).status(), 404);
}

export async function settings_and_tokens({ signedInPage }) {
  const page = await signedInPage(undefined, plain);
  await page.goto('/acme/admin/org');
  await page.getByLabel('Short name').fill('Not a slug');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.locator('#slug-error').waitFor();
  assert.equal(await page.getByLabel('Short name').inputValue(), 'Not a slug');
  await page.getByLabel('Short name').fill('acme');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Acme Rockets & Sons');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await says(page, 'Saved.');
  await page.getByRole('link', { name: 'Joining' }).click();
  await page.getByLabel('Invitations work for', { exact: true }).fill('36');
  await page.getByLabel('Unit of Invitations work for').selectOption({ label: 'hours' });
  await page.getByRole('button', { name: 'Save settings' }).click();
  await says(page, 'The settings are saved and hold from now on.');
  assert.equal(await page.getByLabel('Invitations work for', { exact: true }).inputValue(), '36');
  await page.getByRole('link', { name: 'Roles and leaving' }).click();
  await page.getByRole('checkbox', { name: 'Contributor' }).check();
  await page.getByRole('button', { name: 'Save settings' }).click();
  // Whom it gives something is told first.
  await says(page, 'Who is affected');
  await page.getByRole('button', { name: 'Save settings' }).click();
  await says(page, 'The settings are saved and hold from now on.');
  assert.ok(await page.getByRole('checkbox', { name: 'Contributor' }).isChecked());
  await page.goto('/acme/me/tokens/new');
  await page.getByLabel('Name', { exact: true }).fill('CI');
  await page.getByRole('button', { name: 'Create token' }).click();
  await page.locator('input[value^="gld_pat_"]').waitFor();
  await page.goto('/acme/admin/tokens');
  await page.getByRole('link', { name: 'Revoke' }).click();
  await page.getByRole('button', { name: 'Revoke' }).click();
  await says(page, 'The token is revoked.');
  await page.goto('/acme/admin/audit');
  await page.getByLabel('What', { exact: true }).selectOption({ label: 'Token revoked' });
  await page.getByRole('button', { name: 'Filter' }).click();
  await says(page, '1 shown');
  await page.locator('.event summary').first().click();
  await says(page, 'token.revoked');
}

export async function ones_own_profile({ product, signedInPage }) {
  const person = await join(product, 'acme', 'self@acme.example', 'Self', 'admin');
  const page = await signedInPage(person, { ...plain, expected: [/403 \(Forbidden\)/] });
  await page.goto('/acme/me');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Selma');
  await page.getByRole('button', { name: 'Save profile' }).click();
  assert.equal(await page.getByRole('textbox', { name: 'Name', exact: true }).inputValue(), 'Selma');
  await page.getByLabel('Current password').fill('wrong');
  await page.getByLabel('New password').fill('a quite new password');
  await page.getByRole('button', { name: 'Change password' }).click();
  await page.locator('#current_password-error').waitFor();
  await page.goto('/acme/leave');
  await page.getByRole('button', { name: 'Yes, leave' }).click();
  await page.goto('/acme/me');
  assert.notEqual(new URL(page.url()).pathname, '/acme/me');
}

export async function the_end_of_an_organization({ signedInPage }) {
  const page = await signedInPage(undefined, plain);
  await page.goto('/organizations/new');
  await page.getByLabel('Name', { exact: true }).fill('Short Lived');
  await page.getByLabel('Short name').fill('short-lived');
  await page.getByRole('radio').first().check();
  await page.getByRole('button').last().click();
  await page.goto('/short-lived/admin/org');
  await page.getByRole('link', { name: 'Delete organization' }).click();
  await page.getByLabel('Type short-lived to confirm').fill('something else');
  await page.getByRole('button', { name: 'Delete for ever' }).click();
  await says(page, 'Nothing was deleted.');
  await page.getByLabel('Type short-lived to confirm').fill('short-lived');
  await page.getByRole('button', { name: 'Delete for ever' }).click();
  await says(page, 'Short Lived is deleted.');
}
