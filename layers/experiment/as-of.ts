import type { Config } from './config.ts';

/** The configured moment up to which the data are used, as an ISO instant. A day means its end: they are complete with it. */
export function configuredAsOf({ as_of }: Pick<Config, 'as_of'>): string | null {
  if (as_of === null) return null;
  const moment = new Date(as_of);
  if (/^\d{4}-\d{2}-\d{2}$/.test(as_of)) moment.setUTCDate(moment.getUTCDate() + 1);
  return moment.toISOString();
}
