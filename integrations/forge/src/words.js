/** Numbers and states in a reader's words, German or English. */

import reasons from './reasons.json';

const DE = {
  waiting: 'Die Zahlen werden geholt …',
  dataUntil: 'Daten bis {0}, {1} Tage alt.',
  synthetic: 'Erfundene Daten der Vorführung.',
  notMeasured: 'nicht gemessen',
  notKnown: 'nicht bekannt: {0}',
  atMost: 'höchstens {0}',
  atLeast: 'mindestens {0}',
  between: '{0} bis {1}',
  hours: '{0} Stunden',
  days: '{0} Tage',
  figure: 'Kennzahl',
  value: 'Wert',
  range: 'Spanne',
  period: 'Zeitraum',
  coverage: '{0} dessen, was es gibt, konnte gelesen werden.',
  coverageNotKnown: 'Wie vollständig die Daten sind, lässt sich nicht sagen.',
  minimumGroup: 'Weniger als {0} Menschen werden nie gezeigt.',
  metrics: 'Kennzahlen',
  metricsHint: 'Schlüssel, durch Komma getrennt; leer: die üblichen fünf.',
  trouble: {
    refused: 'Resonanz hat die Anfrage abgewiesen. Die App muss dort eingetragen sein.',
    notLinked: 'Diese Installation ist bei Resonanz noch keiner Organisation zugeordnet.',
    nothingYet: 'Es wurde noch nichts veröffentlicht.',
    unreachable: 'Resonanz ist gerade nicht erreichbar. Versuchen Sie es später noch einmal.'
  }
};

const EN = {
  waiting: 'Fetching the figures …',
  dataUntil: 'Data until {0}, {1} days old.',
  synthetic: 'Invented data of the demonstration.',
  notMeasured: 'not measured',
  notKnown: 'not known: {0}',
  atMost: 'at most {0}',
  atLeast: 'at least {0}',
  between: '{0} to {1}',
  hours: '{0} hours',
  days: '{0} days',
  figure: 'Key figure',
  value: 'Value',
  range: 'Range',
  period: 'Period',
  coverage: '{0} of what exists could be read.',
  coverageNotKnown: 'How complete the data are can not be told.',
  minimumGroup: 'Fewer than {0} people are never shown.',
  metrics: 'Key figures',
  metricsHint: 'Keys, separated by commas; empty: the usual five.',
  trouble: {
    refused: 'Resonanz refused the request. The app has to be set up there.',
    notLinked: 'This installation is not linked to an organisation in Resonanz yet.',
    nothingYet: 'Nothing was published yet.',
    unreachable: 'Resonanz can not be reached right now. Try again later.'
  }
};

export const WORDS = { de: DE, en: EN };

/** The language of a locale such as `de_DE`; English for all we have no words in. */
export const languageOf = (locale) => (/^de\b|^de_/i.test(locale ?? '') ? 'de' : 'en');

export const filled = (text, ...values) => text.replace(/\{(\d)\}/g, (_, place) => values[Number(place)]);

const number = (value, language, digits = 1) =>
  new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);

export const percent = (value, language) =>
  new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: Math.abs(value) < 0.1 ? 1 : 0 }).format(value);

export function day(iso, language, dayBefore = false) {
  const moment = Date.parse(`${iso}T00:00:00Z`) - (dayBefore ? 86_400_000 : 0);
  return new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(moment);
}

export const period = (cell, language) => `${day(cell.since, language)} – ${day(cell.until, language, true)}`;

export function amount(value, unit, language) {
  const words = WORDS[language];
  switch (unit) {
    case 'share':
      return percent(value, language);
    case 'hours':
      return filled(words.hours, number(value, language));
    case 'days':
      return filled(words.days, number(value, language));
    default:
      return number(value, language, unit === 'index' ? 2 : 1);
  }
}

/** Why a cell shows no value; '' where it shows one. Missing is never nought. */
export function hidden(cell, language) {
  const words = WORDS[language];
  if (!cell || (cell.state === 'published' && cell.value === null)) return words.notMeasured;
  if (cell.state === 'published') return '';
  const reason = reasons[cell.reason]?.[language] ?? String(cell.reason ?? '').replaceAll('_', ' ');
  if (cell.state !== 'suppressed') return filled(words.notKnown, reason);
  if (cell.low === null || cell.high === null) return reason;
  const limit = cell.low === 0 ? filled(words.atMost, percent(cell.high, language)) : filled(words.atLeast, percent(cell.low, language));
  return `${limit} (${reason})`;
}

/** The value, or why there is none. */
export const said = (cell, unit, language) => hidden(cell, language) || amount(cell.value, unit, language);

export function range(cell, unit, language) {
  if (hidden(cell, language) || cell.low === null || cell.high === null) return '';
  return filled(WORDS[language].between, amount(cell.low, unit, language), amount(cell.high, unit, language));
}
