import { decidingNames } from '../../experiment/config.ts';
import { isSameLabel, similarLabel } from '../../experiment/similar-labels.ts';
import { formatCount, formatPercent } from '../../report/format.ts';
import { testHomogeneity } from '../../statistics/homogeneity.ts';
import { srmAlpha } from '../../statistics/srm.ts';
import { type Check, counted, type LoggingInput, notChecked } from './check.ts';

/** Share of an event's rows that may have another spelling before no effect on it can be believed. */
const tolerated = 0.01;

/** Events whose name is a misspelling of one that decides: they count for nothing, and where the arms differ in it, for one arm. */
export const eventSpelling: Check<LoggingInput> = {
  name: 'event_spelling',
  label: 'Misspelt events',
  evaluate({ measurement: { eventQuality }, run, arms }: LoggingInput) {
    if (eventQuality === undefined) return notChecked('The run did not compare the names of events.');
    const { spellings } = eventQuality;
    const deciding = decidingNames(run.config);
    const of = (event: string, variant: string) =>
      spellings.find((count) => count.event === event && count.variant === variant)?.events ?? 0;
    const misspelt = [...new Set(spellings.map(({ event }) => event))].flatMap((event) => {
      const like = deciding.includes(event) ? undefined : similarLabel(event, deciding);
      if (like === undefined) return [];
      const groups = arms.map(({ variant }) => ({
        variant,
        hits: of(event, variant),
        total: of(event, variant) + of(like, variant),
      }));
      const hits = groups.reduce((sum, group) => sum + group.hits, 0);
      const total = groups.reduce((sum, group) => sum + group.total, 0);
      const test = testHomogeneity(groups);
      const isApart = test.reason === null && test.p < srmAlpha;
      // Names that differ in more than case may be meant: unless one takes the place of the other in an arm.
      const replaces = groups.some((group) => group.hits > 0 && group.hits === group.total) && isApart;
      if (!isSameLabel(event, like) && !replaces) return [];
      return [{ event, like, groups, isFailed: isApart || hits / total >= tolerated }];
    });
    if (misspelt.length === 0)
      return counted(false, 'No event looks like a misspelling of one that decides.');
    const told = misspelt
      .map(
        ({ event, like, groups }) =>
          `"${event}" looks like "${like}", but does not count as it: ${groups.map(({ variant, hits, total }) => `${variant} ${formatCount(hits)} of ${formatCount(total)} (${formatPercent(total === 0 ? 0 : hits / total)})`).join(', ')}`,
      )
      .join('; ');
    const aliases = misspelt
      .map(({ event, like }) => `${JSON.stringify(event)}: ${JSON.stringify(like)}`)
      .join(', ');
    return {
      status: misspelt.some(({ isFailed }) => isFailed) ? 'fail' : 'warn',
      explanation: `${told}. Put this into experiment.yaml and run the same files again: event_aliases: { ${aliases} }.`,
    };
  },
};
