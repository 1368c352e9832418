import { datasetContracts } from '../contracts/datasets/index.ts';
import type { EventFate } from '../contracts/run-documents.ts';
import { hasTooManyBadRows, notableLoss } from './bad-rate.ts';

/** An event of which a notable share is in quarantine. */
export interface EventLoss extends EventFate {
  /** Accepted and quarantined. */
  readonly lines: number;
  /** Quarantined ones of `lines`. */
  readonly share: number;
  /** Whether a run would not take a file of these rows alone. */
  readonly isTooMuch: boolean;
}

/** The events that decide and of which so many are set aside that a person should know. */
export function eventLosses(fates: readonly EventFate[]): EventLoss[] {
  return fates
    .map((fate) => {
      const lines = fate.accepted + fate.quarantined;
      return { ...fate, lines, share: lines === 0 ? 0 : fate.quarantined / lines };
    })
    .filter(({ share }) => share >= notableLoss)
    .map((loss) => ({ ...loss, isTooMuch: hasTooManyBadRows(datasetContracts.events, loss) }));
}
