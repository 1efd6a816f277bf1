import type { Result } from "../api/client";

export interface Overlap {
  shown: number;
  shared: number;
  same: number;
  inA: Map<string, number>;
  inB: Map<string, number>;
}

/** How far two rankings agree: products by id, whichever catalogue has them, with their ranks. */
export function overlap(a: readonly Result[], b: readonly Result[]): Overlap {
  const inA = ranks(a);
  const inB = ranks(b);
  const shared = [...inA].filter(([id]) => inB.has(id));
  const same = shared.filter(([id, rank]) => inB.get(id) === rank);
  return { shown: Math.max(a.length, b.length), shared: shared.length, same: same.length, inA, inB };
}

function ranks(results: readonly Result[]): Map<string, number> {
  return new Map(results.map((result) => [result.product_id, result.rank]));
}
