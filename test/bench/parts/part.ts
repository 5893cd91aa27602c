import type { LoadGenerators } from "../load/generators.ts";
import type { BenchOptions } from "../options.ts";
import type { Report } from "../report.ts";
import type { BenchMesh } from "../targets/bench-mesh.ts";

/** What a part measures with. */
export interface PartDeps {
  readonly mesh: BenchMesh;
  readonly generators: LoadGenerators;
}

/** One part of the benchmark: measures and reports. */
export type Part = (deps: PartDeps, options: BenchOptions) => Promise<Report>;
