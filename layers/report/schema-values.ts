import { z } from 'zod';

/** Building blocks of the report's schema. */
export const count = z.number().int().nonnegative();
export const number = z.number();
export const probability = z.number().min(0).max(1);
export const interval = z.tuple([number, number]);
/** Why a number is null, in snake_case. */
export const reason = z.string();
/** Calendar day in UTC, YYYY-MM-DD. */
export const day = z.iso.date();
