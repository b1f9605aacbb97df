/** A line over the periods, with gaps where nothing may or can be shown: a picture beside the table that says the same. */

import type { IFigure, IMeasurement } from './card';
import type { ILook } from './drawing';
import { day, filled, value } from './words';

const SPACE: string = 'http://www.w3.org/2000/svg';
const WIDTH: number = 480;
const HEIGHT: number = 140;
const EDGE: number = 10;
/** Room above the line for the values at its ends. */
const TOP: number = 26;

export function trend(figure: IFigure, look: ILook): SVGElement {
  const { strings, language } = look;
  const { metric, history } = figure;
  const shown: IMeasurement[] = history.filter((cell) => cell.value !== null);
  const values: number[] = shown.map((cell) => cell.value!);
  const low: number = Math.min(0, ...values);
  const high: number = Math.max(...values) > low ? Math.max(...values) : low + 1;
  const x = (at: number): number => EDGE + (at * (WIDTH - 2 * EDGE)) / Math.max(1, history.length - 1);
  const y = (amount: number): number => HEIGHT - EDGE - ((amount - low) * (HEIGHT - EDGE - TOP)) / (high - low);

  const picture: SVGElement = make('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', class: look.styles.trend });
  const first: IMeasurement = shown[0];
  const last: IMeasurement = shown[shown.length - 1];
  const words: string = filled(
    strings.Trend,
    metric.label[language],
    value(first.value!, metric.unit, strings, language),
    day(first.until, language, true),
    value(last.value!, metric.unit, strings, language),
    day(last.until, language, true)
  );
  picture.setAttribute('aria-label', words);
  make('title', {}, picture).textContent = words;
  make('line', { x1: EDGE, y1: y(0), x2: WIDTH - EDGE, y2: y(0), stroke: 'currentColor', 'stroke-opacity': 0.3 }, picture);
  let before: number | undefined;
  history.forEach((cell, at) => {
    if (cell.value === null) {
      before = undefined;
      return;
    }
    if (before !== undefined) {
      const ends: Record<string, number> = { x1: x(before), y1: y(history[before].value!), x2: x(at), y2: y(cell.value) };
      make('line', { ...ends, stroke: 'currentColor', 'stroke-width': 2 }, picture);
    }
    make('circle', { cx: x(at), cy: y(cell.value), r: 3, fill: 'currentColor' }, picture);
    before = at;
  });
  for (const [cell, anchor] of [[first, 'start'], [last, 'end']] as [IMeasurement, string][]) {
    const place: Record<string, number | string> = { x: x(history.indexOf(cell)), y: y(cell.value!) - 9, 'text-anchor': anchor };
    make('text', { ...place, 'font-size': 12, fill: 'currentColor' }, picture).textContent = value(cell.value!, metric.unit, strings, language);
  }
  return picture;
}

function make(tag: string, attributes: Record<string, string | number>, parent?: SVGElement): SVGElement {
  const made: SVGElement = document.createElementNS(SPACE, tag) as SVGElement;
  for (const name of Object.keys(attributes)) {
    made.setAttribute(name, String(attributes[name]));
  }
  if (parent) {
    parent.appendChild(made);
  }
  return made;
}
