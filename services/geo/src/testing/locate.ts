import { GetLocationResponse } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import type { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { createLog } from "@geomesh/runtime/log";
import { AnswerWriter } from "../answer/answer-writer.ts";
import { ByteWriter } from "../answer/byte-writer.ts";
import {
  type ComposerOptions,
  LocationComposer,
  type Sources,
} from "../answer/location-composer.ts";
import { SystemSources } from "../asn/system-sources.ts";
import { byPrecedence, layerOf } from "../datasets/layer-of.ts";
import { SHIPPED_FINDINGS } from "../datasets/shipped-findings.ts";
import { inspectContent } from "../inspect/inspect-file.ts";
import type { Inspection } from "../inspect/inspection.ts";
import type { Naming } from "../layers/languages.ts";
import type { Layer, SystemLayer } from "../layers/layer.ts";
import { OverrideTable } from "../overrides/override-table.ts";
import { parseOverrides } from "../overrides/parse-overrides.ts";
import { defaultLists } from "../security/default-lists.ts";
import type { SecurityLists } from "../security/security-index.ts";
import { specialPurposeAddresses } from "../special/special-purpose.ts";

/** The moment that answers of tests are for. */
export const TEST_TIME = new Date("2026-01-15T12:00:00Z");

const KNOWN = new Map(SHIPPED_FINDINGS);

/** The inspection of a file's content by the clock of the machine; of a default dataset, what is shipped. Errors: RefusalError. */
export function inspected(name: string, content: Buffer): Inspection {
  return inspectContent(name, content, { wallMs: Date.now(), known: KNOWN });
}

/** What a composer of a test has beside datasets; default is nothing. */
export interface TestComposerOptions extends ComposerOptions {
  /** Lines of an override file. */
  readonly overrides?: string;
  readonly lists?: SecurityLists;
  /** What GEO_ASN_SOURCES names. */
  readonly asnSources?: readonly string[];
}

/** A composer of datasets, which are given as contents of files by name. */
export function composerOf(
  files: Readonly<Record<string, Buffer>>,
  options: TestComposerOptions = {},
): LocationComposer {
  const composer = new LocationComposer(sourcesOf(files, options), options);
  composer.setTime(TEST_TIME.getTime());
  return composer;
}

/** What that composer composes of. */
export function sourcesOf(
  files: Readonly<Record<string, Buffer>>,
  { overrides = "", lists = defaultLists(), asnSources = [] }: TestComposerOptions = {},
): Sources {
  const loaded = Object.entries(files).map(([name, content]) =>
    layerOf(inspected(name, content), { name, modifiedAt: TEST_TIME }),
  );
  const layers = byPrecedence(loaded);
  return {
    layers,
    systems: systemsOf(layers, asnSources),
    special: specialPurposeAddresses(),
    overrides: new OverrideTable(parseOverrides(overrides)),
    lists,
  };
}

/** What systems are looked up in, of layers in order of precedence, as GEO_ASN_SOURCES names them; default is all. */
function systemsOf(
  layers: readonly Layer[],
  names: readonly string[] = [],
): readonly SystemLayer[] {
  const log = createLog({ service: "geo", destination: { write: () => undefined } });
  const pieces = new SystemSources({ names, log }).pieces(layers);
  for (;;) {
    const { done, value } = pieces.next();
    if (done) return value;
  }
}

/** The decoded answer for an address, without unset fields. */
export function locate(
  composer: LocationComposer,
  text: string,
  language: Naming["language"] = "en",
  withNames = false,
) {
  const out = new ByteWriter();
  const wanted = { language, withNames, members: undefined };
  if (!new AnswerWriter().location(composer, Buffer.from(text), wanted, out)) {
    throw new Error(`${text} is not an address`);
  }
  const { location } = GetLocationResponse.decode(out.take());
  return JSON.parse(JSON.stringify(location)) as Partial<Location>;
}
