import React, { useEffect, useState } from 'react';
import { Em, SectionMessage, Spinner, Stack, Text, useProductContext } from '@forge/react';

import { load } from './figures';
import { WORDS, day, filled, languageOf } from './words';

/** Fetches once per set of keys; draws what is to be said meanwhile, and what went wrong. */
export function Loaded({ keys, days, children }) {
  const language = languageOf(useProductContext()?.locale);
  const words = WORDS[language];
  const [state, setState] = useState({});
  useEffect(() => {
    let current = true;
    load(keys, days).then(
      (card) => current && setState({ card }),
      (error) => current && setState({ trouble: error.trouble ?? 'unreachable' })
    );
    return () => {
      current = false;
    };
  }, [keys.join(), days]);
  if (state.trouble) {
    return (
      <SectionMessage appearance="warning">
        <Text>{words.trouble[state.trouble]}</Text>
      </SectionMessage>
    );
  }
  if (!state.card) return <Spinner label={words.waiting} />;
  return children(state.card, words, language);
}

/** How old the data are, and whether they are invented. */
export function Origin({ card, words, language }) {
  return (
    <Stack>
      <Text>{filled(words.dataUntil, day(card.origin.data_until, language, true), String(card.age))}</Text>
      {card.origin.synthetic ? (
        <Text>
          <Em>{words.synthetic}</Em>
        </Text>
      ) : null}
    </Stack>
  );
}
