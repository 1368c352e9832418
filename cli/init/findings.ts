import type { AmountReading } from '../../layers/data/amounts.ts';
import type { FileWriting } from '../../layers/data/file-writing.ts';
import type { TimeReading } from '../../layers/data/moments.ts';
import type { SummaryOutcome } from '../../layers/experiment/summary.ts';
import type { Confidence } from './match.ts';

/** A setting that the data suggest. */
export interface Guess {
  /** Keys down to the setting. */
  readonly path: readonly string[];
  /** Null takes an inherited setting out. */
  readonly value:
    | string
    | number
    | null
    | readonly string[]
    | { readonly constant: string }
    | { readonly line_number: true }
    | SummaryOutcome
    | FileWriting
    | ({
        readonly column: string;
        readonly values?: Readonly<Record<string, string>>;
        readonly with?: readonly string[];
        readonly json?: string;
      } & AmountReading &
        TimeReading);
  readonly confidence: Confidence;
  readonly because: string;
}

/** A setting that the data do not tell. */
export interface Question {
  readonly path: readonly string[];
  /** What may stand there, as an example. */
  readonly example: string;
  readonly because: string;
}

export interface Findings {
  readonly guesses: readonly Guess[];
  readonly questions: readonly Question[];
  /** What else is worth knowing. */
  readonly remarks: readonly string[];
}
