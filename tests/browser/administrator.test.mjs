// An administrator's day in the preset `standard`: several people at once, programs and their tokens, groups,
// roles of one's own, why somebody may do something, settings, another preset, tenants. Every form with scripts
// off and on; every new page looked at in both sizes and schemes.
import assert from 'node:assert/strict';
import { inspect } from './page.mjs';
import { call, invite, join, once, password, script } from './people.mjs';

export const owner = {
  organization: 'Gamma Labs', slug: 'gamma', name: 'Ada Lovelace', email: 'ada@gamma.example', password, preset: 'standard',
};

const says = (page, text) => page.getByText(text).first().waitFor();
const press = (page, name) => page.getByRole('main').getByRole('button', { name, exact: true }).click();

const people = once(async product => {
  const grace = await join(product, 'gamma', 'grace@gamma.example', 'Grace Hopper', 'admin');
  const alan = await join(product, 'gamma', 'alan@gamma.example', 'Alan Turing', 'member');
  const bobby = await join(product, 'gamma', 'bobby@gamma.example', script, 'member');
  await invite(product, 'gamma', 'linus@gamma.example', 'member', 'email');
  return { grace, alan, bobby };
});

export async function several_people_at_once({ product, signedInPage }) {
  await people(product);
  for (const scripts of [false, true]) {
    const page = await signedInPage(undefined, { scripts });
    await page.goto('/gamma/admin/users');
    await page.getByLabel('Choose Alan Turing').check();
    await page.getByLabel('Choose Ada Lovelace').check();
    if (scripts) {
      await says(page, '2 chosen');
      await inspect(page, 'users-chosen');
    }
    await page.locator('#bulk').getByRole('button', { name: 'Deactivate' }).click();
    await page.getByRole('heading', { name: 'Deactivate: 1 of 2' }).waitFor();
    await says(page, 'Left out');
    if (scripts) await inspect(page, 'bulk-deactivate');
    await press(page, 'Deactivate: 1');
    await page.getByRole('heading', { name: 'Deactivate: 1 of 1 done' }).waitFor();
    await page.goto('/gamma/admin/users?query=alan');
    await page.getByLabel('Choose Alan Turing').check();
    await page.locator('#bulk').getByRole('button', { name: 'Reactivate' }).click();
    await press(page, 'Reactivate: 1');
    await page.getByRole('heading', { name: '1 of 1 done' }).waitFor();
  }
  const page = await signedInPage();
  await page.goto('/gamma/admin/users?query=alan');
  await page.getByLabel('Choose everybody shown').check();
  await page.locator('#bulk').getByRole('button', { name: 'Change role' }).click();
  await page.getByRole('radio', { name: /^Admin/ }).check();
  await press(page, 'Change role: 1');
  await page.getByRole('heading', { name: 'Change role: 1 of 1 done' }).waitFor();
  await inspect(page, 'bulk-done');
  await page.goto('/gamma/admin/users?type=person&role=admin');
  await says(page, '2 shown');
}

export async function what_was_done_is_taken_back({ product, signedInPage }) {
  await people(product);
  await join(product, 'gamma', 'undo@gamma.example', 'Una Undo', 'member');
  const page = await signedInPage();
  const act = async entry => {
    await page.getByLabel('Actions for Una Undo').click();
    await page.locator('details[open]').getByRole('link', { name: entry, exact: true }).click();
  };
  await page.goto('/gamma/admin/users');
  await act('Deactivate');
  await page.getByRole('dialog').getByRole('button', { name: 'Deactivate' }).click();
  await says(page, 'Una Undo is deactivated.');
  // It goes by itself, but not while somebody is about to press it.
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).focus();
  await inspect(page, 'toast-undo');
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await says(page, 'Una Undo is active again.');
  await act('Remove');
  await page.getByRole('dialog').getByRole('button', { name: 'Yes, remove' }).click();
  await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
  await says(page, 'The removal is undone.');
}

export async function a_service_account_and_its_tokens({ product, signedInPage }) {
  await people(product);
  for (const scripts of [false, true]) {
    const name = scripts ? 'deploy-bot' : 'build-server';
    const page = await signedInPage(undefined, { scripts, expected: [/status of (409|422)/] });
    await page.goto('/gamma/admin/service-accounts');
    if (!scripts) await says(page, 'No service accounts yet');
    await page.getByRole('link', { name: 'New service account' }).first().click();
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('What it is for').fill(script);
    await page.getByLabel('Owner').fill('nobody@gamma.example');
    await press(page, 'Make it');
    await page.locator('#who-error').waitFor();
    await page.getByLabel('Owner').fill('grace@gamma.example');
    if (scripts) await inspect(page, 'service-account-new');
    await press(page, 'Make it');
    await says(page, 'Give it a token');
    await page.getByRole('link', { name: 'New token' }).click();
    await page.getByLabel('Name', { exact: true }).fill('CI');
    await page.getByRole('checkbox', { name: /member\.list/ }).check();
    if (scripts) await inspect(page, 'service-token-new');
    await press(page, 'Create token');
    const first = await page.locator('input[value^="gld_svc_"]').inputValue();
    if (scripts) await inspect(page, 'service-token-created');
    await page.getByRole('link', { name: 'I have copied it' }).click();
    await page.getByLabel('Actions for CI').click();
    await page.getByRole('link', { name: 'New secret' }).click();
    await page.getByRole('heading', { name: 'A new secret for CI?' }).waitFor();
    if (scripts) await inspect(page, 'service-token-rotate');
    await press(page, 'Make a new secret');
    assert.notEqual(await page.locator('input[value^="gld_svc_"]').inputValue(), first);
    await page.getByRole('link', { name: 'I have copied it' }).click();
    await page.getByLabel('Actions for CI').click();
    await page.getByRole('button', { name: 'Switch off' }).click();
    await says(page, 'The token is switched off.');
    if (scripts) await inspect(page, 'service-account');
    await page.getByLabel('Actions for CI').click();
    await page.getByRole('button', { name: 'Switch on' }).click();
    await page.getByLabel('Actions for CI').click();
    await page.getByRole('link', { name: 'Revoke' }).click();
    await page.getByRole('button', { name: 'Revoke' }).click();
    await says(page, 'Without one the account can do nothing.');
    await page.getByRole('link', { name: 'Change', exact: true }).click();
    await page.getByLabel('What it is for').fill('Builds everything');
    await press(page, 'Save');
    await says(page, 'Builds everything');
    await page.goto('/gamma/admin/service-accounts');
    if (scripts) await inspect(page, 'service-accounts');
  }
  const page = await signedInPage(undefined, { scripts: false, expected: [/status of 422/] });
  await page.goto('/gamma/admin/service-accounts');
  await page.getByRole('link', { name: 'build-server' }).click();
  await page.getByRole('link', { name: 'Delete' }).click();
  await page.getByLabel('Type build-server to confirm').fill('something');
  await page.getByRole('button', { name: 'Delete for ever' }).click();
  await page.locator('#confirm-error').waitFor();
  await page.getByLabel('Type build-server to confirm').fill('build-server');
  await page.getByRole('button', { name: 'Delete for ever' }).click();
  await says(page, 'build-server is deleted.');
}

export async function deploy_keys({ product, signedInPage }) {
  await call(product, 'PATCH', '/organizations/gamma/policy', { 'deploy_keys.offered': true });
  const page = await signedInPage(undefined, { scripts: false });
  await page.goto('/gamma/admin/users');
  await page.getByRole('link', { name: 'Deploy keys' }).click();
  await says(page, 'No deploy keys yet');
  await page.getByRole('link', { name: 'New deploy key' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill('production-eu');
  await press(page, 'Create key');
  await page.locator('input[value^="gld_dep_"]').waitFor();
  const seen = await signedInPage();
  await seen.goto('/gamma/admin/deploy-keys');
  await inspect(seen, 'deploy-keys');
  await page.goto('/gamma/admin/deploy-keys');
  await page.getByLabel('Actions for production-eu').click();
  await page.getByRole('link', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
  await says(page, 'The deploy key is deleted.');
}

export async function groups_are_made_filled_and_ended({ product, signedInPage }) {
  await people(product);
  for (const scripts of [false, true]) {
    const name = scripts ? script : 'Designers';
    const page = await signedInPage(undefined, { scripts, expected: [/status of (409|422)/] });
    await page.goto('/gamma/admin/groups');
    await page.getByRole('link', { name: /^New / }).first().click();
    await page.getByLabel('Name', { exact: true }).fill(name);
    await press(page, 'Make it');
    await says(page, 'Now take people in.');
    await page.getByLabel('Take somebody in').fill('nobody@gamma.example');
    await press(page, 'Take in');
    await page.locator('#who-error').waitFor();
    await page.getByLabel('Take somebody in').fill('grace@gamma.example');
    await page.getByRole('checkbox', { name: /They run it/ }).check();
    await press(page, 'Take in');
    await page.getByText('Runs it').waitFor();
    await page.getByLabel('Actions for Grace Hopper').click();
    await page.getByRole('button', { name: 'Does not run it any more' }).click();
    await says(page, 'They do not run it any more.');
    await page.getByText('Choose what it gives').click();
    await page.getByRole('checkbox', { name: /audit\.read/ }).check();
    await page.locator('#gives').getByRole('button', { name: 'Save' }).click();
    await says(page, 'Saved; it holds from the next request on.');
    if (scripts) await inspect(page, 'group');
    await page.goto('/gamma/admin/groups');
    if (scripts) await inspect(page, 'groups');
    await page.getByRole('main').getByRole('link', { name }).click();
    await page.getByLabel('Actions for Grace Hopper').click();
    await page.getByRole('button', { name: 'Take out' }).click();
    await says(page, 'Nobody is in it yet.');
    await page.getByRole('link', { name: /^Delete / }).click();
    await page.getByRole('button', { name: 'Yes, delete' }).click();
    await says(page, 'It is deleted.');
  }
}

export async function a_role_of_ones_own({ product, signedInPage }) {
  await people(product);
  for (const scripts of [false, true]) {
    const name = scripts ? 'Captain' : 'Auditor';
    const page = await signedInPage(undefined, { scripts, expected: [/status of (409|422)/] });
    await page.goto('/gamma/admin/roles');
    await page.getByRole('link', { name: 'New role' }).click();
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByRole('checkbox', { name: /audit\.read/ }).check();
    if (scripts) await inspect(page, 'role-new');
    await press(page, 'Make the role');
    await says(page, `The role ${name} can be given from now on.`);
    await page.getByRole('checkbox', { name: /member\.list/ }).check();
    await page.locator('#gives').getByRole('button', { name: 'Save' }).click();
    await says(page, 'Saved; it holds from the next request on.');
    await page.getByLabel('Compare with').selectOption({ label: 'Owner' });
    await press(page, 'Compare');
    await says(page, 'Only Owner');
    if (scripts) await inspect(page, 'role');
    await page.getByRole('link', { name: 'Delete', exact: true }).click();
    await page.getByRole('heading', { name: /^Delete the role/ }).waitFor();
    if (scripts) await inspect(page, 'role-delete');
    await press(page, 'Delete');
    await says(page, `The role ${name} is deleted.`);
  }
}

export async function why_somebody_may({ product, signedInPage }) {
  const { grace } = await people(product);
  const page = await signedInPage(undefined, { expected: [/status of 422/] });
  await page.goto(`/gamma/admin/users/${grace.id}`);
  await page.getByRole('link', { name: 'What they may do, and why' }).click();
  await page.getByRole('heading', { name: /What Grace Hopper may do/ }).waitFor();
  await page.locator('.chain').first().getByText('Member').waitFor();
  await inspect(page, 'why');
  const plain = await signedInPage(undefined, { scripts: false, expected: [/status of 422/] });
  await plain.goto('/gamma/admin/why');
  await plain.getByLabel('What', { exact: true }).selectOption('audit.read');
  await press(plain, 'Ask');
  await says(plain, 'Who may audit.read on Gamma Labs');
  await plain.getByRole('link', { name: 'Ada Lovelace' }).first().click();
  await plain.getByRole('heading', { name: /What Ada Lovelace may do/ }).waitFor();
  await plain.goto('/gamma/admin/why?who=nobody%40gamma.example');
  await plain.locator('#who-error').waitFor();
}

export async function settings_say_whom_they_touch({ product, signedInPage }) {
  await people(product);
  const page = await signedInPage(undefined, { scripts: false });
  for (const section of ['joining', 'approval', 'domains', 'leaving', 'sessions', 'sharing', 'seats', 'organizations']) {
    const look = await signedInPage();
    await look.goto(`/gamma/admin/org/settings/${section}`);
    await inspect(look, `settings-${section}`);
  }
  await call(product, 'PATCH', '/organizations/gamma/policy', { 'approval.mode': 'all' });
  await join(product, 'gamma', 'wanda@gamma.example', 'Wanda Waits', 'member');
  await page.goto('/gamma/admin/org/settings/approval');
  await press(page, 'Disable');
  await page.getByRole('heading', { name: 'Save these settings?' }).waitFor();
  await says(page, 'wanda@gamma.example');
  const look = await signedInPage();
  await look.goto('/gamma/admin/org/settings/approval');
  await press(look, 'Disable');
  await inspect(look, 'settings-affected');
  await press(page, 'Save settings');
  await says(page, 'The settings are saved and hold from now on.');
}

export async function another_preset({ product, signedInPage }) {
  await people(product);
  const page = await signedInPage(undefined, { expected: [/status of 409/] });
  await page.goto('/gamma/admin/org');
  await page.getByRole('link', { name: 'Change preset' }).click();
  await inspect(page, 'preset');
  await page.getByRole('radio', { name: /CloudTruth/ }).check();
  await press(page, 'Show what would change');
  await page.getByLabel(/becomes/).first().waitFor();
  for (const select of await page.getByLabel(/becomes/).all()) await select.selectOption({ label: 'Viewer' });
  await press(page, 'Show what would change');
  await page.getByRole('heading', { name: 'Who is affected' }).waitFor();
  await inspect(page, 'preset-difference');
}

export async function tenants({ product, signedInPage }) {
  await people(product);
  const page = await signedInPage(undefined, { scripts: false, expected: [/status of (409|422)/] });
  await page.goto('/tenants');
  await says(page, 'You belong to no tenant');
  await page.getByRole('link', { name: 'New tenant' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill('Acme Group');
  await press(page, 'Make the tenant');
  await says(page, 'It is made, and yours.');
  await page.getByText('Add somebody').click();
  await page.getByLabel('Take somebody in').fill('not an address');
  await press(page, 'Take in');
  await page.locator('#email-error').waitFor();
  // What came back with something wrong stands open.
  await page.getByLabel('Take somebody in').fill('grace@gamma.example');
  await press(page, 'Take in');
  await says(page, 'They belong to the tenant.');
  await page.getByText('Add an organization').click();
  await page.getByLabel('New organization').fill('Acme North');
  await page.locator('#organizations').getByRole('button', { name: 'Make it' }).click();
  await says(page, 'The organization is made.');
  await page.getByLabel('Trusted mail domains').fill('gamma.example');
  await press(page, 'Save settings');
  await says(page, 'The settings are saved');
  await page.getByLabel('Actions for grace@gamma.example').click();
  await page.getByRole('button', { name: 'Take out' }).click();
  const seen = await signedInPage();
  await seen.goto('/tenants');
  await inspect(seen, 'tenants');
  await seen.goto('/tenants/acme-group');
  await inspect(seen, 'tenant');
}

export async function keys_lead_everywhere({ product, signedInPage }) {
  const { grace } = await people(product);
  const page = await signedInPage();
  await page.goto('/gamma/admin/groups');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('hopper');
  await page.getByRole('option', { name: /Grace Hopper/ }).waitFor();
  await inspect(page, 'palette');
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(grace.id));
  await page.keyboard.press('Control+k');
  await page.keyboard.type('service');
  await page.keyboard.press('Enter');
  await page.waitForURL(/service-accounts/);
  // From the list to a question and back, without a mouse.
  await page.goto('/gamma/admin/users?query=grace');
  await page.getByLabel('Choose Grace Hopper').focus();
  await page.keyboard.press('Space');
  await says(page, '1 chosen');
  await page.getByLabel('Actions for Grace Hopper').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
}

export async function inviting_with_groups_places_and_names({ product, signedInPage }) {
  await people(product);
  await call(product, 'PATCH', '/organizations/gamma/policy', {
    'invite.carries': ['role', 'groups', 'resources'], 'invite.names_required': true, 'approval.mode': 'off',
  });
  await call(product, 'POST', '/organizations/gamma/groups', { name: 'Night shift' });
  await call(product, 'POST', '/organizations/gamma/resources', { type: 'workspace', name: 'North' });
  for (const scripts of [false, true]) {
    const page = await signedInPage(undefined, { scripts });
    const ann = `ann${scripts}@gamma.example`;
    await page.goto('/gamma/admin/invite');
    await page.getByLabel('Email addresses').fill(`Ann Lee <${ann}>, @nobody, bo${scripts}@gamma.example`);
    await page.getByRole('checkbox', { name: 'Night shift' }).check();
    if (scripts) await inspect(page, 'invite-standard');
    await press(page, 'Choose roles');
    assert.equal(await page.locator('#family-0').inputValue(), 'Lee');
    await page.locator('#given-2').fill('Bo');
    await page.locator('#family-2').fill('Peep');
    await page.locator('details').filter({ hasText: `Groups and places of ${ann}` }).getByLabel('North').selectOption({ index: 1 });
    if (scripts) await inspect(page, 'invite-standard-roles');
    await page.locator('.form-acts').getByRole('button', { name: 'Send invitations' }).click();
    await page.getByRole('heading', { name: '2 invitations made' }).waitFor();
    await says(page, 'handle');
  }
  await call(product, 'PATCH', '/organizations/gamma/policy', { 'invite.names_required': false });
  const page = await signedInPage(undefined, { scripts: false, expected: [/status of 422/] });
  await page.goto('/gamma/admin/invite/links');
  await page.getByLabel('It works').selectOption({ label: 'For a day' });
  await page.getByLabel('People who come in').fill('3');
  await press(page, 'Make a link');
  await page.getByRole('row', { name: /in 1 day|in 24 hours/ }).getByText('3').waitFor();
  const look = await signedInPage();
  await look.goto('/gamma/admin/invite/links');
  await inspect(look, 'invite-links');
}

export async function the_first_view_is_small_and_stays_put({ product, signedInPage }) {
  await people(product);
  const page = await signedInPage();
  for (const address of ['/gamma/admin/users', '/gamma/admin/roles', '/gamma/admin/org/settings/joining', '/gamma/admin/audit']) {
    await page.goto(address);
    const [total, largest, shift] = await page.evaluate(async () => {
      const loaded = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
      const shifts = await new Promise(resolve => {
        new PerformanceObserver(list => resolve(list.getEntries())).observe({ type: 'layout-shift', buffered: true });
        setTimeout(() => resolve([]), 300);
      });
      const assets = loaded.filter(one => one.name.includes('/assets/console')).map(one => one.encodedBodySize);
      const sum = sizes => sizes.reduce((all, one) => all + one, 0);
      return [sum(loaded.map(one => one.encodedBodySize)), Math.max(...assets), sum(shifts.map(one => one.value))];
    });
    assert.ok(total < 100_000, `${address} loads ${total} bytes`);
    assert.ok(largest < 40_000, `an asset is ${largest} bytes compressed`);
    assert.ok(shift < 0.01, `${address} moves by ${shift}`);
  }
}
