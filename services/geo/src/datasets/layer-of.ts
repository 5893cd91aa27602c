import { asBuffer } from "@geomesh/runtime/as-buffer";
import { AsnLayer } from "../asn/asn-layer.ts";
import type { Inspection } from "../inspect/inspection.ts";
import { consistentNames, consistentPlace } from "../layers/consistent-place.ts";
import type { DatasetFacts, Layer } from "../layers/layer.ts";
import { MmdbLayer } from "../layers/mmdb-layer.ts";
import { schemaOf } from "../layers/schema.ts";
import { openMmdb } from "../mmdb/mmdb-file.ts";
import { type Credits, creditsOf, NO_CREDITS } from "./credits.ts";

/** The type that CSV files of autonomous systems are listed with; they state none. */
const ASN_CSV_TYPE = "ASN-CSV";

/** A dataset file beside its content. */
export interface DatasetFile {
  /** Without its directory. */
  readonly name: string;
  /** The build time of a CSV file, which states none. */
  readonly modifiedAt: Date;
  /** Of a CSV file, which states no publisher; default is that they are not known. */
  readonly credits?: Credits | undefined;
}

/** Makes the layer of an inspected file. */
export function layerOf({ content, findings }: Inspection, file: DatasetFile): Layer {
  const { name, modifiedAt } = file;
  const factsOf = (type: string, buildTime: Date, credits: Credits): DatasetFacts => ({
    name,
    type,
    buildTime,
    networks: findings.networks,
    unusableRecords: findings.unusableRecords,
    contradictions: findings.contradictions,
    ...credits,
  });
  if (content.kind === "asn") {
    return new AsnLayer(content, factsOf(ASN_CSV_TYPE, modifiedAt, file.credits ?? NO_CREDITS));
  }
  const mmdb = openMmdb(asBuffer(content.bytes));
  const { databaseType, buildTime } = mmdb.metadata;
  const { place, names, system, connection, security } = schemaOf(mmdb, findings.samples);
  return new MmdbLayer(mmdb, factsOf(databaseType, buildTime, creditsOf(databaseType)), {
    ...consistently({ place, names }, new Set(findings.doubtfulRegions)),
    system,
    connection,
    security,
  });
}

/** Reads places and their names, with their doubtful fields unknown. */
function consistently(
  { place, names }: Pick<Layer, "place" | "names">,
  doubtfulRegions: ReadonlySet<number>,
): Pick<Layer, "place" | "names" | "recorded"> {
  if (place === undefined || names === undefined) return {};
  return {
    recorded: place,
    place: (record, language) => {
      const read = place(record, language);
      return read && consistentPlace(read, doubtfulRegions);
    },
    names: (record) => {
      const read = place(record, "en");
      return read === undefined ? {} : consistentNames(names(record), read, doubtfulRegions);
    },
  };
}

const RANKS: readonly RegExp[] = [/enterprise/i, /city/i, /isp/i, /location/i, /country/i];

/** Sorts layers by precedence: the types that know more come first, and of one type the newest build. */
export function byPrecedence(layers: readonly Layer[]): Layer[] {
  return layers.toSorted(
    ({ facts: a }, { facts: b }) =>
      rank(a.type) - rank(b.type) ||
      b.buildTime.getTime() - a.buildTime.getTime() ||
      (a.name < b.name ? -1 : 1),
  );
}

function rank(type: string): number {
  const index = RANKS.findIndex((pattern) => pattern.test(type));
  return index < 0 ? RANKS.length : index;
}
