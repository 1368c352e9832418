/** Type of a canonical column. `id` is BIGINT or VARCHAR by the configuration's `id_type`. */
export type ColumnType = 'id' | 'text' | 'timestamp' | 'integer' | 'money';

/**
 * What a broken rule leads to. `warn`: the row is taken, and counted. `quarantine`: the row is set aside with its
 * reason. `fail`: the run fails with the first such line.
 */
export type OnFail = 'warn' | 'quarantine' | 'fail';

export interface ColumnContract {
  readonly name: string;
  readonly type: ColumnType;
  /** `required`: the file must have it and no value may be empty. `optional`: both may be missing. */
  readonly presence: 'required' | 'optional';
  /** Of a value that is empty though required, or not of the type; `quarantine` where not given. */
  readonly onFail?: Exclude<OnFail, 'warn'>;
  /** Inclusive bounds of an integer or an amount. */
  readonly range?: {
    readonly rule: string;
    readonly min?: number;
    readonly max?: number;
    readonly onFail: OnFail;
  };
  /** What a text must look like. */
  readonly domain?: {
    readonly rule: string;
    /** Regular expression (RE2) of the whole text. */
    readonly pattern: string;
    /** Completes "is not ...". */
    readonly meaning: string;
    readonly onFail: OnFail;
  };
  /** Texts that mean a missing value elsewhere, and a value here (`missingTexts`). */
  readonly keeps?: readonly string[];
  /** What a date without a time means: its first moment where not given. */
  readonly dateAlone?: 'end_of_day';
  readonly description: string;
}

/** A column whose values name rows of another dataset. Checked only where the drop has that dataset. */
export interface Reference {
  readonly column: string;
  readonly dataset: 'users' | 'products' | 'sessions';
  /** Key of the other dataset. */
  readonly key: string;
  /** Of a row that names none. */
  readonly onFail: OnFail;
}

/**
 * What a dataset's files must look like: it drives the SQL of stage and clean, `ecom validate` and the docs. Rules that
 * compare several columns or need the configuration are in layers/engine/clean/rules.ts.
 */
export interface DatasetContract {
  readonly dataset: string;
  readonly required: boolean;
  readonly key: readonly string[];
  readonly columns: readonly ColumnContract[];
  readonly references: readonly Reference[];
  /** Columns the contract does not name are kept as text, so that they can serve as segments. */
  readonly keepsOtherColumns: boolean;
  /** Share of a file's rows, and of all the dataset's, that may be quarantined before the run fails. */
  readonly maxBadRate: number;
}
