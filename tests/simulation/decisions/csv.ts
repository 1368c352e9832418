import { dateOf, experimentId } from './calendar.ts';
import { bouncedSteps, type Sink, type Stage, type Visitor, visitSteps } from './sink.ts';
import type { Truth } from './truth.ts';

const second = 1000;
const hour = 3_600_000;
/** Users are assigned at eight, exposed at noon, and come back an hour after the time of their exposure. */
const assignedAt = 8 * hour;
const exposedAt = 12 * hour;
const laterBy = hour;

/** Rows of one user, from the day on that they are known. */
interface Row {
  readonly day: number;
  readonly line: string;
}

interface User {
  readonly id: number;
  readonly arm: number;
}

/** Writes an experiment user by user, as a shop would export it; `files` is complete after it was generated. */
export function recordFiles(truth: Truth): {
  readonly sink: Sink;
  /** The five CSVs with what happened up to the end of a day. */
  readonly files: (day: number) => Record<string, string>;
} {
  const rows = { users: [] as Row[], sessions: [] as Row[], assignments: [] as Row[], events: [] as Row[] };
  const waiting = new Map<string, User[]>();
  const exposed = new Map<string, User[]>();
  const next = { user: 1, session: 1, event: 1 };

  const userOf = (arm: number, day: number): User => {
    const user = exposed.get(`${arm} ${day}`)?.pop();
    if (user === undefined) throw new Error(`nobody is left of those exposed on day ${day}`);
    return user;
  };
  /** One session: its events one a second from its start on. */
  const session = (user: User, day: number, start: number, steps: number, events: readonly string[]) => {
    const id = next.session++;
    const end = start + steps * (truth.arms[user.arm]?.behaviour.stepMs ?? 0);
    rows.sessions.push({ day, line: `${id},${user.id},${timeOf(day, start)},${timeOf(day, end)}` });
    for (const [index, event] of events.entries()) {
      rows.events.push({
        day,
        line: `${next.event++},${id},${user.id},${timeOf(day, start + index * second)},1,${event}`,
      });
    }
  };
  const visit = (arm: number, day: number, { stage, further, steps, purchase, returnSteps }: Visitor) => {
    const user = userOf(arm, day);
    const bought = purchase === null ? [] : purchaseEvents(user, purchase);
    const buysAtOnce = purchase?.day === 0;
    session(user, day, exposedAt, steps, [...firstEvents(stage, further), ...(buysAtOnce ? bought : [])]);
    if (purchase !== null && !buysAtOnce) {
      session(user, day + purchase.day, exposedAt + laterBy, purchase.steps, [view, ...bought]);
    }
    if (returnSteps !== null) session(user, day + 7, exposedAt + laterBy, returnSteps, [view]);
  };
  const visitOnce = (arm: number, day: number, stage: Stage, further: number, steps: number) =>
    visit(arm, day, { stage, further, steps, purchase: null, returnSteps: null });

  const sink: Sink = {
    assigned(arm, day, users) {
      const all = Array.from({ length: users }, (): User => ({ id: next.user++, arm }));
      for (const { id } of all) {
        rows.users.push({ day, line: `${id},${timeOf(day, 0)}` });
        const variant = truth.arms[arm]?.variant;
        rows.assignments.push({ day, line: `${id},${experimentId},${variant},${timeOf(day, assignedAt)}` });
      }
      waiting.set(`${arm} ${day}`, all);
    },
    exposed(arm, assignedDay, day, users) {
      const own = waiting.get(`${arm} ${assignedDay}`)?.splice(0, users) ?? [];
      exposed.set(`${arm} ${day}`, [...(exposed.get(`${arm} ${day}`) ?? []), ...own]);
    },
    bounced(arm, day, bySteps) {
      for (const steps of expand(bySteps, bouncedSteps)) visitOnce(arm, day, 0, 0, steps);
    },
    browsed(arm, day, byStage, bySteps) {
      const steps = expand(bySteps, visitSteps);
      for (const [index, byFurther] of byStage.entries()) {
        for (const further of expand(
          byFurther,
          byFurther.map((_, level) => level + 1),
        )) {
          visitOnce(arm, day, (index + 1) as Stage, further, steps.pop() ?? 0);
        }
      }
    },
    visitor: visit,
  };
  const file = (header: string, all: readonly Row[], last: number) =>
    `${[header, ...all.filter(({ day }) => day <= last).map(({ line }) => line)].join('\n')}\n`;
  return {
    sink,
    files: (day) => ({
      'users.csv': file('user_id,signup_ts', rows.users, day),
      'products.csv': 'product_id,category,price\n1,toys,45.00\n',
      'sessions.csv': file('session_id,user_id,session_start_ts,session_end_ts', rows.sessions, day),
      'experiment_assignments.csv': file('user_id,experiment_id,variant,assigned_ts', rows.assignments, day),
      'events.csv': file(
        'event_id,session_id,user_id,event_ts,product_id,event_name,quantity,revenue,order_id,currency',
        rows.events,
        day,
      ),
    }),
  };
}

const view = 'view_product,,,,';
const cart = 'add_to_cart,1,,,';
const checkout = 'begin_checkout,,,,';

function firstEvents(stage: Stage, further: number): string[] {
  return [
    view,
    ...Array.from({ length: further }, () => view),
    ...(stage > 1 ? [cart] : []),
    ...(stage > 2 ? [checkout] : []),
  ];
}

/** All but a cent of each further order in the first. */
function purchaseEvents({ id }: User, { orders, cents }: NonNullable<Visitor['purchase']>): string[] {
  const amounts = Array.from({ length: orders }, (_, order) => (order === 0 ? cents - orders + 1 : 1));
  return [
    cart,
    checkout,
    ...amounts.map((amount, order) => `purchase,1,${(amount / 100).toFixed(2)},o${id}-${order},EUR`),
  ];
}

/** So many of each level, one by one. */
function expand(counts: readonly number[], levels: readonly number[]): number[] {
  return counts.flatMap((count, index) => new Array<number>(count).fill(levels[index] as number));
}

function timeOf(day: number, milliseconds: number): string {
  return new Date(Date.parse(dateOf(day)) + milliseconds).toISOString();
}
