import type { MetricReport } from './schema.ts';

const minus = '−';
const signed = (value: number, text: string) => `${value < 0 ? minus : '+'}${text}`;

/** A mean in the metric's unit: `4.24 %`, `12.34`, `95.1 s`. */
export function formatValue(unit: MetricReport['unit'], value: number | null): string {
  if (value === null) return 'n/a';
  const sign = value < 0 ? minus : '';
  return sign + magnitude(unit, value);
}

/** A difference in the metric's unit, with its sign: `+0.63 pp`. */
export function formatDifference(unit: MetricReport['unit'], value: number | null): string {
  if (value === null) return 'n/a';
  return signed(value, unit === 'share' ? `${Math.abs(value * 100).toFixed(2)} pp` : magnitude(unit, value));
}

function magnitude(unit: MetricReport['unit'], value: number): string {
  const size = Math.abs(value);
  switch (unit) {
    case 'share':
      return `${(size * 100).toFixed(2)} %`;
    case 'currency':
      return formatDecimal(size, 2);
    case 'seconds':
      return `${formatDecimal(size, 1)} s`;
    case 'count':
      return formatDecimal(size, 3);
  }
}

/** A relative lift: `+14.9 %`. */
export function formatLift(lift: number | null): string {
  return lift === null ? 'n/a' : signed(lift, `${Math.abs(lift * 100).toFixed(1)} %`);
}

export function formatLiftInterval(interval: readonly [number, number] | null): string {
  return interval === null ? 'n/a' : `${formatLift(interval[0])} to ${formatLift(interval[1])}`;
}

/** A p-value: four decimals, or two significant digits and the exponent below 0.0001. */
export function formatP(p: number | null): string {
  if (p === null) return 'n/a';
  if (p < 1e-300) return '< 1e−300';
  return p < 0.0001 ? p.toExponential(1).replace('-', minus) : p.toFixed(4);
}

/** A p-value in a sentence: `p = 0.0123`, or `p < 1e−300`. */
export function statedP(p: number | null): string {
  const text = formatP(p);
  return text.startsWith('<') ? `p ${text}` : `p = ${text}`;
}

/** `12,345`: a comma renders in every terminal, and is read back as a number by most programs. The same in every locale. */
export function formatCount(value: number): string {
  return grouped(String(value));
}

/** `12,345.67`: with so many decimals. */
export function formatDecimal(value: number, decimals: number): string {
  const [whole = '', fraction] = value.toFixed(decimals).split('.');
  return fraction === undefined ? grouped(whole) : `${grouped(whole)}.${fraction}`;
}

/** `1 row`, `12,345 rows`. */
export function formatQuantity(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`;
}

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** A share of a whole: `1.3 %`. */
export function formatPercent(share: number | null): string {
  return share === null ? 'n/a' : `${(share * 100).toFixed(1)} %`;
}

/** A percentage that somebody named or that needs no decimals: `10 %`, `2.5 %`. */
export function formatWholePercent(share: number): string {
  const percent = share * 100;
  return `${Number(percent.toFixed(Math.abs(percent) < 10 ? 1 : 0))} %`;
}

/** A coefficient, a z or another statistic without a unit: four decimals, with a minus sign. */
export function formatStatistic(value: number): string {
  return value.toFixed(4).replace('-', minus);
}

/** A moment in a sentence: `2024-01-31 00:00 UTC`, with seconds where there are any; a day stays one. */
export function formatMoment(moment: string): string {
  if (!moment.includes('T')) return moment;
  return `${new Date(moment)
    .toISOString()
    .replace('T', ' ')
    .replace(/(:00)?\.\d+Z$/, '')} UTC`;
}
