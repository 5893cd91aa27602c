import type { ReadinessProblem } from "@geomesh/runtime/telemetry/ops-server";
import { isMetered, type Operation } from "../operations/operation.ts";

/** Tells why something cannot serve; empty where it can. */
export type TellProblems = () => readonly ReadinessProblem[];

/** What the gateway needs in order to serve, by what fails without it. */
export interface ReadinessDeps {
  readonly operations: readonly Operation[];
  /** Without one of these no call with a key is served. */
  readonly forAll: readonly TellProblems[];
  /** Without one of these no metered call is served. */
  readonly forMetered: readonly TellProblems[];
}

/** What a request would meet at this process, for reasons of its own. */
export interface Readiness {
  /** Why a request would fail; empty where none would. */
  problems(): ReadinessProblem[];
  /** Whether the calls of a gRPC service are served, by its full name; those of all where it is empty. */
  isServing(service: string): boolean;
  /** Nothing is served any more soon: new requests should go elsewhere. */
  leave(): void;
}

const LEAVING: ReadinessProblem = {
  reason: "leaving",
  message: "this gateway is about to end",
};

/** Creates the one place that knows whether this gateway can serve. */
export function createReadiness({ operations, forAll, forMetered }: ReadinessDeps): Readiness {
  const metered = new Set(operations.filter(isMetered).map(({ method }) => method.parent.typeName));
  let isLeaving = false;
  const general = () => [...(isLeaving ? [LEAVING] : []), ...forAll.flatMap((tell) => tell())];
  const problems = () => [...general(), ...forMetered.flatMap((tell) => tell())];
  return {
    problems,
    isServing(service) {
      const some = service === "" || metered.has(service) ? problems() : general();
      return some.length === 0;
    },
    leave() {
      isLeaving = true;
    },
  };
}
