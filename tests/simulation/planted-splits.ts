import { splitCauses } from '../../layers/analysis/trust/split-causes.ts';
import type { SplitCause } from '../../layers/report/trust-schema.ts';
import { type Random, randomOf } from './samplers.ts';

/** A user as the raw data show one. */
interface User {
  /** Where the first assignment was to; null: the assignment is not in the data. */
  readonly arm: 'control' | 'treatment' | 'Treatmnt' | null;
  /** Another arm that the user came to later. */
  readonly movedTo: 'control' | 'treatment' | null;
  readonly device: string;
  readonly day: number;
  /** Day of the first exposure that counts, or null. */
  readonly exposedOn: number | null;
  readonly isExcluded: boolean;
  readonly isEarly: boolean;
}

type Fault = (user: User, random: Random) => User;

const unexposed = { exposedOn: null };
const isTreated = ({ arm }: User) => arm === 'treatment';
const moved = (user: User, random: Random, share: number): User =>
  random() < share ? { ...user, movedTo: user.arm === 'control' ? 'treatment' : 'control' } : user;

/** What goes wrong, and which causes name it. */
export const faults: Readonly<
  Record<string, { readonly fault: Fault; readonly right: readonly SplitCause['cause'][] }>
> = {
  'exposures of one arm lost': {
    fault: (user, random) => (isTreated(user) && random() < 0.12 ? { ...user, ...unexposed } : user),
    right: ['exposures_missing'],
  },
  'a redirect that users of one arm leave': {
    fault: (user, random) =>
      isTreated(user) && random() < (user.device === 'mobile' ? 0.16 : 0.08)
        ? { ...user, ...unexposed }
        : user,
    right: ['exposures_missing'],
  },
  'a bot filter in one arm': {
    fault: (user, random) =>
      isTreated(user) && random() < 0.12 ? { ...user, ...unexposed, isExcluded: true } : user,
    right: ['excluded_users'],
  },
  'exposures before the assignment in one arm': {
    fault: (user, random) =>
      isTreated(user) && random() < 0.12 ? { ...user, ...unexposed, isEarly: true } : user,
    right: ['exposed_before_assignment'],
  },
  'exposures on one device lost': {
    fault: (user, random) =>
      isTreated(user) && user.device === 'tablet' && random() < 0.7 ? { ...user, ...unexposed } : user,
    right: ['one_level'],
  },
  'assignments on one device lost': {
    fault: (user, random) =>
      isTreated(user) && user.device === 'tablet' && random() < 0.7 ? { ...user, arm: null } : user,
    right: ['one_level'],
  },
  'assignments of one day lost': {
    fault: (user, random) =>
      isTreated(user) && user.day === 9 && random() < 0.8 ? { ...user, arm: null } : user,
    right: ['one_day'],
  },
  'exposures of one day lost': {
    fault: (user, random) =>
      isTreated(user) && user.exposedOn === 9 && random() < 0.8 ? { ...user, ...unexposed } : user,
    right: ['one_day'],
  },
  'a ramp-up in the first days': {
    fault: (user, random) =>
      user.day < 3 && user.arm !== null && random() < 0.5 ? { ...user, arm: 'control' } : user,
    right: ['first_days'],
  },
  'exposures logged late in one arm': {
    fault: (user) => (isTreated(user) && (user.exposedOn ?? 9) < 3 ? { ...user, ...unexposed } : user),
    right: ['first_days'],
  },
  'users of one arm moved to the other': {
    fault: (user, random) => (isTreated(user) ? moved(user, random, 0.12) : user),
    right: ['reassignment'],
  },
  'one arm under two names': {
    fault: (user, random) => (isTreated(user) && random() < 0.12 ? { ...user, arm: 'Treatmnt' } : user),
    right: ['variant_label'],
  },
  'other weights than configured': {
    fault: (user, random) => (isTreated(user) && random() < 0.12 ? { ...user, arm: 'control' } : user),
    right: ['weights'],
  },
};

const days = 14;
const users = 20_000;
const devices = ['mobile', 'mobile', 'mobile', 'desktop', 'desktop', 'tablet'];
const weights = { control: 0.5, treatment: 0.5 };
const arms = ['control', 'treatment'] as const;

/** Users of a drop in which a fault hits one arm, as `measure` counts them. Some of each kind are left out in any drop. */
function drop(name: string, fault: Fault, seed: number): Parameters<typeof splitCauses>[1] {
  const random = randomOf(`splits/${name}/${seed}`);
  const all = Array.from({ length: users }, (): User => {
    const day = Math.floor(random() * days);
    const isExcluded = random() < 0.01;
    const isEarly = !isExcluded && random() < 0.01;
    const isExposed = !isExcluded && !isEarly && random() < 0.85;
    const user: User = {
      arm: random() < 0.5 ? 'control' : 'treatment',
      movedTo: null,
      device: devices[Math.floor(random() * devices.length)] ?? '',
      day,
      exposedOn: isExposed ? Math.min(days - 1, day + Math.floor(-Math.log(random()))) : null,
      isExcluded,
      isEarly,
    };
    return moved(fault(user, random), random, 0.01);
  });
  const dayOf = (day: number) => `2026-03-${String(day + 1).padStart(2, '0')}`;
  const kept = all.filter(({ movedTo }) => movedTo === null);
  const count = (of: (user: User) => boolean, from = kept) =>
    arms.map((variant) => ({
      variant,
      users: from.filter((user) => user.arm === variant && of(user)).length,
    }));
  const exposedUsers = kept.filter(({ exposedOn }) => exposedOn !== null);
  const assigned = new Map(count(() => true).map(({ variant, users: own }) => [variant, own]));
  const measured = (of: (user: User) => boolean) =>
    count(of, exposedUsers).map(({ variant, users: exposed }) => ({
      variant,
      exposed,
      assigned: assigned.get(variant) ?? 0,
      users: exposed,
      sums: {},
      products: {},
    }));
  const misspelt = kept.filter(({ arm }) => arm === 'Treatmnt').length;
  return {
    experimentId: 'checkout',
    arms: measured(() => true),
    assignedByDay: Array.from({ length: days }, (_, day) => ({
      day: dayOf(day),
      arms: count((user) => user.day === day),
    })),
    segments: [...new Set(devices)].map((level) => ({
      segment: 'device',
      level,
      arms: measured(({ device }) => device === level),
    })),
    cohorts: Array.from({ length: days }, (_, day) => ({
      day: dayOf(day),
      arms: measured(({ exposedOn }) => exposedOn === day),
    })),
    crossoversByFirstVariant: count(
      () => true,
      all.filter(({ movedTo }) => movedTo !== null),
    ),
    unknownVariants: misspelt === 0 ? [] : [{ variant: 'Treatmnt', users: misspelt }],
    leftOut: arms.map((variant) => ({
      variant,
      excluded: count(({ isExcluded }) => isExcluded).find((arm) => arm.variant === variant)?.users ?? 0,
      early: count(({ isEarly }) => isEarly).find((arm) => arm.variant === variant)?.users ?? 0,
    })),
  };
}

/** The causes that are named of a drop, in order: of the assignment where there are any, else of the exposure. */
export function causesOf(name: string, seed: number): SplitCause['cause'][] {
  const measured = drop(name, faults[name]?.fault ?? ((user) => user), seed);
  const [assigned, exposed] = (['assigned', 'exposed'] as const).map((of) =>
    splitCauses(of, measured, weights).map(({ cause }) => cause),
  );
  return (assigned?.length ? assigned : exposed) ?? [];
}
