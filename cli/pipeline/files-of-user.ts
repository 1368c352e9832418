import { PipelineError } from '../../layers/platform/errors.ts';
import type { DropFile } from './drop-folder.ts';

type NamedFile = Pick<DropFile, 'key' | 'file'>;

/** Tells texts of the pipeline with the user's file where they name the key that it has in the raw bucket. */
export function inFilesOfUser(files: readonly NamedFile[]): (text: string) => string {
  const names = new Map(files.map(({ key, file }) => [key, file]));
  // The longest first: events.csv begins events.csv.gz.
  const keys = [...names.keys()].toSorted((a, b) => b.length - a.length);
  if (keys.length === 0) return (text) => text;
  const pattern = new RegExp(keys.map((key) => key.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
  return (text) => text.replace(pattern, (key) => names.get(key) ?? key);
}

/** The error with the user's files; one that the product does not raise on purpose stays as it is. */
export function errorInFilesOfUser(error: unknown, files: readonly NamedFile[]): unknown {
  if (!(error instanceof PipelineError)) return error;
  const { what, where, remedy } = error.fault;
  const own = inFilesOfUser(files);
  const ErrorClass = error.constructor as new (...of: ConstructorParameters<typeof PipelineError>) => Error;
  return new ErrorClass(
    {
      what: own(what),
      ...(where !== undefined && { where: own(where) }),
      ...(remedy !== undefined && { remedy: own(remedy) }),
    },
    { cause: error },
  );
}
