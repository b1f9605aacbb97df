-- Questions to the views of the schema resonanz_bi, for Metabase, Superset or any other tool that speaks to PostgreSQL.
-- Each is a question of its own: paste one at a time. Hidden values are NULL, never 0: leave them out, do not count them as 0.

-- Is this the version the reports were built on?
SELECT version, major FROM resonanz_bi.version;

-- How many take part, week by week?
SELECT since AS week, value AS share, low, high, people
FROM resonanz_bi.measurement
WHERE metric = 'active_share' AND scope = 'organisation' AND "window" = 'week' AND state = 'published'
ORDER BY since;

-- The rooms in the newest week, with the names that everybody may see; what is hidden says why.
SELECT r.label AS room, r.purpose, m.value AS share, m.people, m.state, m.reason
FROM resonanz_bi.measurement m
JOIN resonanz_bi.room r ON r.key = m.scope_key AND r.organisation = m.organisation
WHERE m.metric = 'active_share' AND m.scope = 'room' AND m."window" = 'week'
  AND m.since = (SELECT max(since) FROM resonanz_bi.measurement WHERE "window" = 'week')
ORDER BY m.value DESC NULLS LAST;

-- What is told, observed and documented of each dimension, side by side (never averaged).
SELECT dimension_en AS dimension,
  max(level) FILTER (WHERE kind = 'told') AS told,
  max(level) FILTER (WHERE kind = 'observed') AS observed,
  max(level) FILTER (WHERE kind = 'documented') AS documented
FROM resonanz_bi.dimension_result
GROUP BY dimension_en
ORDER BY dimension_en;

-- The scales of the newest survey round.
SELECT s.dimension, s.mean, s.low, s.high, s.people, s.state, s.reason
FROM resonanz_bi.survey_result s
JOIN resonanz_bi.survey_round r ON r.key = s.round AND r.organisation = s.organisation
WHERE s."group" = '' AND s.question = ''
  AND r.published = (SELECT max(published) FROM resonanz_bi.survey_round)
ORDER BY s.dimension;

-- How far can the figures be trusted: what could not be read, and until when there are data.
SELECT c.source, c.kind, c.share, c.state, c.reason, p.data_until, p.cells_published, p.cells_suppressed, p.cells_unknown
FROM resonanz_bi.coverage c
JOIN resonanz_bi.publication p ON p.organisation = c.organisation
ORDER BY c.source, c.kind;

-- What the figures mean: the words for a legend or a tooltip.
SELECT key, label_de, label_en, meaning_en, unit, direction FROM resonanz_bi.metric ORDER BY key;

-- Dates to draw into a chart over time.
SELECT day, label_en AS event, kind FROM resonanz_bi.milestone ORDER BY day;
