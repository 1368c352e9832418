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

/** A number, or a percentage of one: `0.05`, `5%`, `5 %`; NaN where it is neither. */
export function ratioOf(text: string): number {
  const [, percent] = /^\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*%\s*$/i.exec(text) ?? [];
  if (percent !== undefined) return Number(percent) / 100;
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** Parser of an option: a number above 0. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It is a number above 0.');
  return value;
}

/** Parser of an option: a number between 0 and 1, both excluded. */
export function fraction(text: string): number {
  const value = ratioOf(text);
  if (!(value > 0 && value < 1)) {
    throw new InvalidArgumentError('It is a number between 0 and 1, or a percentage (0.05 or 5%).');
  }
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
