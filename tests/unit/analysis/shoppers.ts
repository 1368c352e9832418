import type { User } from './measurement.ts';

/** Numbers in [0, 1) by a linear congruential generator: the same for the same seed. */
export function randomOf(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Users of a shop whose purchases depend on what they did before (`loyalty`), raised by `uplift` (relative).
 * Most have no outcome and a few spend much, as in a shop.
 */
export function shoppers(count: number, seed: number, uplift = 0): User[] {
  const random = randomOf(seed);
  return Array.from({ length: count }, () => {
    const loyal = random() < 0.3;
    const purchased = Number(random() < (loyal ? 0.5 : 0.1) * (1 + uplift));
    const sessions = Number(random() < 0.9);
    return {
      purchased,
      orders: purchased * (1 + Number(random() < 0.2)),
      revenue: purchased * Math.round(800 * Math.exp(random() * 3)),
      added_to_cart: Math.max(purchased, Number(random() < 0.3)),
      began_checkout: purchased,
      events_in_window: 1 + Math.floor(random() * 8),
      exposure_sessions: 1,
      bounced_sessions: Number(random() < 0.3),
      sessions,
      session_ms: sessions * Math.round(random() * 300_000),
      retained_d7: Number(random() < 0.2),
      pre_purchased: Number(loyal),
      pre_revenue: loyal ? Math.round(1000 * Math.exp(random() * 2)) : 0,
      pre_orders: Number(loyal),
      pre_events: Math.floor(random() * 6) + (loyal ? 4 : 0),
    };
  });
}
