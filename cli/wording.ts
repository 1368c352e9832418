import { formatCount } from '../layers/report/format.ts';

/** `1 row`, `1,234 rows`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}
