import type { DatasetName } from '../../../../layers/data/datasets/index.ts';

/** Lines of a drop without a fault; cases change it. */
export type Drop = Readonly<Record<DatasetName, readonly string[]>>;

export const goodDrop: Drop = {
  users: [
    'user_id,signup_ts,device,country',
    '1,2024-02-01,mobile,DE',
    '2,2024-02-02,desktop,FR',
    '3,2024-02-03,mobile,DE',
    '4,2024-02-04,tablet,NA',
  ],
  products: ['product_id,category,price', '1,toys,9.99', '2,books,19.50'],
  sessions: [
    'session_id,user_id,session_start_ts,session_end_ts',
    '1,1,2024-03-02T10:00:00,2024-03-02T10:30:00',
    '2,2,2024-03-02T10:00:00,2024-03-02T10:30:00',
  ],
  experiment_assignments: [
    'user_id,experiment_id,variant,assigned_ts',
    '1,e,control,2024-03-01',
    '2,e,treatment,2024-03-01',
    '3,e,control,2024-03-01',
    '4,e,treatment,2024-03-01',
  ],
  events: [
    'event_id,session_id,user_id,event_type,event_ts,product_id,quantity,revenue,order_id,currency',
    '1,1,1,view_product,2024-03-02T10:01:00,1,,,,',
    '2,1,1,purchase,2024-03-02T10:04:00,1,1,9.99,o1,EUR',
    '3,2,2,view_product,2024-03-02T10:01:00,2,,,,',
    '4,,3,view_product,2024-03-02T11:00:00,,,,,',
    '5,,4,view_product,2024-03-02T12:00:00,,,,,',
  ],
};

/** The files of a drop. */
export function filesOf(drop: Drop): Record<string, string> {
  return Object.fromEntries(
    Object.entries(drop).map(([dataset, lines]) => [`${dataset}.csv`, `${lines.join('\n')}\n`]),
  );
}
