import { UsageError } from '../usage-error.ts';

/** The address asks for something that cannot be asked for. */
export class BadRequest extends UsageError {}
