import { filesOf, goodDrop } from '../../unit/engine/bad-input/good-drop.ts';
import type { Files } from '../../unit/engine/bad-input/run-drop.ts';

/** A drop with ids near the end of 64 bits, cents, fractions of a second, letters beyond ASCII, and values that are missing. */
export const interopDrop: Files = filesOf({
  ...goodDrop,
  events: [
    ...goodDrop.events,
    '999999999999999999,,1,purchase,2024-03-02T23:59:59.123456+02:00,2,3,1234567890123.45,o-2,EUR',
    '6,,1,ça va ☕,2024-03-02,,,,,',
    '7,,1,search,yesterday,,,,,',
  ],
});

/** What other tools must read in the event of 18 digits, whatever the file. */
export const longEvent = {
  event_id: 999999999999999999n,
  event_ts: '2024-03-02T21:59:59.123Z',
  quantity: 3n,
  revenue: 1234567890123.45,
};
