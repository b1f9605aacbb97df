/** Published key figures, asked for straight from the reader's browser. Forge adds the invocation token; nothing else is sent. */

import { requestRemote } from '@forge/bridge';

export const KEY_FIGURES = ['active_share', 'contributor_share', 'response_rate', 'time_to_first_response', 'interactive_share'];
const DAY = 86_400_000;
const PAGES = 5;

export const chosen = (text) => {
  const keys = (text ?? '').split(/[\s,;]+/).filter((key) => /^[a-z0-9_]+$/.test(key));
  return keys.length > 0 ? keys : KEY_FIGURES;
};

/** Where it comes from, how old it is, and each figure with its history. Throws `{ trouble }`. */
export async function load(keys, days, today = new Date()) {
  const since = new Date(today.getTime() - days * DAY).toISOString().slice(0, 10);
  const catalogue = await answered('/api/v1/metrics?limit=1000');
  const query = `/api/v1/measurements?scope=organisation&window=days28&since=${since}&limit=1000`;
  let listing = await answered(query);
  const rows = [...listing.rows];
  for (let page = 1; listing.next && page < PAGES; page++) {
    listing = await answered(`${query}&cursor=${encodeURIComponent(listing.next)}`);
    rows.push(...listing.rows);
  }
  const newest = rows.reduce((last, row) => (row.until > last ? row.until : last), '');
  const figures = keys.flatMap((key) => {
    const metric = catalogue.rows.find((one) => one.key === key);
    if (!metric) return [];
    const history = rows.filter((row) => row.metric === key && row.category === '').sort((one, other) => (one.since < other.since ? -1 : 1));
    return [{ metric, now: history.find((row) => row.until === newest), history }];
  });
  const origin = listing.publication;
  const age = Math.max(0, Math.floor((today.getTime() - Date.parse(`${origin.data_until}T00:00:00Z`)) / DAY));
  return { origin, age, figures };
}

async function answered(path) {
  const answer = await requestRemote('resonanz', { path, method: 'GET' }).catch(() => undefined);
  if (!answer) throw { trouble: 'unreachable' };
  if (answer.status === 401) throw { trouble: 'refused' };
  if (answer.status === 403) throw { trouble: 'notLinked' };
  const body = await answer.json().catch(() => undefined);
  if (body?.type === 'urn:resonanz:problem:nothing-published') throw { trouble: 'nothingYet' };
  if (answer.status !== 200 || !body) throw { trouble: 'unreachable' };
  return body;
}
