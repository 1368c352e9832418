import { binomial, choose, multinomial } from './draws.ts';
import type { Random } from './random.ts';
import { bouncedSteps, mostFurther, type Sink, type Stage, type Visitor, visitSteps } from './sink.ts';
import type { Behaviour, Truth } from './truth.ts';

const retentionDay = 7;

/** Shares that fall by a factor from one to the next. */
function falling(length: number, factor: number): number[] {
  const weights = Array.from({ length }, (_, index) => factor ** index);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

const furtherShares = falling(mostFurther, 0.7);
const bouncedStepShares = falling(bouncedSteps.length, 0.5);
const visitStepShares = falling(visitSteps.length, 0.85);

/** Draws one experiment. Users who differ in nothing that is measured are drawn by their number. */
export function generate(truth: Truth, random: Random, sink: Sink): void {
  const days = Array.from({ length: truth.assignmentDays }, () => 1 / truth.assignmentDays);
  const never = 1 - truth.exposure.reduce((sum, share) => sum + share, 0);
  const exposed = truth.arms.map(() =>
    new Array<number>(truth.assignmentDays + truth.exposure.length - 1).fill(0),
  );
  for (const [day, users] of multinomial(random, truth.users, days).entries()) {
    const byArm = multinomial(
      random,
      users,
      truth.arms.map(({ share }) => share),
    );
    for (const [arm, assigned] of byArm.entries()) {
      sink.assigned(arm, day, assigned);
      const byDelay = multinomial(random, assigned, [...truth.exposure, never]);
      for (const delay of truth.exposure.keys()) {
        const count = byDelay[delay] as number;
        const own = exposed[arm] as number[];
        own[day + delay] = (own[day + delay] as number) + count;
        sink.exposed(arm, day, day + delay, count);
      }
    }
  }
  for (const [arm, { behaviour }] of truth.arms.entries()) {
    for (const [day, users] of (exposed[arm] as number[]).entries()) {
      drawCohort(behaviour, random, users, arm, day, sink);
    }
  }
}

/** The users of one arm who were first exposed on one day. */
function drawCohort(
  behaviour: Behaviour,
  random: Random,
  users: number,
  arm: number,
  day: number,
  sink: Sink,
): void {
  const { conversion, bounce, cart, checkout, delay } = behaviour;
  const boughtOnThatDay = conversion * (delay[retentionDay] as number);
  const returns = (behaviour.retention - boughtOnThatDay) / (1 - boughtOnThatDay);

  const bounced = binomial(random, users, bounce);
  const buyers = binomial(random, users - bounced, conversion / (1 - bounce));
  const carted = binomial(random, users - bounced - buyers, cart);
  const checkedOut = binomial(random, carted, checkout);
  const byStage = [bounced, users - bounced - buyers - carted, carted - checkedOut, checkedOut];

  const once = byStage.map((count, stage) => {
    const back = binomial(random, count, returns);
    for (let i = 0; i < back; i++) {
      sink.visitor(arm, day, drawVisitor(random, stage as Stage, null, stepsOfVisit(random)));
    }
    return count - back;
  });
  const [bouncedOnce = 0, ...others] = once;
  sink.bounced(arm, day, multinomial(random, bouncedOnce, bouncedStepShares));
  sink.browsed(
    arm,
    day,
    others.map((count) => multinomial(random, count, furtherShares)),
    multinomial(
      random,
      others.reduce((sum, count) => sum + count, 0),
      visitStepShares,
    ),
  );
  for (let i = 0; i < buyers; i++) sink.visitor(arm, day, drawBuyer(behaviour, random, returns));
}

function drawBuyer(behaviour: Behaviour, random: Random, returns: number): Visitor {
  const day = choose(random, behaviour.delay);
  const orders = 1 + choose(random, behaviour.orders);
  let cents = 0;
  for (let order = 0; order < orders; order++) {
    const amount = behaviour.orderMedian * Math.exp(behaviour.orderSigma * random.normal());
    cents += Math.max(1, Math.round(amount));
  }
  const purchase = { day, orders, cents, steps: stepsOfVisit(random) };
  const comesBack = day !== retentionDay && random.uniform() < returns;
  return drawVisitor(random, 1, purchase, comesBack ? stepsOfVisit(random) : null);
}

/** The first session of a user of whom the rest is known. */
function drawVisitor(
  random: Random,
  stage: Stage,
  purchase: Visitor['purchase'],
  returnSteps: number | null,
): Visitor {
  const isBounce = stage === 0;
  const further = isBounce ? 0 : 1 + choose(random, furtherShares);
  const steps = isBounce ? (bouncedSteps[choose(random, bouncedStepShares)] as number) : stepsOfVisit(random);
  return { stage, further, steps, purchase, returnSteps };
}

function stepsOfVisit(random: Random): number {
  return visitSteps[choose(random, visitStepShares)] as number;
}
