import React from 'react';
import ForgeReconciler, { DynamicTable, Label, Stack, Text, Textfield, useConfig } from '@forge/react';

import { chosen } from './figures';
import { Loaded, Origin } from './shared';
import { WORDS, range, said } from './words';

const DAYS = 84;

/** The macro: each key figure with its value, or why there is none. */
export function Card() {
  return (
    <Loaded keys={chosen(useConfig()?.metrics)} days={DAYS}>
      {(card, words, language) => (
        <Stack space="space.100">
          <DynamicTable
            caption="Resonanz"
            head={{ cells: [words.figure, words.value, words.range].map((content) => ({ key: content, content })) }}
            rows={card.figures.map(({ metric, now }) => ({
              key: metric.key,
              cells: [metric.label[language], said(now, metric.unit, language), range(now, metric.unit, language)].map((content) => ({ content }))
            }))}
          />
          <Origin card={card} words={words} language={language} />
        </Stack>
      )}
    </Loaded>
  );
}

/** What an author of the page can choose. Shown before the reader's language is known, so in both. */
function Config() {
  return (
    <>
      <Label labelFor="metrics">{`${WORDS.en.metrics} / ${WORDS.de.metrics}`}</Label>
      <Textfield id="metrics" name="metrics" />
      <Text>{WORDS.en.metricsHint}</Text>
      <Text>{WORDS.de.metricsHint}</Text>
    </>
  );
}

ForgeReconciler.render(<Card />);
ForgeReconciler.addConfig(<Config />);
