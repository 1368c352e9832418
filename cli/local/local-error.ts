import { PipelineError } from '../../layers/contracts/errors/index.ts';

/** Something on this machine keeps the local emulator or database from running. */
export class LocalError extends PipelineError {}
