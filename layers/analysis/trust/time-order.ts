import { formatQuantity } from '../../report/format.ts';
import { type Check, counted, type TrustInput } from './check.ts';

const oddTimes: Readonly<Record<string, { readonly one: string; readonly many: string }>> = {
  in_the_future: { one: 'in the future', many: 'in the future' },
  after_as_of: { one: 'after as_of', many: 'after as_of' },
  ends_before_start: { one: 'that ends before its start', many: 'that end before their start' },
  before_signup: { one: "before the user's sign-up", many: "before the user's sign-up" },
  exposure_before_signup: {
    one: "that is an exposure before the user's sign-up",
    many: "that are exposures before the user's sign-up",
  },
  outside_session: { one: 'outside its session', many: 'outside their session' },
};

/** Rows whose times contradict each other, or lie after `as_of`. */
export const timeOrder: Check = {
  name: 'time_order',
  label: 'Order of times',
  evaluate({ run: { warnings } }: Pick<TrustInput, 'run'>) {
    const odd = warnings.flatMap(({ dataset, rule, rows }) => {
      const oddity = oddTimes[rule];
      return oddity === undefined || rows === 0
        ? []
        : [`${dataset}, ${formatQuantity(rows, 'row')} ${rows === 1 ? oddity.one : oddity.many}`];
    });
    return counted(
      odd.length > 0,
      odd.length === 0 ? 'The times of all rows fit each other.' : `Rows with odd times: ${odd.join('; ')}.`,
    );
  },
};
