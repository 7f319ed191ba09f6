// Second factors in the browser: an authenticator app, backup codes, passkeys by Chromium's virtual authenticator,
// and being asked once more who one is.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { inspect } from './page.mjs';
import { call, join, joinByMail, mailed, password } from './people.mjs';

export const owner = {
  organization: 'Acme Rockets', slug: 'acme', name: 'Ada Lovelace', email: 'ada@acme.example', password, preset: 'standard',
};
const denied = [/status of (401|403|422|429)/];

/** The code of an authenticator app, computed here. */
function code(secret, ahead = 0) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replaceAll(' ', '')].map(c => letters.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map(byte => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const mac = createHmac('sha1', key).update(step).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1e6).padStart(6, '0');
}

/** A device with a screen lock, seen by all pages of this page's context. */
async function device(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: {
    protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true,
    hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true,
  } });
  return {
    credentials: async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
    /** Puts a key in the place of the one there, as a copy taken earlier would be. */
    replace: async credential => {
      await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId: credential.credentialId });
      await cdp.send('WebAuthn.addCredential', { authenticatorId, credential });
    },
    unlocked: yes => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: yes }),
    present: yes => cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled: yes }),
  };
}

/** Presses a button unless the page goes on by itself before. */
async function press(page, name) {
  await page.getByRole('button', { name }).click({ timeout: 3000 }).catch(() => {});
}

async function giveAddressAndPassword(page, person, next = '/') {
  await page.goto(`/sign-in?next=${encodeURIComponent(next)}`);
  await page.getByLabel('Email address').fill(person.email);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export async function pl_33_an_app_is_set_up_and_asked_for_with_scripts_off({ product, newPage }) {
  const ann = await join(product, 'acme', 'ann@acme.example', 'Ann', 'member');
  const page = await newPage({ scripts: false, expected: denied });
  await giveAddressAndPassword(page, ann, '/acme/me');
  await page.getByRole('link', { name: 'Second factors and passkeys' }).click();
  await page.getByRole('button', { name: 'Set up an app' }).click();
  const secret = await page.getByLabel('Key', { exact: true }).inputValue();
  assert.match(secret, /^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$/);
  await page.getByRole('textbox', { name: 'Code' }).fill(code(secret));
  await page.getByRole('button', { name: 'Switch it on' }).click();
  await page.getByRole('heading', { name: 'Authenticator app is on' }).waitFor();
  const codes = await page.locator('#codes code').allTextContents();
  assert.equal(codes.length, 10);
  const other = await newPage({ scripts: false, expected: denied });
  await giveAddressAndPassword(other, ann, '/acme/me');
  await other.getByRole('heading', { name: 'One more step' }).waitFor();
  // The half session opens nothing.
  await other.goto('/acme/me');
  await other.getByRole('heading', { name: 'Sign in' }).waitFor();
  await other.goto('/sign-in/code?next=%2Facme%2Fme');
  await other.getByLabel('Code').fill('000000');
  await other.getByRole('button', { name: 'Sign in' }).click();
  await other.getByText('That code is wrong').waitFor();
  await other.getByLabel('Code').fill(code(secret, 1));
  await other.getByRole('button', { name: 'Sign in' }).click();
  await other.getByRole('heading', { name: 'My account' }).waitFor();
  const third = await newPage({ scripts: false });
  await giveAddressAndPassword(third, ann, '/acme/me');
  await third.getByLabel('Code').fill(codes[0]);
  await third.getByRole('button', { name: 'Sign in' }).click();
  await third.getByText('9 backup codes left').waitFor();
}

export async function passkeys_are_added_named_used_alone_and_removed({ product, newPage }) {
  const bea = await join(product, 'acme', 'bea@acme.example', 'Bea', 'member');
  const page = await newPage({ expected: denied });
  const key = await device(page);
  await giveAddressAndPassword(page, bea, '/account/security');
  await page.getByRole('heading', { name: 'How you sign in' }).waitFor();
  await inspect(page, 'security-none');
  await page.getByLabel('What you call it').fill('Laptop');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByRole('heading', { name: 'Laptop is on' }).waitFor();
  await inspect(page, 'backup-codes');
  const [made] = await key.credentials();
  assert.deepEqual([made.rpId, made.isResidentCredential], ['localhost', true]);
  await page.getByRole('link', { name: 'I have kept them' }).click();
  await inspect(page, 'security');
  // The same device is not added twice.
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByText('has a passkey for you already').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  // Alone, without an address: two factors at once.
  await key.present(false);
  await page.goto('/sign-in?next=%2Facme%2Fme');
  await inspect(page, 'sign-in-address');
  // A device that is there may answer the waiting page before the button is pressed, here and below.
  await key.present(true);
  await press(page, 'Use a passkey');
  await page.getByRole('heading', { name: 'My account' }).waitFor();
  await page.getByText('Password, Laptop').waitFor();
  // A locked device does not sign in.
  await page.goto('/account/security');
  await key.unlocked(false);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await press(page, 'Use a passkey');
  await page.getByText(/Nothing came from the device|does not open an account/).waitFor();
  await key.unlocked(true);
  await press(page, 'Use a passkey');
  await page.waitForURL('**/acme/admin/users');
  await page.goto('/account/security');
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('It is removed').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await press(page, 'Use a passkey');
  await page.getByText('That passkey does not open an account here').waitFor();
}

export async function a_copied_passkey_is_refused_and_the_trail_and_its_owner_are_told({ product, newPage }) {
  const dee = await joinByMail(product, 'acme', 'dee@acme.example', 'Dee', 'member');
  const page = await newPage({ expected: denied });
  const key = await device(page);
  await giveAddressAndPassword(page, dee, '/account/security');
  await page.getByLabel('What you call it').fill('Phone');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByRole('heading', { name: 'Phone is on' }).waitFor();
  const [copy] = await key.credentials();
  // A device that has counted far ahead of its copy, so that asking the copy again does not catch up.
  await key.replace({ ...copy, signCount: copy.signCount + 1000 });
  await page.goto('/account/security');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await press(page, 'Use a passkey');
  await page.waitForURL('**/acme/**');
  await page.goto('/account/security');
  await key.present(false);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('button', { name: 'Use a passkey' }).waitFor();
  await key.replace(copy);
  await key.present(true);
  await press(page, 'Use a passkey');
  await page.getByText('That passkey does not open an account here').waitFor();
  const trail = await call(product, 'GET', '/instance/audit-events?limit=20');
  const told = trail.items.find(event => event.type === 'factor.counter_regressed');
  assert.equal(told?.target.name, 'Phone', 'the trail tells of two devices with one key');
  await mailed(product, dee.email, /^Subject: Your passkey may have been copied[^]*Two devices seem to hold your passkey Phone/m);
}

export async function a_policy_leads_to_the_security_page_and_lets_in_afterwards({ product, newPage }) {
  const cy = await join(product, 'acme', 'cy@acme.example', 'Cy', 'admin');
  await call(product, 'PATCH', '/organizations/acme/policy', { 'mfa.required': 'administrators', 'mfa.grace_s': 604800 });
  const page = await newPage({ expected: denied });
  const key = await device(page);
  await giveAddressAndPassword(page, cy, '/acme/admin/users');
  // During grace one is told.
  await page.getByText('asks for a second factor').waitFor();
  await call(product, 'PATCH', '/organizations/acme/policy', { 'mfa.grace_s': 0 });
  await page.goto('/acme/admin/users');
  await page.getByText('A second factor is asked of you').waitFor();
  await inspect(page, 'security-asked');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByRole('link', { name: 'I have kept them' }).click();
  await page.goto('/acme/admin/users');
  await page.getByRole('heading', { name: 'Users' }).or(page.getByRole('heading', { name: 'Members' })).first().waitFor();
  assert.equal((await key.credentials()).length, 1);
  await call(product, 'PATCH', '/organizations/acme/policy', { 'mfa.required': 'off' });
}

export async function who_it_is_is_proved_once_more_by_password_or_passkey({ product, newPage }) {
  const dan = await join(product, 'acme', 'dan@acme.example', 'Dan', 'member');
  const page = await newPage({ expected: denied });
  await device(page);
  await giveAddressAndPassword(page, dan, '/account/security');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByRole('link', { name: 'I have kept them' }).click();
  await page.goto('/account/step-up?to=%2Facme%2Fme');
  await inspect(page, 'step-up');
  await page.getByLabel('Password', { exact: true }).fill('wrong password');
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('not your present password').waitFor();
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByRole('heading', { name: 'My account' }).waitFor();
  await page.goto('/account/step-up?to=%2Facme%2Fme');
  await page.getByRole('button', { name: 'Use a passkey' }).click();
  await page.getByRole('heading', { name: 'My account' }).waitFor();
}

export async function the_pages_of_an_app_and_of_the_second_step_are_looked_at({ product, newPage }) {
  const eve = await join(product, 'acme', 'eve@acme.example', '<script>document.title="hit"</script>', 'member');
  const page = await newPage({ expected: denied });
  await giveAddressAndPassword(page, eve, '/account/security');
  await page.getByRole('button', { name: 'Set up an app' }).click();
  const secret = await page.getByLabel('Key', { exact: true }).inputValue();
  await inspect(page, 'app');
  await page.getByRole('textbox', { name: 'Code' }).fill(code(secret));
  await page.getByRole('button', { name: 'Switch it on' }).click();
  await page.getByRole('heading', { name: 'Authenticator app is on' }).waitFor();
  const other = await newPage({ expected: denied });
  await giveAddressAndPassword(other, eve, '/acme/me');
  await other.getByRole('heading', { name: 'One more step' }).waitFor();
  await inspect(other, 'sign-in-code');
  await other.getByLabel('Code').fill('000000');
  await other.getByRole('button', { name: 'Sign in' }).click();
  await other.getByText('That code is wrong').waitFor();
  await inspect(other, 'sign-in-code-wrong');
}
