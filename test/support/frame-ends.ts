import type { DescMessage } from "@bufbuild/protobuf";
import type { Clock } from "@geomesh/runtime/clock";
import type { SelectedMembers, Selection } from "@geomesh/terms/selection";

const ROOT = new URL("../../", import.meta.url);

/** What geo answers addresses from. */
export type Composer = object;

/** The parts of geo that a test of frames drives. */
export interface GeoEnd {
  readonly VARIED_BLOCKS: number;
  variedDatasets(build: number): Record<string, Buffer>;
  composerOf(
    files: Record<string, Buffer>,
    options: { overrides: string; partsMax?: number },
  ): Composer;
  readonly LookupContext: new (deps: {
    live: { composer: Composer | undefined };
    clock: Clock;
    countAddresses: (addresses: number) => void;
  }) => object;
  readonly AnsweredFrames: new (context: object) => { answer(bytes: Uint8Array): Buffer };
}

/** What the gateway read of one frame. */
export interface FrameAnswers {
  readonly frameId: number;
  readonly count: number;
  unitsOf(index: number): 0 | 1;
  problemOf(index: number): Error | undefined;
  locationJsonOf(index: number, selection: Selection): string;
  resultJsonOf(index: number, selection: Selection): string;
  resultBytesOf(index: number, selection: Selection): Uint8Array;
}

/** The parts of the gateway that a test of frames drives. */
export interface GatewayEnd {
  createAnswerReader(
    options: { partsMax: number; renderedBytesMax: number },
    deps: { clock: Clock },
  ): { read(bytes: Buffer): FrameAnswers };
  createJsonWriter(
    desc: DescMessage,
    only?: undefined,
    options?: { tree?: SelectedMembers },
  ): (message: Uint8Array) => string;
}

/** Loads geo's end; by paths, as no process may be imported. */
export async function loadGeoEnd(): Promise<GeoEnd> {
  return load<GeoEnd>("services/geo/src", [
    "testing/varied-datasets.ts",
    "testing/locate.ts",
    "rpc/lookup-context.ts",
    "rpc/lookup-frames.ts",
  ]);
}

/** Loads the gateway's end, in the same way. */
export async function loadGatewayEnd(): Promise<GatewayEnd> {
  return load<GatewayEnd>("gateway/src", ["lookups/frame-answers.ts", "transcode/json-writer.ts"]);
}

async function load<End>(folder: string, paths: readonly string[]): Promise<End> {
  const modules = paths.map((path) => import(new URL(`${folder}/${path}`, ROOT).href));
  return Object.assign({}, ...(await Promise.all(modules))) as End;
}
