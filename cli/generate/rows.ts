import type { DatasetName } from '../../layers/data/datasets/index.ts';
import type { Product } from './catalog.ts';
import { secondsPerDay, type Visitor } from './visitor.ts';

/** Columns of the files. events.csv calls the event's name `event_type`, as the default configuration expects. */
export const headers: Readonly<Record<DatasetName, readonly string[]>> = {
  users: ['user_id', 'signup_ts', 'device', 'country', 'channel'],
  products: ['product_id', 'category', 'price'],
  sessions: ['session_id', 'user_id', 'session_start_ts', 'session_end_ts', 'device'],
  experiment_assignments: ['user_id', 'experiment_id', 'variant', 'assigned_ts'],
  events: [
    'event_id',
    'session_id',
    'user_id',
    'event_type',
    'event_ts',
    'product_id',
    'quantity',
    'revenue',
    'order_id',
    'currency',
  ],
};

const twoDigits = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0'));

/** Formats seconds since the start of the experiment as `2026-01-01T00:00:00Z`. */
export class Clock {
  readonly #startMs: number;
  readonly #days = new Map<number, string>();

  constructor(start: string) {
    this.#startMs = Date.parse(`${start}T00:00:00Z`);
  }

  format(seconds: number): string {
    const day = Math.floor(seconds / secondsPerDay);
    const rest = seconds - day * secondsPerDay;
    const hour = twoDigits[Math.floor(rest / 3600)];
    const minute = twoDigits[Math.floor(rest / 60) % 60];
    return `${this.#date(day)}T${hour}:${minute}:${twoDigits[rest % 60]}Z`;
  }

  #date(day: number): string {
    let date = this.#days.get(day);
    if (date === undefined) {
      date = new Date(this.#startMs + day * secondsPerDay * 1000).toISOString().slice(0, 10);
      this.#days.set(day, date);
    }
    return date;
  }
}

/** Takes one line without its end. */
type Sink = (line: string) => void;

export function writeProducts(catalog: readonly Product[], sink: Sink): void {
  for (const { id, category, priceCents } of catalog) sink(`${id},${category},${money(priceCents)}`);
}

/** Writes a user's rows; sessions and events are numbered through in the order of writing. */
export class VisitorRows {
  readonly #clock: Clock;
  readonly #experiment: string;
  #sessions = 0;
  #events = 0;

  constructor(clock: Clock, experiment: string) {
    this.#clock = clock;
    this.#experiment = experiment;
  }

  write(visitor: Visitor, sinks: Readonly<Record<Exclude<DatasetName, 'products'>, Sink>>): void {
    const { id, signup, traits, assignments, visits, events } = visitor;
    const clock = this.#clock;
    sinks.users(
      `${id},${clock.format(signup)},${traits.device.name},${traits.country.name},${traits.channel.name}`,
    );
    for (const { variant, time } of assignments) {
      sinks.experiment_assignments(`${id},${this.#experiment},${variant},${clock.format(time)}`);
    }
    const first = this.#sessions + 1;
    for (const { start, end, device } of visits) {
      this.#sessions += 1;
      sinks.sessions(`${this.#sessions},${id},${clock.format(start)},${clock.format(end)},${device}`);
    }
    for (const event of events) {
      this.#events += 1;
      const session = event.visit === undefined ? '' : first + event.visit;
      const what = `${this.#events},${session},${id},${event.name},${clock.format(event.time)}`;
      const sale = event.cents === undefined ? ',,' : `${money(event.cents)},${event.order},EUR`;
      sinks.events(`${what},${event.product ?? ''},${event.quantity ?? ''},${sale}`);
    }
  }
}

function money(cents: number): string {
  const absolute = Math.abs(cents);
  return `${cents < 0 ? '-' : ''}${Math.floor(absolute / 100)}.${twoDigits[absolute % 100]}`;
}
