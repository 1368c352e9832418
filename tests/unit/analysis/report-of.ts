import { buildReport } from '../../../layers/analysis/build-report.ts';
import type { Measurements } from '../../../layers/experiment/measurements.ts';
import type { Report } from '../../../layers/report/schema.ts';
import { armOf, configOf, experimentOf, type User, users } from './measurement.ts';

const buyer: User = {
  purchased: 1,
  added_to_cart: 1,
  began_checkout: 1,
  revenue: 2500,
  orders: 1,
  events_in_window: 6,
};
const visitor: User = { events_in_window: 2 };

/** A report of two experiments, the second without a treatment arm, one metric unavailable. */
export function exampleReport(overlay?: string, experimentId = 'checkout'): Report {
  const measurements: Measurements = {
    schemaVersion: 1,
    asOf: '2026-02-01T00:00:00Z',
    experiments: [
      experimentOf([armOf('control', users(50, visitor))], { experimentId: 'search' }),
      experimentOf(
        [
          armOf('control', [...users(19, buyer), ...users(429, visitor)]),
          armOf('treatment', [...users(23, buyer), ...users(449, visitor)]),
        ],
        {
          experimentId,
          segments: ['desktop', 'mobile'].map((level, index) => ({
            segment: 'device',
            level,
            arms: [
              armOf('control', [...users(9 + index, buyer), ...users(214, visitor)], { assigned: 0 }),
              armOf('treatment', [...users(12 - index, buyer), ...users(224, visitor)], { assigned: 0 }),
            ],
          })),
          logitCells: [
            { variant: 'control', eventsInWindow: 2, users: 439, purchased: 10 },
            { variant: 'control', eventsInWindow: 6, users: 9, purchased: 9 },
            { variant: 'treatment', eventsInWindow: 2, users: 459, purchased: 10 },
            { variant: 'treatment', eventsInWindow: 6, users: 13, purchased: 12 },
          ],
        },
      ),
    ],
    population: [
      { experimentId, step: 'assigned', rows: 1000, users: 990 },
      { experimentId, step: 'analysed', rows: 920, users: 920 },
    ],
    quality: { events: { lines: 5000, accepted: 4990, quarantined: 8, duplicates: 2 } },
    quarantineRules: [],
    warnings: [],
  };
  return buildReport(
    {
      runId: '0123456789abcdef',
      drop: 'default',
      config: configOf(overlay),
      configHash: 'c0ffee',
      codeVersion: 'code',
      unavailable: [{ kind: 'metric', name: 'session_duration', reason: 'the drop has no sessions' }],
    },
    {
      inputs: [
        {
          kind: 'events',
          key: 'raw/events.csv',
          versionId: 'v1',
          etag: 'e1',
          size: 10,
          lastModified: '2026-02-01T00:00:00.000Z',
        },
      ],
    },
    measurements,
  );
}
