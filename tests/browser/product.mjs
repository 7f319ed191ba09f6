// Starts the product for one file of tests, in a folder of its own on a free loopback port, and takes
// it away again. Knows nothing of browsers.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = process.env.PROGRAM_UNDER_TEST ?? path.join(root, 'target/debug/guildhall');
const patience_ms = 30_000;
const running = new Set();

// However the run ends, no product and no folder stays behind.
process.on('exit', () => {
  for (const { child, data } of running) {
    child.kill('SIGKILL');
    rmSync(data, { recursive: true, force: true });
  }
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

/**
 * @param owner makes an organization before the start: { organization, email, password, slug?, name?,
 *   preset? }; without it the product starts on an empty folder.
 * @returns { base, data, owner, token, log(), stop() }; `base` is an origin without a slash at its end,
 *   `token` the owner's personal token.
 */
export async function startProduct({ owner } = {}) {
  const data = await mkdtemp(path.join(tmpdir(), 'guildhall-browser-'));
  const token = owner ? await initialize(data, owner) : undefined;
  const port = await freePort();
  // Passkeys and secure cookies work on the name `localhost`, not on a bare address.
  const base = `http://localhost:${port}`;
  const child = spawn(program, ['serve', '--data', data, '--listen', `127.0.0.1:${port}`, '--public-url', base], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const entry = { child, data };
  running.add(entry);
  let log = '';
  child.stderr.on('data', chunk => { log += chunk; });
  try {
    await listening(child, chunk => { log += chunk; });
  } catch (error) {
    throw new Error(`${error.message}\n${log}`);
  }
  const stop = async () => {
    await ended(child);
    running.delete(entry);
    await rm(data, { recursive: true, force: true });
  };
  return { base, data, owner, token, log: () => log, stop };
}

/** Makes the first organization and its owner; returns the owner's token. */
async function initialize(data, owner) {
  const options = ['init', '--data', data, '--organization', owner.organization, '--owner-email', owner.email];
  if (owner.slug) options.push('--slug', owner.slug);
  if (owner.name) options.push('--owner-name', owner.name);
  if (owner.preset) options.push('--preset', owner.preset);
  const child = spawn(program, [...options, '--password-stdin', '--print-token'], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(`${owner.password}\n`);
  let token = '';
  child.stdout.on('data', chunk => { token += chunk; });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`guildhall init ended with ${code}`);
  return token.trim();
}

/** Resolves when the product says that it listens. */
function listening(child, seen) {
  let timer;
  const said = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error('guildhall serve does not say that it listens')), patience_ms);
    let text = '';
    child.stdout.on('data', chunk => {
      seen(chunk);
      text += chunk;
      if (/^listening on http:\/\//m.test(text)) resolve();
    });
    child.on('error', error => reject(new Error(`cannot start ${program}: ${error.message}`)));
    child.on('exit', code => reject(new Error(`guildhall serve ended with ${code}`)));
  });
  return said.finally(() => clearTimeout(timer));
}

function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise(resolve => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    child.on('exit', () => { clearTimeout(timer); resolve(); });
    child.kill('SIGTERM');
  });
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
