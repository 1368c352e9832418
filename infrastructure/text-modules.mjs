/** File kinds that are imported as text: the one list that esbuild and vitest share. */
export const textExtensions = ['.sql', '.yaml'];

/** esbuild's `loader` option for them.
 * @type {Record<string, 'text'>} */
export const textLoader = Object.fromEntries(textExtensions.map((extension) => [extension, 'text']));
