import type { Connection } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { Address } from "../address/address.ts";
import { type ConnectionSources, connectionSources } from "../answer/connection-parts.ts";
import type { Layer, SystemLayer } from "../layers/layer.ts";
import { NO_RECORD } from "../mmdb/search-tree.ts";
import { networkOf, type Origins, type Traced } from "./origins.ts";

type Field = Extract<keyof Connection, string>;

/** What records say of who runs the network of an address. The first source that knows a field wins. */
export function traceConnection(
  address: Address,
  sources: ConnectionSources,
): Traced<Partial<Connection>> {
  const facts: Partial<Connection> = {};
  const origins: Origins<Field> = {};
  let prefixLength = 0;
  for (const { layer, readers } of connectionSources(sources)) {
    if (!layer.families[address.isIpv4 ? "ipv4" : "ipv6"]) continue;
    const record = layer.find(address);
    const network = networkOf(address, layer.prefixLength);
    prefixLength = Math.max(prefixLength, layer.prefixLength);
    if (record === NO_RECORD) continue;
    for (const said of readers.map((read) => read(record))) {
      const name = nameOf(layer) ?? agreeing(address, said, sources.layers);
      for (const field of Object.keys(said) as Field[]) {
        if (said[field] === undefined || facts[field] !== undefined) continue;
        Object.assign(facts, { [field]: said[field] });
        origins[field] = `${name} ${network}`;
      }
    }
  }
  return { facts, origins, prefixLength };
}

/** What several datasets say together has no name. */
function nameOf(layer: SystemLayer): string | undefined {
  return (layer as Partial<Layer>).facts?.name;
}

function agreeing(address: Address, said: Partial<Connection>, layers: readonly Layer[]): string {
  const names = layers.flatMap((layer) => {
    const record = layer.systems === undefined ? NO_RECORD : layer.find(address);
    const own = record === NO_RECORD ? undefined : layer.systems?.read(record);
    const isSame = own?.autonomousSystemNumber === said.autonomousSystemNumber;
    return own !== undefined && isSame ? [layer.facts.name] : [];
  });
  return names.join(", ");
}
