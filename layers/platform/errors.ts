/** What went wrong, where (file, line, column or key), and what the reader can do next. */
export interface Fault {
  readonly what: string;
  readonly where?: string | undefined;
  readonly remedy?: string | undefined;
}

/**
 * Base of every error the product raises on purpose. `name` is the contract with Step Functions: it becomes the
 * Lambda's `errorType`, and the state machine retries `TransientError` and `ThrottlingError` only.
 */
export abstract class PipelineError extends Error {
  readonly fault: Fault;

  constructor(fault: Fault, options?: ErrorOptions) {
    super(describeFault(fault), options);
    this.fault = fault;
    this.name = new.target.name;
  }
}

/** One line: `what (where). remedy`. */
export function describeFault({ what, where, remedy }: Fault): string {
  const subject = where === undefined ? what : `${what} (${where})`;
  return remedy === undefined ? subject : `${subject}. ${remedy}`;
}

/** The configuration is wrong (unknown key, wrong type, a metric that does not exist). */
export class ConfigError extends PipelineError {}

/** A file's shape is not what its dataset's contract says (missing column, wrong encoding, no header). */
export class SchemaError extends PipelineError {}

/** The uploaded rows cannot give a trustworthy result (mixed currencies, too many bad rows, counts that do not add up). */
export class DataError extends PipelineError {}

/** The run was planned by another version of the code: two versions in one run would be the results of neither. */
export class CodeVersionError extends PipelineError {}

/** A part of an earlier stage left no result and no error behind: its function was killed (memory, time, a crash). */
export class IncompleteError extends PipelineError {}

/** May succeed when tried again (throttling, a lost connection, a service that restarts). Retried. */
export class TransientError extends PipelineError {}

/** A service asks to be called less often: tried again for longer than other errors that may heal. */
export class ThrottlingError extends TransientError {}

/** The webhook did not take what it was told. The run is published all the same, and nobody tries again by himself. */
export class WebhookError extends PipelineError {}

/** The command was called in a way that cannot work (a folder that is not there, options that exclude each other). */
export class UsageError extends PipelineError {}

/** The run ended without a published result. */
export class RunFailure extends PipelineError {}

/** What was to be erased is still there. */
export class ErasureError extends PipelineError {}

/** Something on this machine keeps the local emulator or database from running. */
export class LocalError extends PipelineError {}

/** The embedded PostgreSQL server cannot be installed, started or stopped. */
export class PostgresError extends PipelineError {}
