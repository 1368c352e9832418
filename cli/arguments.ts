import process from 'node:process';
import { InvalidArgumentError } from 'commander';
import { UsageError } from '../layers/platform/errors.ts';

/** Parser of an option: 1, 2, ... */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It is a positive whole number.');
  return value;
}

/** Parser of an option: 0, 1, 2, ... */
export function nonNegativeInteger(text: string): number {
  return text.trim() === '0' ? 0 : positiveInteger(text);
}

/** Parser of an option: a number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It is a number above 0.');
  return value;
}

/** Parser of an option: a number between 0 and 1, both excluded. */
export function fraction(text: string): number {
  const value = positiveNumber(text);
  if (value >= 1) throw new InvalidArgumentError('It is a number between 0 and 1 (0.05 for 5 %).');
  return value;
}

/** @throws UsageError when `text` is no port */
export function parsePort(text: string, where: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new UsageError({ what: `"${text}" is not a port`, where, remedy: 'Give a number from 1 to 65535' });
}

/**
 * The port that `ECOM_PORT` names.
 * @throws UsageError when it is none
 */
export function portOfEnvironment(): number | undefined {
  const text = process.env.ECOM_PORT || undefined;
  return text === undefined ? undefined : parsePort(text, 'ECOM_PORT');
}
