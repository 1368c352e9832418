import { PipelineError } from './pipeline-error.ts';

/** A file's shape is not what its dataset's contract says (missing column, wrong encoding, no header). */
export class SchemaError extends PipelineError {}
