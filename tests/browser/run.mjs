// node tests/browser/run.mjs [FILTER]
// Runs the browser tests: every function that a `*.test.mjs` file beside this one exports is a test, its
// name says what must hold. A file may also export `owner` (see product.mjs). Each file gets a product
// of its own, all share one Chromium. A test receives
//   { product, browser, newPage(options), signedInPage(person?, options) }
// and fails by throwing, or when one of its pages complained. A test that failed has a second go on a fresh
// product, for a busy machine may stumble: one that passes then is called UNSTEADY, counts as passed, and is
// named again at the end, which is `N passed, N failed`.
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { openPage, signIn } from './page.mjs';
import { startProduct } from './product.mjs';

const patience_ms = 120_000;
const flags = [
  // The pages are our own, and root in a container has no other sandbox; the rest keeps Chromium from phoning out.
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

const filter = process.argv[2] ?? '';
const folder = fileURLToPath(new URL('.', import.meta.url));
let [passed, failed] = [0, 0];
const unsteady = [];
let browser;

for (const file of (await readdir(folder)).filter(name => name.endsWith('.test.mjs')).sort()) {
  const exported = await import(new URL(file, import.meta.url));
  const tests = Object.entries(exported)
    .filter(([name, value]) => typeof value === 'function' && `${file} ${name}`.includes(filter));
  if (tests.length === 0) continue;
  browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });
  await runFile(file, tests, exported.owner);
}
await browser?.close();
if (unsteady.length > 0) console.log(`\n${unsteady.length} UNSTEADY, each passed at its second go:\n  ${unsteady.join('\n  ')}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

async function runFile(file, tests, owner) {
  const stumbled = await go(file, tests, owner, 'FIRST GO FAILED');
  for (const [name, test] of stumbled) {
    const again = await go(file, [[name, test]], owner, 'FAILED');
    if (again.length > 0) {
      failed += 1;
    } else {
      unsteady.push(`${file} ${name}`);
      console.log(`UNSTEADY ${file} ${name}`);
    }
  }
}

/** Runs tests on a product of their own; returns those that failed. */
async function go(file, tests, owner, word) {
  let product;
  try {
    product = await startProduct({ owner });
  } catch (error) {
    console.log(`${word} ${file}: ${error.message}`);
    return tests;
  }
  const stumbled = [];
  for (const [name, test] of tests) {
    const started = performance.now();
    const error = await runTest(test, product);
    const time = `${((performance.now() - started) / 1000).toFixed(1)} s`;
    if (error) {
      stumbled.push([name, test]);
      console.log(`${word} ${file} ${name} (${time})\n${error.stack ?? error}\n--- the product said:\n${product.log()}`);
    } else {
      passed += 1;
      console.log(`ok ${file} ${name} (${time})`);
    }
  }
  await product.stop();
  return stumbled;
}

/** Runs one test with pages of its own; returns its error, if any. */
async function runTest(test, product) {
  const opened = [];
  const newPage = async options => {
    const one = await openPage(browser, product.base, options);
    opened.push(one);
    return one.page;
  };
  const signedInPage = async (person = product.owner, options = {}) => {
    const page = await newPage(options);
    await signIn(page.context(), product.base, person);
    return page;
  };
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${patience_ms / 1000} s`)), patience_ms);
  });
  try {
    await Promise.race([test({ product, browser, newPage, signedInPage }), late]);
    for (const { guard } of opened) guard.check();
    return undefined;
  } catch (error) {
    return error;
  } finally {
    clearTimeout(timer);
    for (const { context } of opened) await context.close();
  }
}
