import { execFileSync } from "node:child_process";

/** One thing that must hold of the sources: a command that ends with status 0 where it does. */
export interface Step {
  readonly name: string;
  readonly argv: readonly [program: string, ...args: string[]];
}

/** The linter sends nothing anywhere, and does not ask for newer versions of itself. */
const QUIET_REDOCLY = ["REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true"];
const REDOCLY_LINT = [
  ...["redocly", "lint", "--config", "packages/tasks/redocly.yaml"],
  "proto/gen/openapi/geomesh.openapi.json",
];

/** Every step of `npm run check`, in the order in which they run. */
export function steps(root: string): Step[] {
  return [
    { name: "format and lint", argv: ["biome", "ci", "--error-on-warnings", "."] },
    { name: "types", argv: ["tsc", "--noEmit"] },
    house("circles", "imports: no circles of files or folders"),
    house("order", "imports: none runs back up in the gateway"),
    house("exports", "exports: all are documented"),
    house("words", "words: plain technical English"),
    house("links", "documents: links"),
    {
      name: "workspaces: declare what they use, and nothing else",
      argv: ["knip", "--config", "packages/tasks/knip.json", "--no-progress"],
    },
    { name: "contracts: lint", argv: ["buf", "lint"] },
    { name: "contracts: rules of our own", argv: ["node", "proto/scripts/check-rules.ts"] },
    {
      name: "contracts: format",
      argv: ["buf", "format", "--path", "proto/geomesh", "--diff", "--exit-code"],
    },
    ...comparisons(publishedBase(root)),
    { name: "contracts: OpenAPI document", argv: ["env", ...QUIET_REDOCLY, ...REDOCLY_LINT] },
    {
      name: "contracts: generated code is current",
      argv: ["node", "proto/scripts/generate.ts", "--check"],
    },
    {
      name: "contracts: vendored ones are their packages'",
      argv: ["node", "proto/scripts/vendor.ts", "--check"],
    },
    {
      name: "containers: compose file",
      argv: ["dclint", "-c", "deploy/dclint.json", "--max-warnings", "0", "docker-compose.yml"],
    },
    { name: "containers: Dockerfile", argv: ["dockerfile-utils", "lint", "Dockerfile"] },
  ];
}

/** A check of our own; packages/tasks/src/house has one file for each. */
function house(check: string, name: string): Step {
  return { name, argv: ["node", "packages/tasks/src/house/main.ts", check] };
}

/** What clients of a base may rely on: buf compares messages and RPCs, the OpenAPI documents paths, scopes and rules. */
function comparisons(base: string | undefined): Step[] {
  if (base === undefined) return [{ name: "contracts: no base to compare with", argv: ["true"] }];
  return [
    {
      name: `contracts: nothing broken since ${base}`,
      argv: ["buf", "breaking", "--against", `.git#ref=${base}`],
    },
    {
      name: "contracts: REST API has no unaccepted change",
      argv: ["node", "proto/scripts/compare-openapi.ts", base],
    },
  ];
}

/** The commit whose contracts must continue to work: main as it was published, else as it is here. */
function publishedBase(root: string): string | undefined {
  const refs = ["refs/remotes/origin/main", "refs/heads/main"];
  const ref = refs.find((name) => revision(root, `${name}:buf.yaml`) !== undefined);
  return ref && revision(root, `${ref}^{commit}`);
}

function revision(root: string, name: string): string | undefined {
  try {
    const argv = ["rev-parse", "--short", "--verify", "--quiet", name];
    return execFileSync("git", argv, { cwd: root, encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return undefined;
  }
}
