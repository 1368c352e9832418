import type { Fault } from '../layers/platform/errors.ts';

interface Meaning {
  readonly what: string;
  readonly remedy?: string;
}

/** What the system's refusals mean to a person. */
const meanings: Readonly<Record<string, Meaning>> = {
  ENOENT: { what: 'there is no such file or folder' },
  EACCES: {
    what: 'it cannot be read or written: permission denied',
    remedy: 'Check its permissions (ls -l)',
  },
  EPERM: { what: 'the system does not permit it', remedy: 'Check its owner and its permissions (ls -l)' },
  EISDIR: { what: 'this is a folder, not a file' },
  ENOTDIR: { what: 'this is a file, not a folder' },
  EEXIST: { what: 'it is there already' },
  ENAMETOOLONG: { what: 'the name is too long for the file system' },
  EROFS: { what: 'the file system is read-only' },
  ENOSPC: { what: 'the disk is full', remedy: 'Make room, or set TMPDIR to a folder on another disk' },
  EDQUOT: {
    what: 'the disk quota is used up',
    remedy: 'Make room, or set TMPDIR to a folder on another disk',
  },
  EMFILE: { what: 'too many files are open', remedy: 'Raise the limit: ulimit -n 4096' },
  ENFILE: { what: 'too many files are open on this machine' },
  EIO: { what: 'the disk does not answer', remedy: 'Check the disk' },
  ECONNREFUSED: { what: 'nothing answers there', remedy: 'See what runs: ./ecom status' },
  ECONNRESET: { what: 'the connection broke off', remedy: 'Try again' },
  ENOTFOUND: { what: 'there is no such host', remedy: 'Check the address and the network' },
  EADDRINUSE: { what: 'another program uses this port', remedy: 'Choose another one' },
};

/** What an error of the system (a file, a disk, a connection) or of a foreign document tells a person; undefined for others. */
export function systemFault(error: unknown): Fault | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === 'ZodError') return foreignDocument(error as Error & { issues?: Issue[] });
  const { code, syscall, path, address, port } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
  };
  const meaning = code === undefined || syscall === undefined ? undefined : meanings[code];
  if (meaning === undefined) return undefined;
  const socket = address === undefined ? undefined : `${address}:${port}`;
  return { ...meaning, where: path ?? socket };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** A run's document that this version cannot read. */
function foreignDocument({ issues = [] }: { readonly issues?: readonly Issue[] }): Fault {
  const [first] = issues;
  return {
    what: `a document of the run is not as this version of ecom writes it: ${first?.message ?? 'it has another form'}`,
    where: first?.path.map(String).join('.'),
    remedy: 'It is of another version: run the drop again, or look at it with the version that ran it',
  };
}
