import type { DatasetName } from '../../layers/contracts/datasets/index.ts';

/** Words in the names of files. */
export const fileWords: Readonly<Record<DatasetName, readonly string[]>> = {
  users: ['user', 'customer', 'visitor', 'member', 'account', 'people'],
  products: ['product', 'catalog', 'item', 'article', 'sku'],
  sessions: ['session', 'visit'],
  experiment_assignments: [
    'assignment',
    'experiment',
    'variant',
    'ab_test',
    'abtest',
    'exposure',
    'bucket',
    'split',
  ],
  events: ['event', 'click', 'hit', 'action', 'activity', 'log', 'track', 'transaction', 'order'],
};

/** Names that a control arm has, the telling ones first; those behind `a` are mere customs. */
export const controlWords = [
  'control',
  'ctrl',
  'control_group',
  'baseline',
  'original',
  'a',
  'variant_a',
  'group_a',
  'version_a',
  'default',
  'old',
  'off',
  '0',
  'v0',
  'false',
];
export const tellingControls = 5;

/** Names of arms, of which a column with some must be the variant. */
export const armWords = [
  ...controlWords,
  ...[
    'treatment',
    'test',
    'variant',
    'b',
    'c',
    'variant_b',
    'group_b',
    'version_b',
    'new',
    'on',
    '1',
    'v1',
    'true',
  ],
];

export type EventRole = 'exposure' | 'add_to_cart' | 'begin_checkout' | 'purchase' | 'refund';

/** Names of the events that play a part, the telling ones first. */
export const eventWords: Readonly<Record<EventRole, readonly string[]>> = {
  exposure: [
    'view_product',
    'product_view',
    'pdp_view',
    'product_viewed',
    'view_item',
    'item_view',
    'product_detail_view',
    'product_page_view',
    'page_view',
    'page_viewed',
    'pageview',
    'screen_view',
    'impression',
    'view',
    'exposure',
    'visit',
    'session_start',
  ],
  add_to_cart: [
    'add_to_cart',
    'addtocart',
    'added_to_cart',
    'product_added',
    'cart_add',
    'add_cart',
    'add_to_basket',
    'add_to_bag',
    'cart',
  ],
  begin_checkout: [
    'begin_checkout',
    'checkout_started',
    'start_checkout',
    'checkout_start',
    'initiate_checkout',
    'checkout_begin',
    'checkout',
  ],
  purchase: [
    'purchase',
    'purchased',
    'order_completed',
    'order_complete',
    'order_placed',
    'place_order',
    'checkout_completed',
    'transaction',
    'order',
    'buy',
    'payment',
    'conversion',
  ],
  refund: ['refund', 'refunded', 'order_refunded', 'return', 'returned'],
};
