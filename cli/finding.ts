/** What a check of `ecom doctor` found. */
export interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly finding: string;
  /** The way out, where there is something to do. */
  readonly remedy: string | null;
}

export type Outcome = Omit<Finding, 'check'>;

export const ok = (finding: string): Outcome => ({ status: 'ok', finding, remedy: null });
export const warn = (finding: string, remedy: string): Outcome => ({ status: 'warn', finding, remedy });
export const fail = (finding: string, remedy: string): Outcome => ({ status: 'fail', finding, remedy });
