// What tests do with a page of the product: open it under guard, sign in, look at it in every size and
// scheme. Starts neither browser nor product.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pictures = fileURLToPath(new URL('../../screenshots/', import.meta.url));
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/**
 * Waits until the page is what a person acts on: loaded with its scripts, and drawn once. A browser lets
 * elements and texts be found while the rest is still coming, and an `autofocus` field takes the focus with
 * the first picture, which on a busy machine comes after the load.
 */
async function settled(page, drawn) {
  for (;;) {
    await page.waitForLoadState('load');
    if (!drawn) return;
    try {
      await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
      return;
    } catch (error) {
      // The page went on to another one meanwhile.
      if (!/context was destroyed|navigation/i.test(error.message)) throw error;
    }
  }
}

/** Lets a person's acts wait for the page; the browser's driver waits for the one element only, and for keys not at all. */
function actWhenSettled(page) {
  const acts = (at, names, drawn) => {
    for (const name of names) {
      const plain = at[name];
      at[name] = async function (...given) {
        await settled(typeof this.page === 'function' ? this.page() : page, drawn);
        return plain.apply(this, given);
      };
    }
  };
  acts(page.keyboard, ['press', 'type'], true);
  const locators = Object.getPrototypeOf(page.locator('html'));
  if (Object.hasOwn(locators, 'patient')) return;
  locators.patient = true;
  acts(locators, ['click', 'check', 'uncheck', 'fill', 'selectOption', 'setInputFiles', 'focus'], false);
}

const sizes = { desktop: { width: 1280, height: 800 }, phone: { width: 375, height: 812 } };
const schemes = ['light', 'dark'];

/**
 * Opens an empty page under guard. The guard notes console errors (a violated content security policy is
 * one), script errors, answers of 500 and above, and requests to any other origin; `guard.check()`
 * throws when it noted something, and the runner calls it after each test.
 *
 * @param options size: 'desktop' | 'phone', scheme: 'light' | 'dark', scripts: false to browse without,
 *   expected: regular expressions of console errors that the test provokes on purpose.
 */
export async function openPage(browser, base, options = {}) {
  const { size = 'desktop', scheme = 'light', scripts = true, expected = [] } = options;
  const context = await browser.newContext({
    baseURL: base, viewport: sizes[size], colorScheme: scheme, javaScriptEnabled: scripts, reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  actWhenSettled(page);
  const noted = [];
  const note = text => { if (!expected.some(pattern => pattern.test(text))) noted.push(text); };
  page.on('console', message => { if (message.type() === 'error') note(`console: ${message.text()}`); });
  page.on('pageerror', error => note(`script: ${error.message}`));
  page.on('response', answer => { if (answer.status() >= 500) note(`${answer.status()} from ${answer.url()}`); });
  page.on('request', request => {
    const url = new URL(request.url());
    if (url.protocol.startsWith('http') && url.origin !== base) note(`request to ${url.origin}`);
  });
  const guard = { check: () => assert.deepEqual(noted, [], `the page at ${page.url()} complained`) };
  return { page, context, guard };
}

/** Signs the page's context in by the API, as the sign-in form does; works with scripts off too. */
export async function signIn(context, base, { email, password, otp }) {
  const answer = await context.request.post('/api/v1/session', {
    data: { email, password, otp }, headers: { origin: base },
  });
  assert.ok(answer.ok(), `signing in as ${email} answers ${answer.status()}: ${await answer.text()}`);
}

const debuggers = new WeakMap();

/** Presses a key, Tab unless told, until what bears the label `wanted` has the focus: nothing but keys moves on. */
export async function reach(page, wanted, key = 'Tab') {
  const seen = [];
  for (let steps = 0; steps < 120; steps += 1) {
    const here = await page.evaluate(() => {
      const at = document.activeElement;
      if (!at || at === document.body) return '';
      return at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent.trim() ?? at.textContent.trim();
    });
    if (here === wanted) return;
    seen.push(here);
    await page.keyboard.press(key);
  }
  assert.fail(`no key leads to ${wanted} on ${page.url()}, only to ${[...new Set(seen)].join(' | ')}`);
}

/** The row of a table in which `name`, a pattern, is read. */
export const row = (page, name) => page.getByRole('row', { name: new RegExp(name) });

/** Chooses an entry of somebody's menu; returns the dialog that asks. */
export async function choose(page, name, entry) {
  await page.getByLabel(`Actions for ${name}`).click();
  await page.locator('details[open]').getByRole('link', { name: entry, exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  return dialog;
}

/** No violation of WCAG 2.2 A and AA that a program can find; the program needs scripts to be on. */
export async function checkAccessibility(page) {
  // By the debugger, so that the page's content security policy stays in force.
  // One that stays: the end of any such session takes a page's virtual authenticators with it.
  if (!debuggers.has(page)) debuggers.set(page, await page.context().newCDPSession(page));
  await debuggers.get(page).send('Runtime.evaluate', { expression: `${axe};0` });
  const found = await page.evaluate(only => globalThis.axe.run(document, { runOnly: only }), rules);
  const lines = found.violations.map(v => `${v.id} (${v.impact}): ${v.help}, ${v.nodes.length}x, first ${v.nodes[0].html}`);
  assert.deepEqual(lines, [], `accessibility of ${page.url()}`);
}

/** Every icon has a drawing; one whose name has none is a black square. */
async function checkIcons(page) {
  const bare = await page.evaluate(() => [...document.querySelectorAll('.icon')]
    .filter(icon => !getComputedStyle(icon).getPropertyValue('--i').trim()).map(icon => icon.className));
  assert.deepEqual(bare, [], `icons without a drawing on ${page.url()}`);
}

/** Nothing is wider than the window. */
export async function checkNoSidewaysScroll(page) {
  const [wide, window] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return [scrollWidth, clientWidth];
  });
  assert.ok(wide <= window, `${page.url()} is ${wide} px wide in a window of ${window} px`);
}

/**
 * Looks at the page as it stands in both sizes and both schemes: a picture each in `screenshots/`, no
 * sideways scroll, no accessibility violation. Leaves it as a light desktop page.
 */
export async function inspect(page, name) {
  await mkdir(pictures, { recursive: true });
  await settled(page, true);
  await checkIcons(page);
  for (const [size, viewport] of Object.entries(sizes).reverse()) {
    await page.setViewportSize(viewport);
    for (const scheme of [...schemes].reverse()) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.screenshot({ path: `${pictures}${name}-${size}-${scheme}.png`, fullPage: true });
      await checkNoSidewaysScroll(page);
      await checkAccessibility(page);
    }
  }
}
