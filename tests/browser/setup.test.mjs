// The first start: an empty folder, the address the program prints, the first organization in the browser.
import assert from 'node:assert/strict';
import { inspect } from './page.mjs';
import { password } from './people.mjs';

const expected = [/status of (410|422)/];

export async function the_first_organization_is_made_by_the_printed_address({ product, newPage }) {
  const [address] = product.log().match(/http\S*\/setup\S*/) ?? assert.fail('no set-up address is printed');
  const page = await newPage({ scripts: false, expected });
  await page.goto('/');
  await page.getByText('Nothing is set up here yet').waitFor();
  const looked = await newPage();
  await looked.goto(address);
  await inspect(looked, 'setup');
  await page.goto(address);
  await page.getByLabel('Name', { exact: true }).fill('Acme Rockets');
  await page.getByRole('radio', { name: 'CloudTruth' }).check();
  await page.getByLabel('Your name').fill('Ada Lovelace');
  await page.getByLabel('Email address').fill('ada@acme.example');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create organization' }).click();
  await page.getByRole('heading', { name: 'Users' }).waitFor();
  assert.equal(new URL(page.url()).pathname, '/acme-rockets/admin/users');
  await page.goto(address);
  await page.getByText('is set up already').waitFor();
  await inspect(looked, 'setup-used');
}
