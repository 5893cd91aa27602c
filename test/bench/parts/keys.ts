import { cpuUs, perSecond, ratio, refusedShare } from "../figures.ts";
import { type Measured, measureInTurn, type Target } from "../measure.ts";
import { decimal, whole } from "../report.ts";
import { lookups } from "../targets/bench-mesh.ts";
import { fillKeys } from "../targets/fill-keys.ts";
import type { Part } from "./part.ts";
import { startSingles } from "./singles.ts";

const CONNECTIONS = 128;
const ACCOUNTS_MAX = 1_000;
const KEYS_EACH_MIN = 20;

/** The same lookups while the table of keys grows, and by many keys. Last of all parts: the keys stay. */
export const benchKeys: Part = async ({ mesh, generators }, options) => {
  const singles = await startSingles(mesh);
  const measured = (targets: readonly Target[]) => {
    const shape = { connections: CONNECTIONS };
    const trials = targets.map((target) => ({ target, shape, mayRefuse: true }));
    return measureInTurn(generators, trials, options);
  };
  try {
    const before = await measured([singles.bare, singles.mesh]);
    const accounts = Math.min(ACCOUNTS_MAX, options.keys / KEYS_EACH_MIN);
    const customer = await mesh.newCustomer();
    const secrets = await fillKeys(mesh, customer, { accounts, keys: options.keys });
    const spread = singles.addresses.map(
      (address, at) => lookups([address], secrets[at % accounts] ?? "")[0] ?? { path: "/" },
    );
    const after = await measured([singles.bare, singles.mesh, mesh.target(spread)]);
    const keys = whole(options.keys);
    return {
      title: "keys",
      how: `Single lookups on ${CONNECTIONS} connections with few keys in the table, and with ${keys} keys of ${whole(accounts)} accounts. In the last row each request has the next of ${whole(accounts)} keys, one of each account, on whatever connection is free, as behind a proxy. Refused are those whose account had to wait too long for a lease.`,
      tables: [
        {
          columns: ["", "requests/s", "× bare", "gateway CPU µs", "CPU µs of all", "refused"],
          rows: [
            row("few keys, one used", before[1], before[0]),
            row(`${keys} keys, one used`, after[1], after[0]),
            row(`${keys} keys, ${whole(accounts)} used`, after[2], after[0]),
          ],
        },
      ],
    };
  } finally {
    await singles.bare.close();
  }
};

function row(name: string, rounds: readonly Measured[] = [], bare: readonly Measured[] = []) {
  return [
    name,
    whole(perSecond(rounds)),
    ratio(rounds, bare).toFixed(2),
    decimal(cpuUs(rounds, "gateway")),
    decimal(cpuUs(rounds)),
    `${(refusedShare(rounds) * 100).toFixed(2)} %`,
  ];
}
