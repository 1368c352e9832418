/** File kinds that are imported as text: the one list that esbuild and vitest share. */
export const textExtensions = ['.sql', '.yaml', '.py'];

/** What browsers get as it is, imported as text with `?raw`: the mark is vitest's own, and esbuild goes by the ending. */
const browserExtensions = ['.css', '.client.js'];

/** esbuild's `loader` option for them.
 * @type {Record<string, 'text'>} */
export const textLoader = Object.fromEntries(
  [...textExtensions, ...browserExtensions].map((extension) => [extension, 'text']),
);
