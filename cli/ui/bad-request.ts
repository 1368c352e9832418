import { UsageError } from '../../layers/platform/errors.ts';

/** The address asks for something that cannot be asked for. */
export class BadRequest extends UsageError {}
