import { AsnLayer } from "../asn/asn-layer.ts";
import type { Inspection } from "../inspect/inspection.ts";
import { consistentPlace } from "../layers/consistent-place.ts";
import type { DatasetFacts, Layer } from "../layers/layer.ts";
import { MmdbLayer } from "../layers/mmdb-layer.ts";
import { schemaOf } from "../layers/schema.ts";
import { openMmdb } from "../mmdb/mmdb-file.ts";
import { creditsOf } from "./credits.ts";

/** The type that CSV files of autonomous systems are listed with; they state none. */
const ASN_CSV_TYPE = "ASN-CSV";

/** Makes the layer of an inspected file. The build time of a CSV file is `modified`, its time of modification. */
export function layerOf({ content, findings }: Inspection, name: string, modified: Date): Layer {
  const factsOf = (type: string, buildTime: Date): DatasetFacts => ({
    name,
    type,
    buildTime,
    networks: findings.networks,
    unusableRecords: findings.unusableRecords,
    contradictions: findings.contradictions,
    ...creditsOf(type),
  });
  if (content.kind === "asn") return new AsnLayer(content, factsOf(ASN_CSV_TYPE, modified));
  const { buffer, byteOffset, byteLength } = content.bytes;
  const file = openMmdb(Buffer.from(buffer, byteOffset, byteLength));
  const { databaseType, buildTime } = file.metadata;
  const { place, connection, security } = schemaOf(file, findings.samples);
  return new MmdbLayer(file, factsOf(databaseType, buildTime), {
    place: place && consistently(place, new Set(findings.doubtfulRegions)),
    connection,
    security,
  });
}

/** Reads places, with their doubtful fields unknown. */
function consistently(
  place: NonNullable<Layer["place"]>,
  doubtfulRegions: ReadonlySet<number>,
): NonNullable<Layer["place"]> {
  return (record, language) => {
    const read = place(record, language);
    return read && consistentPlace(read, doubtfulRegions);
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
