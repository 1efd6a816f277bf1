const ROWS = ["top", "middle", "bottom"];
const COLUMNS = ["left", "centre", "right"];
/** The share of the strongest patch from which another one is outlined. */
const STRONG = 0.6;

export interface Patch {
  key: string;
  /** From 0 to 1, which the strongest patch has. */
  strength: number;
  strong: boolean;
}

/** The patches row by row, as strong as the strongest one allows. */
export function patchesOf(shares: readonly (readonly number[])[]): Patch[] {
  const highest = Math.max(...shares.flat(), 0);
  return shares.flatMap((row, down) =>
    row.map((share, across) => {
      const strength = highest > 0 ? share / highest : 0;
      return { key: `${down}/${across}`, strength, strong: strength >= STRONG };
    }),
  );
}

/** Where the map is strongest, in words: by thirds of the image, as many as have half of the relevance together. */
export function described(shares: readonly (readonly number[])[]): string {
  const thirds = new Map<string, number>();
  shares.forEach((row, down) =>
    row.forEach((share, across) => {
      const name = place(third(down, shares.length), third(across, row.length));
      thirds.set(name, (thirds.get(name) ?? 0) + share);
    }),
  );
  const total = [...thirds.values()].reduce((sum, share) => sum + share, 0);
  if (total === 0) return "no part of the image speaks for it";
  const named: string[] = [];
  let covered = 0;
  for (const [name, share] of [...thirds].sort(([, one], [, other]) => other - one)) {
    named.push(name);
    covered += share;
    if (covered >= total / 2) break;
  }
  return `most of it lies at the ${named.join(", ")}`;
}

function third(at: number, length: number): number {
  return Math.min(2, Math.floor(((at + 0.5) / length) * 3));
}

function place(row: number, column: number): string {
  if (row === 1 && column === 1) return "centre";
  return `${ROWS[row]} ${COLUMNS[column]}`;
}
