import { CardTrouble, type ICard, type ICatalogue, type IListing, type IMeasurement, KEY_FIGURES, chosen, load, resourceOf, serviceOf } from './card';
import { type ILook, drawCard, drawPage, drawTrouble } from './drawing';

const echo: object = new Proxy({}, { get: (_, name) => `${String(name)} {0} {1}` });
const look: ILook = {
  strings: echo as IResonanzWebPartStrings,
  language: 'en',
  styles: new Proxy({}, { get: (_, name) => String(name) }) as Record<string, string>,
  service: 'https://resonanz.example/'
};
const TODAY: Date = new Date('2026-11-26T08:00:00Z');

function cell(metric: string, until: string, more: Partial<IMeasurement> = {}): IMeasurement {
  const since: string = new Date(Date.parse(until) - 28 * 86_400_000).toISOString().slice(0, 10);
  return { metric, category: '', since, until, value: 0.4, low: 0.35, high: 0.45, people: 600, state: 'published', reason: null, ...more };
}

const origin: IListing['publication'] = {
  organisation: 'demo', data_until: '2026-11-23', coverage: 0.97, minimum_group: 10, synthetic: false
};
const catalogue: ICatalogue = {
  publication: origin,
  rows: ['active_share', 'response_rate', 'time_to_first_response'].map((key) => ({
    key,
    label: { de: `de ${key}`, en: `<img src=x onerror=alert(1)> ${key}` },
    meaning: { de: '', en: 'what it means' },
    unit: key === 'time_to_first_response' ? 'hours' : 'share'
  }))
};
const rows: IMeasurement[] = [
  cell('active_share', '2026-11-23', { value: 0.41 }),
  cell('active_share', '2026-10-26', { value: 0.38 }),
  cell('response_rate', '2026-11-23', { value: null, low: 0, high: 0.1, state: 'suppressed', reason: 'small_group', people: null }),
  cell('response_rate', '2026-10-26'),
  cell('time_to_first_response', '2026-11-23', { value: null, low: null, high: null, state: 'unknown', reason: 'not_reached', people: null }),
  cell('active_share', '2026-11-23', { category: 'desk', value: 0.9 })
];

function answers(status: number, body: unknown): (url: string) => Promise<{ status: number; json: () => Promise<unknown> }> {
  return (url) => Promise.resolve({
    status,
    json: () => Promise.resolve(body || (url.indexOf('/metrics') > 0 ? catalogue : { publication: origin, rows, next: null }))
  });
}

const service: URL = serviceOf('https://resonanz.example/')!;
const loaded = (): Promise<ICard> => load(answers(200, undefined), service, '', KEY_FIGURES, true, TODAY);
const why = (status: number, body: unknown): Promise<string> =>
  load(answers(status, body), service, '', KEY_FIGURES, false, TODAY).then(() => 'fine', (error) => error instanceof CardTrouble ? error.kind : 'no trouble of ours');

describe('the card', () => {
  it('shows values, and says in words what may or can not be shown', async () => {
    const parent: HTMLElement = document.createElement('div');
    drawCard(parent, await loaded(), look);
    const said: (string | null)[] = Array.from(parent.querySelectorAll('dd')).map((one) => one.textContent);
    expect(said).toEqual([
      '41% Between 35% 45%',
      'AtMost 10% undefined (group too small)',
      'NotKnown fewer than half were answered, so there is no median undefined'
    ]);
    expect(parent.textContent).toContain('DataUntil Nov 22, 2026 Age 3');
  });

  it('takes no words of the service for markup', async () => {
    const parent: HTMLElement = document.createElement('div');
    drawPage(parent, await loaded(), look);
    expect(parent.querySelectorAll('img, script, style, iframe').length).toBe(0);
    expect(parent.querySelector('dt, h3')!.textContent).toContain('<img');
  });

  it('draws a line only where there are two values, and a table everywhere', async () => {
    const parent: HTMLElement = document.createElement('div');
    drawPage(parent, await loaded(), look);
    expect(parent.querySelectorAll('svg').length).toBe(1);
    expect(parent.querySelectorAll('table').length).toBe(3);
    expect(parent.querySelector('svg')!.getAttribute('aria-label')).toContain('38%');
    expect(parent.querySelectorAll('table')[1].textContent).toContain('group too small');
  });

  it('tells troubles apart', async () => {
    expect(await why(401, {})).toBe('signIn');
    expect(await why(403, {})).toBe('noRole');
    expect(await why(503, { type: 'urn:resonanz:problem:nothing-published' })).toBe('nothingYet');
    expect(await why(503, { type: 'urn:resonanz:problem:not-ready' })).toBe('unreachable');
    expect(await why(200, undefined)).toBe('fine');
    const parent: HTMLElement = document.createElement('div');
    drawTrouble(parent, 'noRole', look);
    expect(parent.querySelector('[role=status]')!.textContent).toContain('TroubleNoRole');
  });

  it('asks for a token by the host alone, and for nothing but https', () => {
    expect(resourceOf(serviceOf('https://resonanz.example:8443/intern/')!)).toBe('api://resonanz.example:8443');
    for (const wrong of ['', 'resonanz.example', 'http://resonanz.example', 'https://a:b@resonanz.example', 'https://resonanz.example?x=1', 'javascript:alert(1)']) {
      expect(serviceOf(wrong)).toBeUndefined();
    }
    expect(chosen('active_share, response_rate;<b>')).toEqual(['active_share', 'response_rate']);
    expect(chosen('  ')).toEqual(KEY_FIGURES);
  });
});
