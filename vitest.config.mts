import { defineConfig } from 'vitest/config';
import { textExtensions } from './infrastructure/text-modules.mjs';

const textModules = {
  name: 'text-modules',
  enforce: 'pre' as const,
  transform(code: string, id: string) {
    if (textExtensions.some((extension) => id.endsWith(extension)))
      return `export default ${JSON.stringify(code)}`;
    return undefined;
  },
};

export default defineConfig({
  plugins: [textModules],
  define: { PROJECT_ROOT: JSON.stringify(import.meta.dirname) },
  test: { include: ['tests/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 240_000, maxWorkers: 2 },
});
