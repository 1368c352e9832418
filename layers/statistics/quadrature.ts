type Rule = readonly { readonly node: number; readonly weight: number }[];

const rules = new Map<number, Rule>();

/**
 * Gauss and Legendre's nodes and weights on (-1, 1): roots of the Legendre polynomial by Newton's method. A rule is made
 * once: a sequential plan asks for the same ones hundreds of times.
 */
export function gaussLegendre(points: number): Rule {
  const rule = rules.get(points) ?? legendreRule(points);
  rules.set(points, rule);
  return rule;
}

function legendreRule(points: number): Rule {
  return Array.from({ length: points }, (_, i) => {
    let node = Math.cos((Math.PI * (i + 0.75)) / (points + 0.5));
    let slope = 1;
    for (let iteration = 0; iteration < 6; iteration++) {
      const at = legendre(points, node);
      node -= at.value / at.slope;
      slope = at.slope;
    }
    return { node, weight: 2 / ((1 - node * node) * slope * slope) };
  });
}

/** The Legendre polynomial of a degree and its derivative, by the three-term recurrence. */
function legendre(degree: number, x: number): { value: number; slope: number } {
  let [previous, value] = [1, x];
  for (let k = 2; k <= degree; k++) {
    [previous, value] = [value, ((2 * k - 1) * x * value - (k - 1) * previous) / k];
  }
  return { value, slope: (degree * (x * value - previous)) / (x * x - 1) };
}
