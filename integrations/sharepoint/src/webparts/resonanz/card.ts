/** What a card and a page show, put together from two answers of the API. Nothing is computed but the age of the data. */

import reasons from './reasons.json';

export type Language = 'de' | 'en';
export type Label = Record<Language, string>;

/** The fields of `/api/v1/measurements` that are read here. `value` is null unless `state` is published. */
export interface IMeasurement {
  metric: string;
  category: string;
  since: string;
  until: string;
  value: number | null;
  low: number | null;
  high: number | null;
  people: number | null;
  state: 'published' | 'suppressed' | 'unknown';
  reason: string | null;
}

export interface IProvenance {
  organisation: string;
  data_until: string;
  coverage: number | null;
  minimum_group: number;
  synthetic: boolean;
}

export interface IMetric {
  key: string;
  label: Label;
  meaning: Label;
  unit: string;
}

export interface ICatalogue {
  publication: IProvenance | null;
  rows: IMetric[];
}

export interface IListing {
  publication: IProvenance;
  rows: IMeasurement[];
  next: string | null;
}

/** One key figure with its history, oldest period first. `now` is undefined where the newest period was not measured. */
export interface IFigure {
  metric: IMetric;
  now: IMeasurement | undefined;
  history: IMeasurement[];
}

export interface ICard {
  origin: IProvenance;
  /** Days since the last day the data cover. */
  age: number;
  figures: IFigure[];
}

/** Why there is nothing to show. */
export type Trouble = 'notSet' | 'signIn' | 'noRole' | 'nothingYet' | 'unreachable';

export class CardTrouble extends Error {
  public constructor(public readonly kind: Trouble) {
    super(kind);
    // Compiled for old browsers, an error forgets its class.
    Object.setPrototypeOf(this, CardTrouble.prototype);
  }
}

export interface IAnswer {
  status: number;
  json(): Promise<unknown>;
}

export type Get = (url: string) => Promise<IAnswer>;

export const KEY_FIGURES: readonly string[] = [
  'active_share', 'contributor_share', 'response_rate', 'time_to_first_response', 'interactive_share'
];
const DAY: number = 86_400_000;
const CARD_DAYS: number = 84;
const PAGE_DAYS: number = 392;
const PAGES: number = 5;

/** The address of the service without a slash at the end; undefined for what is no address with https. */
export function serviceOf(text: string): URL | undefined {
  try {
    const url: URL = new URL(text.trim());
    const bare: boolean = !url.username && !url.password && !url.search && !url.hash;
    return url.protocol === 'https:' && bare ? url : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What a token is asked for. It follows from the host, so a page author who types another host gets no token of Resonanz for it.
 */
export function resourceOf(service: URL): string {
  return `api://${service.host}`;
}

export function chosen(text: string): readonly string[] {
  const keys: string[] = text.split(/[\s,;]+/).filter((key) => /^[a-z0-9_]+$/.test(key));
  return keys.length > 0 ? keys : KEY_FIGURES;
}

/** Asks for the catalogue and the figures. Throws `CardTrouble`. */
export async function load(get: Get, service: URL, organisation: string, keys: readonly string[], page: boolean, today: Date): Promise<ICard> {
  const base: string = `${service.origin}${service.pathname.replace(/\/+$/, '')}/api/v1`;
  const whose: string = organisation ? `&organisation=${encodeURIComponent(organisation)}` : '';
  const since: string = new Date(today.getTime() - (page ? PAGE_DAYS : CARD_DAYS) * DAY).toISOString().slice(0, 10);
  const catalogue: ICatalogue = (await answered(get, `${base}/metrics?limit=1000${whose}`)) as ICatalogue;
  const query: string = `${base}/measurements?scope=organisation&window=days28&since=${since}&limit=1000${whose}`;
  let listing: IListing = (await answered(get, query)) as IListing;
  const rows: IMeasurement[] = [...listing.rows];
  for (let page: number = 1; listing.next && page < PAGES; page++) {
    listing = (await answered(get, `${query}&cursor=${encodeURIComponent(listing.next)}`)) as IListing;
    rows.push(...listing.rows);
  }
  return { origin: listing.publication, age: ageOf(listing.publication, today), figures: figures(catalogue, rows, keys) };
}

export function figures(catalogue: ICatalogue, rows: readonly IMeasurement[], keys: readonly string[]): IFigure[] {
  const newest: string = rows.reduce((last, row) => (row.until > last ? row.until : last), '');
  const found: IFigure[] = [];
  for (const key of keys) {
    const metric: IMetric | undefined = catalogue.rows.filter((one) => one.key === key)[0];
    if (metric) {
      const history: IMeasurement[] = rows
        .filter((row) => row.metric === key && row.category === '')
        .sort((one, other) => (one.since < other.since ? -1 : 1));
      found.push({ metric, now: history.filter((row) => row.until === newest)[0], history });
    }
  }
  return found;
}

export function ageOf(origin: IProvenance, today: Date): number {
  return Math.max(0, Math.floor((today.getTime() - Date.parse(`${origin.data_until}T00:00:00Z`)) / DAY));
}

/** The words the service itself has for a reason; its key where it is newer than this package. */
export function reasonOf(code: string | null, language: Language): string {
  const known: Label | undefined = (reasons as Record<string, Label>)[code || ''];
  return known ? known[language] : (code || '').replace(/_/g, ' ');
}

async function answered(get: Get, url: string): Promise<unknown> {
  let answer: IAnswer;
  try {
    answer = await get(url);
  } catch {
    throw new CardTrouble('unreachable');
  }
  if (answer.status === 401) {
    throw new CardTrouble('signIn');
  }
  if (answer.status === 403) {
    throw new CardTrouble('noRole');
  }
  const body: unknown = await answer.json().catch(() => undefined);
  if (answer.status === 503 && (body as { type?: string })?.type === 'urn:resonanz:problem:nothing-published') {
    throw new CardTrouble('nothingYet');
  }
  if (answer.status !== 200 || !body) {
    throw new CardTrouble('unreachable');
  }
  return body;
}
