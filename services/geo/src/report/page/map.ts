import { CELLS } from "../place-kinds.ts";
import { html, type Markup } from "./markup.ts";

/** Shades from few addresses to many; each is ten times as many as the one before. */
const SHADES = 6;
/** Addresses of the first shade. */
const FEWEST = 100;
/** Nobody is beyond these, in degrees. */
const [NORTH, SOUTH] = [84, -58];

/** A map of the world by degrees, whose cells are the darker the more addresses are in them. */
export function densityMap(density: Float64Array): Markup {
  const shades = Array.from({ length: SHADES }, (_, shade) => {
    const path = pathOf(density, shade);
    return html`<path class="shade-${shade + 1}" d="${path}"/>`;
  });
  const parallels = [60, 30, 0, -30].map((degrees) => html`<path d="M0 ${NORTH - degrees}h360"/>`);
  const meridians = [60, 120, 180, 240, 300].map((x) => html`<path d="M${x} 0v${NORTH - SOUTH}"/>`);
  return html`<svg class="map" viewBox="0 0 360 ${NORTH - SOUTH}" role="img" aria-label="Map of the world: where the addresses are"><g class="grid">${parallels}${meridians}</g>${shades}</svg>`;
}

/** What a shade stands for, in addresses: from, and below. */
export function shadeBounds(shade: number): readonly [from: number, below: number] {
  const from = shade === 0 ? 1 : FEWEST * 10 ** shade;
  return [from, shade === SHADES - 1 ? Number.POSITIVE_INFINITY : FEWEST * 10 ** (shade + 1)];
}

/** The numbers of the shades, from few addresses to many. */
export const SHADE_NUMBERS = Array.from({ length: SHADES }, (_, shade) => shade);

/** The cells of a shade; neighbours in a row are one rectangle. */
function pathOf(density: Float64Array, shade: number): string {
  const [from, below] = shadeBounds(shade);
  const { columns } = CELLS;
  const parts: string[] = [];
  for (let latitude = NORTH - 1; latitude >= SOUTH; latitude--) {
    const start = (latitude + 90) * columns;
    for (let column = 0; column < columns; ) {
      let end = column;
      while (end < columns && isWithin(density[start + end] as number, from, below)) end++;
      if (end > column) {
        const width = end - column;
        parts.push(`M${column} ${NORTH - 1 - latitude}h${width}v1h-${width}z`);
      }
      column = Math.max(end, column + 1);
    }
  }
  return parts.join("");
}

function isWithin(number: number, from: number, below: number): boolean {
  return number >= from && number < below;
}
