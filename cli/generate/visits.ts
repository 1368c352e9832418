import { drawProduct, type Product } from './catalog.ts';
import type { Random } from './random.ts';

export type EventName =
  | 'page_view'
  | 'search'
  | 'view_product'
  | 'add_to_cart'
  | 'begin_checkout'
  | 'purchase'
  | 'refund';

/** Times are whole seconds since the start of the experiment, money is in cents. */
export interface ShopEvent {
  readonly name: EventName;
  readonly time: number;
  /** Ordinal among the user's visits; undefined for what happens outside of one. */
  readonly visit: number | undefined;
  readonly product: number | undefined;
  readonly quantity: number | undefined;
  readonly cents: number | undefined;
  readonly order: string | undefined;
}

export interface Visit {
  readonly start: number;
  readonly end: number;
  readonly device: string;
}

/**
 * What a visit is for. `land`: see the start page and leave. `look`: no product. `bounce`: a product page and leave.
 * `browse`: products, perhaps the cart. `buy`: the whole funnel.
 */
export type Intent = 'land' | 'look' | 'bounce' | 'browse' | 'buy';

/** Seconds between two events: mostly short, now and then minutes. A visit has at most 13 of them. */
const gaps = [4, 7, 11, 16, 23, 32, 45, 65, 100, 165, 300];
const dwell = [3, 6, 10, 16, 26, 45, 120];
/** At least one more after the first, so that only a `bounce` leaves after its first product page. */
const extraViews = [1, 1, 1, 1, 1, 1, 2, 2, 3, 5];
const quantities = [1, 1, 1, 1, 1, 1, 1, 2, 2, 3];

/** Adds a visit's events to `events` and returns when the visit ended. */
export function addVisit(
  events: ShopEvent[],
  visit: {
    readonly ordinal: number;
    readonly start: number;
    readonly intent: Intent;
    readonly order: string;
  },
  catalog: readonly Product[],
  random: Random,
): number {
  const { intent, order } = visit;
  let time = visit.start;
  const add = (name: EventName, product?: Product, quantity?: number, cents?: number) => {
    events.push({
      name,
      time,
      visit: visit.ordinal,
      product: product?.id,
      quantity,
      cents,
      order: cents === undefined ? undefined : order,
    });
  };
  const pause = () => {
    time += random.between(gaps);
  };

  pause();
  if (intent === 'bounce') {
    add('view_product', drawProduct(catalog, random));
    return time + random.between(dwell);
  }
  add('page_view');
  if (intent !== 'land' && random.chance(0.3)) {
    pause();
    add('search');
  }
  if (intent === 'browse' || intent === 'buy') {
    const views = 1 + (extraViews[random.below(extraViews.length)] as number);
    let product = drawProduct(catalog, random);
    for (let view = 0; view < views; view += 1) {
      if (view > 0) product = drawProduct(catalog, random);
      pause();
      add('view_product', product);
    }
    const quantity = quantities[random.below(quantities.length)] as number;
    if (intent === 'buy' || random.chance(0.16)) {
      pause();
      add('add_to_cart', product, quantity);
      if (intent === 'buy' || random.chance(0.3)) {
        pause();
        add('begin_checkout');
      }
    }
    if (intent === 'buy') {
      pause();
      const discount = random.chance(0.2) ? 10 : 0;
      add('purchase', product, quantity, priceOf(product, quantity, discount));
      if (random.chance(0.15)) {
        const second = drawProduct(catalog, random);
        add('purchase', second, 1, priceOf(second, 1, discount));
      }
    }
  }
  return time + random.between(dwell);
}

function priceOf(product: Product, quantity: number, discountPercent: number): number {
  return Math.floor((product.priceCents * quantity * (100 - discountPercent) + 50) / 100);
}
