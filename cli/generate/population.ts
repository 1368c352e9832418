import type { Random } from './random.ts';

/** How engaged a user is: visits per day, probability to purchase in an experiment, and per later visit. */
const tiers = [
  { share: 0.55, visitsPerDay: 0.04, conversion: 0.015, repeat: 0.02 },
  { share: 0.25, visitsPerDay: 0.08, conversion: 0.05, repeat: 0.05 },
  { share: 0.15, visitsPerDay: 0.15, conversion: 0.11, repeat: 0.1 },
  { share: 0.05, visitsPerDay: 0.35, conversion: 0.24, repeat: 0.25 },
] as const;

/** `factor` scales the probability to purchase. */
export const devices = [
  { name: 'mobile', share: 0.52, factor: 0.8 },
  { name: 'desktop', share: 0.38, factor: 1.3 },
  { name: 'tablet', share: 0.1, factor: 1 },
] as const;

export const countries = [
  { name: 'DE', share: 0.34 },
  { name: 'FR', share: 0.22 },
  { name: 'ES', share: 0.14 },
  { name: 'IT', share: 0.12 },
  { name: 'NL', share: 0.1 },
  { name: 'PT', share: 0.08 },
] as const;

const channels = [
  { name: 'organic', share: 0.45 },
  { name: 'paid_search', share: 0.25 },
  { name: 'email', share: 0.18 },
  { name: 'social', share: 0.12 },
] as const;

export const bounceRate = 0.3;
export const historyDays = 14;
export const outcomeWindowDays = 14;

/** Variant of users who are assigned to something that is not part of the experiment. */
export const foreignVariant = 'legacy_holdout';

/** Who a user is: all that the planted probabilities depend on. */
export interface Traits {
  readonly tier: (typeof tiers)[number];
  readonly device: (typeof devices)[number];
  readonly country: (typeof countries)[number];
  readonly channel: (typeof channels)[number];
}

export function drawTraits(random: Random): Traits {
  return {
    tier: random.pick(tiers),
    device: random.pick(devices),
    country: random.pick(countries),
    channel: random.pick(channels),
  };
}

/** Days on which users enter: all but the last outcome window's. */
export function enrolmentDays(days: number): number {
  return Math.max(1, days - outcomeWindowDays);
}

/** The planted effect, as the options tell it. */
interface Effect {
  readonly uplift: number;
  readonly segmentEffects: readonly {
    readonly segment: 'device' | 'country';
    readonly level: string;
    readonly uplift: number;
  }[];
  readonly novelty: number;
}

/** The treatment's relative effect on a user who is exposed on day `day` of the experiment. */
export function upliftOf(
  effect: Effect,
  traits: { readonly device: { readonly name: string }; readonly country: { readonly name: string } },
  day: number,
): number {
  let uplift = effect.uplift;
  for (const { segment, level, uplift: own } of effect.segmentEffects) {
    if (traits[segment].name === level) uplift = own;
  }
  for (let passed = 0; passed < day; passed += 1) uplift *= 1 - effect.novelty;
  return uplift;
}

/** The probability to purchase within the outcome window, without the treatment. */
export function baseConversion({ tier, device }: Pick<Traits, 'tier' | 'device'>): number {
  return tier.conversion * device.factor;
}

/** Mean probability to purchase of a variant's users who are exposed on `day`, of all or of one device or country. */
export function expectedConversion(
  effect: Effect,
  treated: boolean,
  day: number,
  only: { readonly segment: 'device' | 'country'; readonly level: string } | undefined,
): number {
  let weight = 0;
  let sum = 0;
  for (const tier of tiers) {
    for (const device of devices) {
      for (const country of countries) {
        const traits = { tier, device, country };
        if (only !== undefined && traits[only.segment].name !== only.level) continue;
        const share = tier.share * device.share * country.share;
        weight += share;
        sum += share * baseConversion(traits) * (treated ? 1 + upliftOf(effect, traits, day) : 1);
      }
    }
  }
  return sum / weight;
}
