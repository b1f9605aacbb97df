/** Draws card and page with DOM calls alone: no markup is ever made of text that came from elsewhere. */

import type { ICard, IFigure, IMeasurement, Language, Trouble } from './card';
import { type Strings, day, filled, hidden, interval, percent, value } from './words';
import { trend } from './trend';

export interface ILook {
  strings: Strings;
  language: Language;
  /** Class names of the style sheet. */
  styles: Record<string, string>;
  /** The service's address, to link to. */
  service: string;
}

export function drawCard(parent: HTMLElement, card: ICard, look: ILook): void {
  const box: HTMLElement = started(parent, look);
  const list: HTMLElement = add(box, 'dl', look.styles.figures);
  for (const figure of card.figures) {
    const pair: HTMLElement = add(list, 'div', look.styles.figure);
    add(pair, 'dt', look.styles.label, figure.metric.label[look.language]).title = figure.metric.meaning[look.language];
    drawValue(pair, 'dd', figure, look);
  }
  drawOrigin(box, card, look);
}

export function drawPage(parent: HTMLElement, card: ICard, look: ILook): void {
  const box: HTMLElement = started(parent, look);
  drawOrigin(box, card, look);
  for (const figure of card.figures) {
    const part: HTMLElement = add(box, 'section', look.styles.part);
    add(part, 'h3', look.styles.label, figure.metric.label[look.language]);
    add(part, 'p', look.styles.meaning, figure.metric.meaning[look.language]);
    drawValue(part, 'p', figure, look);
    if (figure.history.filter((cell) => cell.value !== null).length > 1) {
      part.appendChild(trend(figure, look));
    }
    if (figure.history.length > 0) {
      drawTable(part, figure, look);
    }
  }
  const { origin } = card;
  const coverage: string = origin.coverage === null
    ? look.strings.CoverageNotKnown
    : filled(look.strings.Coverage, percent(origin.coverage, look.language));
  add(box, 'p', look.styles.small, `${coverage} ${filled(look.strings.MinimumGroup, String(origin.minimum_group))}`);
}

export function drawTrouble(parent: HTMLElement, kind: Trouble, look: ILook): void {
  const words: Record<Trouble, string> = {
    notSet: look.strings.TroubleNotSet,
    signIn: look.strings.TroubleSignIn,
    noRole: look.strings.TroubleNoRole,
    nothingYet: look.strings.TroubleNothingYet,
    unreachable: look.strings.TroubleUnreachable
  };
  add(started(parent, look), 'p', look.styles.hidden, words[kind]).setAttribute('role', 'status');
}

export function drawWaiting(parent: HTMLElement, look: ILook): void {
  add(started(parent, look), 'p', look.styles.hidden, look.strings.Waiting).setAttribute('role', 'status');
}

function started(parent: HTMLElement, look: ILook): HTMLElement {
  parent.replaceChildren();
  const box: HTMLElement = add(parent, 'section', look.styles.resonanz);
  box.lang = look.language;
  box.setAttribute('aria-label', look.strings.Title);
  add(box, 'h2', look.styles.title, look.strings.Title);
  return box;
}

function drawValue(parent: HTMLElement, tag: string, figure: IFigure, look: ILook): void {
  const { metric, now } = figure;
  const why: string = hidden(now, look.strings, look.language);
  if (why) {
    add(parent, tag, look.styles.hidden, why);
    return;
  }
  const shown: HTMLElement = add(parent, tag, look.styles.value, value(now!.value!, metric.unit, look.strings, look.language));
  const range: string = interval(now, metric.unit, look.strings, look.language);
  if (range) {
    shown.appendChild(document.createTextNode(' '));
    add(shown, 'span', look.styles.small, range);
  }
}

function drawOrigin(parent: HTMLElement, card: ICard, look: ILook): void {
  const { strings, language } = look;
  const ago: string = card.age === 1 ? strings.AgeOneDay : filled(strings.Age, String(card.age));
  const line: HTMLElement = add(parent, 'p', look.styles.small, filled(strings.DataUntil, day(card.origin.data_until, language, true), ago));
  if (card.origin.synthetic) {
    add(parent, 'p', look.styles.hidden, strings.Synthetic);
  }
  line.appendChild(document.createTextNode(' '));
  const link: HTMLAnchorElement = add(line, 'a', '', strings.More) as HTMLAnchorElement;
  link.href = look.service;
  link.rel = 'noopener';
  link.target = '_blank';
}

function drawTable(parent: HTMLElement, figure: IFigure, look: ILook): void {
  const { strings, language } = look;
  const details: HTMLElement = add(parent, 'details', look.styles.small);
  add(details, 'summary', '', strings.AsTable);
  const table: HTMLElement = add(details, 'table', look.styles.table);
  add(table, 'caption', '', figure.metric.label[language]);
  const head: HTMLElement = add(add(table, 'thead', ''), 'tr', '');
  for (const title of [strings.Period, strings.Value]) {
    add(head, 'th', '', title).setAttribute('scope', 'col');
  }
  const body: HTMLElement = add(table, 'tbody', '');
  for (const cell of [...figure.history].reverse()) {
    const row: HTMLElement = add(body, 'tr', '');
    add(row, 'th', '', period(cell, language)).setAttribute('scope', 'row');
    add(row, 'td', '', hidden(cell, strings, language) || value(cell.value!, figure.metric.unit, strings, language));
  }
}

function period(cell: IMeasurement, language: Language): string {
  return `${day(cell.since, language)} – ${day(cell.until, language, true)}`;
}

function add(parent: HTMLElement, tag: string, style: string, text?: string): HTMLElement {
  const made: HTMLElement = document.createElement(tag);
  if (style) {
    made.className = style;
  }
  if (text !== undefined) {
    made.textContent = text;
  }
  parent.appendChild(made);
  return made;
}
