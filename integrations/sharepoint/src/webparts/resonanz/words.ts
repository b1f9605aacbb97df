/** Numbers and states in a reader's words. */

import { type IMeasurement, type Language, reasonOf } from './card';

export type Strings = IResonanzWebPartStrings;

export function filled(text: string, ...values: string[]): string {
  return text.replace(/\{(\d)\}/g, (_, place: string) => values[Number(place)]);
}

export function number(value: number, language: Language, digits: number = 1): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
}

export function percent(value: number, language: Language): string {
  return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: Math.abs(value) < 0.1 ? 1 : 0 }).format(value);
}

export function day(iso: string, language: Language, dayBefore: boolean = false): string {
  const moment: number = Date.parse(`${iso}T00:00:00Z`) - (dayBefore ? 86_400_000 : 0);
  return new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(moment);
}

/** A value in its unit. */
export function value(amount: number, unit: string, strings: Strings, language: Language): string {
  switch (unit) {
    case 'share':
      return percent(amount, language);
    case 'hours':
      return filled(strings.Hours, number(amount, language));
    case 'days':
      return filled(strings.Days, number(amount, language));
    case 'index':
      return number(amount, language, 2);
    default:
      return number(amount, language);
  }
}

/** Why a cell shows no value; '' where it shows one. Missing is never nought. */
export function hidden(cell: IMeasurement | undefined, strings: Strings, language: Language): string {
  if (!cell) {
    return strings.NotMeasured;
  }
  const reason: string = reasonOf(cell.reason, language);
  switch (cell.state) {
    case 'published':
      return cell.value === null ? strings.NotMeasured : '';
    case 'suppressed': {
      const limit: string = bound(cell, strings, language);
      return limit ? `${limit} (${reason})` : reason;
    }
    default:
      return filled(strings.NotKnown, reason);
  }
}

function bound(cell: IMeasurement, strings: Strings, language: Language): string {
  if (cell.low === null || cell.high === null) {
    return '';
  }
  return cell.low === 0
    ? filled(strings.AtMost, percent(cell.high, language))
    : filled(strings.AtLeast, percent(cell.low, language));
}

/** The interval of a published value; '' where none is given. */
export function interval(cell: IMeasurement | undefined, unit: string, strings: Strings, language: Language): string {
  if (!cell || cell.state !== 'published' || cell.low === null || cell.high === null) {
    return '';
  }
  return filled(strings.Between, value(cell.low, unit, strings, language), value(cell.high, unit, strings, language));
}
