import { Random } from './random.ts';

export interface Product {
  readonly id: number;
  readonly category: string;
  readonly priceCents: number;
}

const productCount = 400;
const categories = [
  { name: 'accessories', share: 0.3 },
  { name: 'apparel', share: 0.3 },
  { name: 'home', share: 0.22 },
  { name: 'sports', share: 0.12 },
  { name: 'electronics', share: 0.06 },
] as const;
const euros = {
  accessories: [3, 6, 9, 12, 19, 39],
  apparel: [9, 15, 22, 34, 59, 179],
  home: [7, 14, 24, 45, 99, 449],
  sports: [12, 22, 36, 65, 129, 699],
  electronics: [19, 49, 99, 199, 429, 1799],
} as const;

/** Products with prices such as 23.99: many cheap ones, few dear ones. The first ids are the popular ones. */
export function makeCatalog(seed: number, purpose: number): Product[] {
  const random = new Random();
  return Array.from({ length: productCount }, (_, index) => {
    random.restart(seed, purpose, index);
    const category = random.pick(categories).name;
    return { id: index + 1, category, priceCents: random.between(euros[category]) * 100 + 99 };
  });
}

/** A product, the popular ones more often. */
export function drawProduct(catalog: readonly Product[], random: Random): Product {
  const rank = random.uniform();
  return catalog[Math.floor(rank * rank * catalog.length)] as Product;
}
