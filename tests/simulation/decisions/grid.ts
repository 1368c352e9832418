import type { Cell } from './cell.ts';
import { effects } from './grid/effects.ts';
import { harm } from './grid/harm.ts';
import { looking } from './grid/looking.ts';
import { openWindows } from './grid/open-windows.ts';
import { shapes } from './grid/shapes.ts';

/** Every truth and plan whose error rates docs/statistics-evidence.md shows. */
export const grid: readonly Cell[] = [...effects, ...harm, ...openWindows, ...shapes, ...looking];
