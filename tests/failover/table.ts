import { markdownTable } from '../oracle/document.ts';
import type { Results } from './results.ts';

export const document = 'docs/reliability.md';

/** The generated section of docs/reliability.md. */
export function table({ failovers, webhook }: Results): string {
  const rows = failovers.map(({ stage, secondsAway, refused, status, secondsAfter, isSame }) => [
    `PostgreSQL away for ${secondsAway} s, from the middle of \`${stage}\` on`,
    `${status === 'SUCCEEDED' ? 'the run succeeds' : 'the run fails'} ${secondsAfter} s after it is back, ${refused} connections refused; outputs ${isSame ? 'equal' : 'not equal'}`,
  ]);
  const [first] = webhook.told;
  const isOneKey = webhook.told.every(({ idempotencyKey }) => idempotencyKey === first?.idempotencyKey);
  return markdownTable(
    ['fault', 'outcome'],
    [
      ...rows,
      [
        '`notify` killed when the webhook has its message, before its record',
        `told ${webhook.told.length} times, ${isOneKey ? 'under one idempotency key' : 'under different keys'}, each time signed; recorded; another attempt tells nothing more`,
      ],
    ],
  );
}
