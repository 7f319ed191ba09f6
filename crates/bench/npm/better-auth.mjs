// better-auth with its organization plugin on SQLite (through libsql, which npm brings as a binary), as
// its documentation sets it up: what a user might run instead. `node better-auth.mjs FILE` serves it on a
// free port and says where.
import http from 'node:http';
import Database from 'libsql';
import { SqliteDialect } from 'kysely';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { organization } from 'better-auth/plugins';

const database = new Database(process.argv[2]);
database.pragma('journal_mode = WAL');
const auth = betterAuth({
  baseURL: 'http://127.0.0.1',
  secret: 'only-for-measuring-only-for-measuring',
  database: { dialect: new SqliteDialect({ database }), type: 'sqlite' },
  telemetry: { enabled: false },
  rateLimit: { enabled: false },
  emailAndPassword: { enabled: true },
  plugins: [organization()],
});
await (await getMigrations(auth.options)).runMigrations();
const server = http.createServer(toNodeHandler(auth));
server.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
