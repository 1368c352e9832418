import { eventLosses, notableLoss } from '../../data/bad-rows.ts';
import { formatCount, formatPercent, formatQuantity } from '../../report/format.ts';
import { type Check, counted, type Finding, type RunQuality, type TrustInput } from './check.ts';

const notableDuplicates = 0.01;

/** Lines that were left out as repetitions, over all datasets of the run. */
export const duplicates: Check = {
  name: 'duplicates',
  label: 'Duplicate lines',
  evaluate({ run: { quality } }: Pick<TrustInput, 'run'>) {
    return unusedLines(quality, 'duplicates', 'repeated lines', notableDuplicates);
  },
};

/**
 * Lines in quarantine, over all datasets of the run; and of the events that exposures and outcomes are made of, which may be
 * few among all lines. Where so many of these are lost that a run would not take such a file, no effect can be believed.
 */
export const quarantine: Check = {
  name: 'quarantine',
  label: 'Quarantined lines',
  evaluate({ run: { quality, decisiveEvents = [] } }: Pick<TrustInput, 'run'>) {
    const found = unusedLines(quality, 'quarantined', 'lines in quarantine', notableLoss);
    const lost = eventLosses(decisiveEvents);
    if (lost.length === 0) return found;
    const list = lost.map(
      ({ event, quarantined, lines, share }) =>
        `${formatCount(quarantined)} of ${formatQuantity(lines, `${event} event`)} (${formatPercent(share)})`,
    );
    const isFailed = lost.some(({ isTooMuch }) => isTooMuch);
    const meaning = isFailed
      ? ': without them the outcomes are not those of the users. Repair the rows (ecom quarantine --export) and upload the files again.'
      : '.';
    return {
      status: isFailed ? 'fail' : 'warn',
      explanation: `${found.explanation} Among them are ${list.join(', ')}${meaning}`,
    };
  },
};

function unusedLines(
  quality: RunQuality['quality'],
  column: 'duplicates' | 'quarantined',
  what: string,
  notableShare: number,
): Finding {
  const unused = Object.entries(quality).flatMap(([dataset, counts]) =>
    counts.lines === 0 || counts[column] === 0
      ? []
      : [{ dataset, rows: counts[column], share: counts[column] / counts.lines }],
  );
  const list = unused.map(
    ({ dataset, rows, share }) => `${dataset} ${formatCount(rows)} (${formatPercent(share)})`,
  );
  return counted(
    unused.some(({ share }) => share >= notableShare),
    unused.length === 0 ? `There are no ${what}.` : `Not used, ${what}: ${list.join(', ')}.`,
  );
}
