import { addresses } from "../addresses.ts";
import { cpuUs, median } from "../figures.ts";
import type { LoadRequest } from "../load/plan.ts";
import { type Measured, measureInTurn, type Trial } from "../measure.ts";
import { lookups } from "../targets/bench-mesh.ts";
import type { Part } from "./part.ts";
import { comparison } from "./tables.ts";

const CONNECTIONS = 128;
const ADDRESSES_COUNT = 2_000;
const GATEWAY = "gateway";

/** What is asked for, each compared with the first. */
const FORMS: readonly (readonly [name: string, form: (whole: LoadRequest) => LoadRequest])[] = [
  ["all keys", (whole) => whole],
  ["one key", (whole) => ({ ...whole, path: `${whole.path}?fields=country_code` })],
  [
    "two keys, one in an object",
    (whole) => ({ ...whole, path: `${whole.path}?fields=city,timezone.name` }),
  ],
  ["304", (whole) => ({ ...whole, headers: { ...whole.headers, "if-none-match": "*" } })],
  ["one value as text", (whole) => ({ ...whole, path: `${whole.path}/country_code` })],
];

/** Single lookups that ask for less than the whole location, beside those that ask for all of it. */
export const benchFields: Part = async ({ mesh, generators }, options) => {
  const { key } = await mesh.newCustomer();
  const whole = lookups(addresses(ADDRESSES_COUNT), key);
  const shape = { connections: CONNECTIONS };
  const trials = FORMS.map(([name, form]): Trial => {
    const target = mesh.target(whole.map(form));
    return { target, shape, status: name === "304" ? "304" : "200" };
  });
  const all = await measureInTurn(generators, trials, options);
  const measured = FORMS.map(([name], at) => ({ name, rounds: all[at] ?? [] }));
  return {
    title: "fields",
    how: `Single lookups on ${CONNECTIONS} connections that ask for less than the whole location; CPU is that of all processes, below it that of the gateway alone.`,
    tables: [
      comparison(measured),
      {
        columns: ["", "CPU of the gateway µs/request", "× first"],
        rows: measured.map(({ name, rounds }) => [
          name,
          cpuUs(rounds, GATEWAY).toFixed(1),
          gatewayRatio(rounds, all[0] ?? []).toFixed(2),
        ]),
      },
    ],
  };
};

/** By median of the rounds. */
function gatewayRatio(rounds: readonly Measured[], first: readonly Measured[]): number {
  const us = ({ cpu, load }: Measured) => (cpu[GATEWAY] ?? 0) / load.requests;
  return median(rounds.map((round, at) => us(round) / us(first[at] ?? round)));
}
