// Atlassian's own validator, without network and account: our manifest passes, a broken one gives exactly the errors it should.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

const { validate } = createRequire(import.meta.url)('@forge/manifest');
const app = join(import.meta.dirname, '..');
const good = readFileSync(join(app, 'manifest.yml'), 'utf8');

async function errorsOf(manifest) {
  const folder = mkdtempSync(join(tmpdir(), 'forge-'));
  for (const part of ['src', 'package.json']) cpSync(join(app, part), join(folder, part), { recursive: true });
  writeFileSync(join(folder, 'manifest.yml'), manifest);
  process.chdir(folder);
  const { success, errors = [] } = await validate();
  process.chdir(app);
  rmSync(folder, { recursive: true });
  return { success, errors: errors.map(({ line, message }) => `${line}: ${message.split('. Learn')[0]}`) };
}

test('our manifest is valid, without a warning', async () => {
  assert.deepEqual(await errorsOf(good), { success: true, errors: [] });
});

test('a broken manifest is refused for each of its mistakes', async () => {
  const broken = readFileSync(join(import.meta.dirname, 'manifest.broken.yml'), 'utf8');
  assert.deepEqual(await errorsOf(broken), {
    success: false,
    errors: [
      "7: missing resource key 'crad' is being referenced by macro module",
      "14: missing resource 'src/nowhere.jsx' is being referenced by 'card' in resources",
      "25: Invalid 'external.fetch.client' permission in the manifest.yml file - 'rezonanz'"
    ]
  });
});

test('an operation that does not exist is refused', async () => {
  const { success, errors } = await errorsOf(good.replace('- fetch\n', '- fetsch\n'));
  assert.equal(success, false);
  assert.match(errors[0], /remotes operations property 0 'fetsch' allowed values/);
});
