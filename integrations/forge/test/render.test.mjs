// What macro and page draw, with Atlassian's components and bridge stood in for.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'node:test';

import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const { act, create } = require('react-test-renderer');
globalThis.IS_REACT_ACT_ENVIRONMENT = true;
const here = import.meta.dirname;

async function loaded(file) {
  const { outputFiles } = await build({
    entryPoints: [join(here, '..', 'src', file)],
    bundle: true,
    write: false,
    format: 'cjs',
    external: ['react'],
    alias: { '@forge/react': join(here, 'stubs/forge-react.js'), '@forge/bridge': join(here, 'stubs/forge-bridge.js') }
  });
  new Function('require', 'module', 'exports', outputFiles[0].text)(require, { exports: {} }, {});
  return globalThis.host.drawn;
}

const cell = (metric, until, more) => ({
  metric, category: '', since: '2026-10-26', until, value: 0.4, low: 0.35, high: 0.45, state: 'published', reason: null, ...more
});
const origin = { data_until: '2026-11-23', coverage: null, minimum_group: 10, synthetic: true };
const catalogue = {
  rows: ['active_share', 'response_rate', 'time_to_first_response'].map((key) => ({
    key,
    label: { de: `de ${key}`, en: `en ${key}` },
    meaning: { de: 'Bedeutung', en: 'meaning' },
    unit: key.startsWith('time') ? 'hours' : 'share'
  }))
};
const rows = [
  cell('active_share', '2026-11-23'),
  cell('active_share', '2026-10-26', { since: '2026-09-28', value: 0.3 }),
  cell('response_rate', '2026-11-23', { value: null, low: 0, high: 0.1, state: 'suppressed', reason: 'small_group' }),
  cell('time_to_first_response', '2026-11-23', { value: null, low: null, high: null, state: 'unknown', reason: 'not_reached' })
];

async function drawn(file, { status = 200, locale = 'de_DE', config, body } = {}) {
  const asked = [];
  globalThis.host = {
    context: { locale },
    config,
    requestRemote: async (key, { path, method }) => {
      asked.push(`${key} ${method} ${path.split('?')[0]}`);
      return { status, json: async () => body ?? (path.includes('/metrics') ? catalogue : { publication: origin, rows, next: null }) };
    }
  };
  const element = await loaded(file);
  let tree;
  await act(async () => {
    tree = create(element);
  });
  return { root: tree.root, asked, said: JSON.stringify(tree.toJSON()) };
}

test('the macro says every figure, or why there is none, in the language of the reader', async () => {
  const { root, asked, said } = await drawn('card.jsx');
  const cells = root.findByType('DynamicTable').props.rows.map((row) => row.cells.map(({ content }) => content.replace(/\u00a0/g, ' ')));
  assert.deepEqual(cells, [
    ['de active_share', '40 %', '35 % bis 45 %'],
    ['de response_rate', 'höchstens 10 % (Gruppe zu klein)', ''],
    ['de time_to_first_response', 'nicht bekannt: weniger als die Hälfte wurde beantwortet, es gibt keinen Median', '']
  ]);
  assert.match(said, /Daten bis 22\. Nov\. 2026/);
  assert.match(said, /Erfundene Daten/);
  assert.deepEqual(asked, ['resonanz GET /api/v1/metrics', 'resonanz GET /api/v1/measurements']);
});

test('an author of the page chooses the figures', async () => {
  const { root } = await drawn('card.jsx', { locale: 'fr_FR', config: { metrics: 'response_rate, <b>' } });
  assert.deepEqual(root.findByType('DynamicTable').props.rows.map((row) => row.cells[0].content), ['en response_rate']);
});

test('the page draws a line through what was published, and a table for all of it', async () => {
  const { root, said } = await drawn('page.jsx', { locale: 'en_GB' });
  assert.deepEqual(root.findAllByType('LineChart').map(({ props }) => props.data.map(({ y }) => y)), [[0.3, 0.4]]);
  assert.equal(root.findAllByType('DynamicTable').length, 3);
  assert.match(said, /How complete the data are can not be told/);
  assert.doesNotMatch(said, /NaN|undefined/);
});

test('troubles are told apart', async () => {
  const nothing = { type: 'urn:resonanz:problem:nothing-published' };
  for (const [given, words] of [
    [{ status: 401 }, 'has to be set up'],
    [{ status: 403 }, 'not linked'],
    [{ status: 503, body: nothing }, 'Nothing was published'],
    [{ status: 500 }, 'can not be reached']
  ]) {
    assert.match((await drawn('card.jsx', { locale: 'en_US', ...given })).said, new RegExp(words));
  }
});
