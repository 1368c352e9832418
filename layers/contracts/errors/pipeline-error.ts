/** What went wrong, where (file, line, column or key), and what the reader can do next. */
export interface Fault {
  readonly what: string;
  readonly where?: string | undefined;
  readonly remedy?: string | undefined;
}

/**
 * Base of every error the product raises on purpose. `name` is the contract with Step Functions: it becomes the
 * Lambda's `errorType`, and the state machine retries `TransientError` only.
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
