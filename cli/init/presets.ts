import { plainName } from '../../layers/data/column-words.ts';
import type { Findings } from './findings.ts';
import type { FileProfile } from './profile.ts';

/** Columns by which a vendor's export is told, and what to know of it. */
interface Preset {
  readonly vendor: string;
  readonly columns: readonly string[];
  readonly note: string;
}

const presets: readonly Preset[] = [
  {
    vendor: 'Google Analytics 4',
    columns: ['user_pseudo_id', 'event_timestamp', 'event_name'],
    note: 'times count microseconds since 1970, and events have no id of their own',
  },
  {
    vendor: 'Shopify orders',
    columns: ['name', 'financial_status', 'lineitem_name'],
    note: 'a row is an item, and the total stands in the first row of an order alone; users need an id that the assignments have',
  },
  {
    vendor: 'Shopify orders',
    columns: ['financial_status', 'line_items', 'total_price'],
    note: 'a row is an order; users need an id that the assignments have, such as the one in the column customer',
  },
  {
    vendor: 'WooCommerce orders',
    columns: ['order_number', 'order_status', 'order_total'],
    note: 'a row is an order, or an item with the total of its order; orders that failed or were called off are among them',
  },
  {
    vendor: 'Segment',
    columns: ['message_id', 'anonymous_id', 'event'],
    note: 'anonymous_id is there before a login and user_id after it: take the one that the assignments have',
  },
  {
    vendor: 'Amplitude',
    columns: ['event_type', 'event_time', 'amplitude_id'],
    note: 'device_id is there before a login and user_id after it: take the one that the assignments have',
  },
  {
    vendor: 'Mixpanel',
    columns: ['distinct_id', 'event', 'time'],
    note: 'times count seconds since 1970, in the zone of the project where it is an old one',
  },
  {
    vendor: 'GrowthBook',
    columns: ['experiment_id', 'variation_id', 'timestamp'],
    note: 'variations are numbered, and 0 is the control',
  },
  {
    vendor: 'Optimizely',
    columns: ['visitor_id', 'experiment_id', 'variation_id'],
    note: 'a visitor is a browser, and events need his id, not that of an account',
  },
];

/** Says which files look like the export of a known vendor. */
export function remarkPresets(files: readonly FileProfile[]): Partial<Findings> {
  return {
    remarks: files.flatMap(({ name, columns }) => {
      const names = columns.map((column) => plainName(column.name));
      const found = presets.find((preset) => preset.columns.every((column) => names.includes(column)));
      return found === undefined ? [] : [`${name} looks like an export of ${found.vendor}: ${found.note}.`];
    }),
  };
}
