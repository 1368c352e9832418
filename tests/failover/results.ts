import type { StageName } from '../../layers/runs/documents.ts';

/** results.json. */
export interface Results {
  readonly node: string;
  readonly failovers: readonly Failover[];
  readonly webhook: WebhookKill;
}

/** A run whose database went away in the middle of what a stage said to it, and came back. */
export interface Failover {
  readonly stage: StageName;
  readonly secondsAway: number;
  /** Connections that the stage tried meanwhile. */
  readonly refused: number;
  readonly status: string;
  /** From the return of the database to the end of the run. */
  readonly secondsAfter: number;
  /** Whether objects, rows of the tables and manifest are those of a run that nobody disturbed. */
  readonly isSame: boolean;
}

/** A run whose `notify` was killed between what it told the webhook and its record of that. */
export interface WebhookKill {
  readonly status: string;
  /** What the webhook was told, in order: the run's attempts are two, the second of the same content. */
  readonly told: readonly Told[];
  readonly isRecorded: boolean;
}

export interface Told {
  readonly idempotencyKey: string;
  readonly isSigned: boolean;
  readonly isKilled: boolean;
}

/** Sentences about what does not hold. */
export function faultsIn({ failovers, webhook }: Results): string[] {
  const [first, second, ...more] = webhook.told;
  const isToldTwice = first?.isKilled && second !== undefined && !second.isKilled && more.length === 0;
  return [
    ...failovers.flatMap(({ stage, secondsAway, refused, status, isSame }) =>
      status === 'SUCCEEDED' && isSame && refused > 0
        ? []
        : [
            `${stage}, ${secondsAway} s: ${status}, ${refused} refused, ${isSame ? 'the same' : 'not the same'}`,
          ],
    ),
    ...(webhook.status === 'SUCCEEDED' && webhook.isRecorded ? [] : [`the run that told: ${webhook.status}`]),
    ...(isToldTwice ? [] : [`the webhook was told ${webhook.told.length} times`]),
    ...(first?.idempotencyKey === second?.idempotencyKey ? [] : ['the idempotency keys differ']),
    ...(webhook.told.every(({ isSigned }) => isSigned) ? [] : ['a message is not signed']),
  ];
}
