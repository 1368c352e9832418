import { PipelineError } from '../../layers/contracts/errors/index.ts';

/** The embedded PostgreSQL server cannot be installed, started or stopped. */
export class PostgresError extends PipelineError {}
