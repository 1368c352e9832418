/** Type of a canonical column. `id` is BIGINT or VARCHAR by the configuration's `id_type`. */
export type ColumnType = 'id' | 'text' | 'timestamp' | 'integer' | 'money';

export interface ColumnContract {
  readonly name: string;
  readonly type: ColumnType;
  /** `required`: the file must have it and no value may be empty. `optional`: both may be missing. */
  readonly presence: 'required' | 'optional';
  /** Inclusive bounds: numbers for integer and money, ISO dates for timestamp. */
  readonly min?: number | string;
  readonly max?: number | string;
  readonly description: string;
}

/** A column whose values name rows of another dataset. Checked only where the drop has that dataset. */
export interface Reference {
  readonly column: string;
  readonly dataset: 'users' | 'products' | 'sessions';
  /** Key of the other dataset. */
  readonly key: string;
  /** What happens to a row that names none. */
  readonly onFail: 'warn' | 'quarantine';
}

/** What a dataset's files must look like. One of these drives the SQL, the validation command and the docs. */
export interface DatasetContract {
  readonly dataset: string;
  readonly required: boolean;
  readonly key: readonly string[];
  readonly columns: readonly ColumnContract[];
  readonly references: readonly Reference[];
  /** Columns the contract does not name are kept as text, so that they can serve as segments. */
  readonly keepsOtherColumns: boolean;
  /** Share of a file's rows that may be bad before the file is refused; `defaultMaxBadRate` where not given. */
  readonly maxBadRate?: number;
}

export const defaultMaxBadRate = 0.05;
