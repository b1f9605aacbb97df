import React from 'react';
import ForgeReconciler, { DynamicTable, Heading, LineChart, Stack, Text } from '@forge/react';

import { KEY_FIGURES } from './figures';
import { Loaded, Origin } from './shared';
import { day, filled, percent, period, said } from './words';

const DAYS = 392;

/** The page: each key figure with its meaning, its line over time and the same as a table. */
export function Page() {
  return (
    <Loaded keys={KEY_FIGURES} days={DAYS}>
      {(card, words, language) => (
        <Stack space="space.300">
          <Origin card={card} words={words} language={language} />
          {card.figures.map((figure) => (
            <Figure key={figure.metric.key} figure={figure} words={words} language={language} />
          ))}
          <Text>
            {card.origin.coverage === null ? words.coverageNotKnown : filled(words.coverage, percent(card.origin.coverage, language))}{' '}
            {filled(words.minimumGroup, String(card.origin.minimum_group))}
          </Text>
        </Stack>
      )}
    </Loaded>
  );
}

function Figure({ figure: { metric, now, history }, words, language }) {
  // Only what was published is a point: a gap stays a gap, and the table says why.
  const points = history.filter((cell) => cell.value !== null).map((cell) => ({ x: day(cell.until, language, true), y: cell.value }));
  return (
    <Stack space="space.100">
      <Heading as="h3">{metric.label[language]}</Heading>
      <Text>{metric.meaning[language]}</Text>
      <Text>{said(now, metric.unit, language)}</Text>
      {points.length > 1 ? <LineChart data={points} xAccessor="x" yAccessor="y" title={metric.label[language]} /> : null}
      {history.length > 0 ? (
        <DynamicTable
          caption={metric.label[language]}
          head={{ cells: [words.period, words.value].map((content) => ({ key: content, content })) }}
          rows={[...history].reverse().map((cell) => ({
            key: cell.since,
            cells: [{ content: period(cell, language) }, { content: said(cell, metric.unit, language) }]
          }))}
        />
      ) : null}
    </Stack>
  );
}

ForgeReconciler.render(<Page />);
