/** Stands between method and reference in the names of oracle tests. */
export const AGAINST = '| against |';

/** One number that an oracle test compared with its reference. */
export interface Agreement {
  readonly test: string;
  /** Relative; null for a reference printed with few digits. */
  readonly error: number | null;
  readonly tolerance: number | null;
}
