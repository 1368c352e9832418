import type { ExperimentMeasurement } from '../../../../layers/experiment/measurements.ts';
import { eventLevels } from '../history.ts';
import { accumulate, ageAt, analysedDays, analysedUsers, byVariant, type Look } from './look.ts';

export function logitCellsOf(look: Look): ExperimentMeasurement['logitCells'] {
  const { history, settings } = look;
  return byVariant(look, (arm, variant) => {
    const added = new Float64Array(eventLevels * 2);
    for (const exposureDay of analysedDays(look)) {
      accumulate(
        added,
        history.byEventsOf(arm, exposureDay, ageAt(look, exposureDay, settings.outcome_window_days)),
      );
    }
    return Array.from({ length: eventLevels }, (_, eventsInWindow) => ({
      variant,
      eventsInWindow,
      users: added[2 * eventsInWindow] as number,
      purchased: added[2 * eventsInWindow + 1] as number,
    })).filter(({ users }) => users > 0);
  }).flat();
}

/** Nobody did anything before the exposure. */
export function adjustedCellsOf(look: Look): ExperimentMeasurement['adjustedCells'] {
  return byVariant(look, (arm, variant) => ({
    variant,
    preEvents: 0,
    prePurchased: false,
    users: analysedUsers(look, arm),
    purchased: look.buyers.filter((buyer) => buyer.arm === arm).length,
  })).filter(({ users }) => users > 0);
}
