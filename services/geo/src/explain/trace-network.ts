import type { Connection, Security } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { Address } from "../address/address.ts";
import type { Sources } from "../answer/location-composer.ts";
import type { Override } from "../overrides/override.ts";
import { connectionFlags, FLAG_BITS, type FlagName, securityMessage } from "../security/flags.ts";
import { SecurityIndex } from "../security/security-index.ts";
import type { Origins } from "./origins.ts";
import { traceConnection } from "./trace-connection.ts";
import { type ListWitnesses, recordWitnesses, type Witness } from "./witnesses.ts";

/** What is known of an address beside its place. */
export interface TracedNetwork {
  readonly connection: Partial<Connection>;
  readonly security: Partial<Security>;
  /** By the names of fields such as `connection.ispName`. */
  readonly origins: Origins<string>;
  readonly prefixLength: number;
}

/** An override and its name. */
interface NamedOverride {
  readonly override: Pick<Override, "connection" | "security">;
  readonly name: string;
}

const NO_OVERRIDE: NamedOverride = { override: { connection: {}, security: {} }, name: "" };
const RELAYS_ARE_NONE: readonly FlagName[] = ["vpn", "hosting"];

/** The connection and the flags of an address, with what an override says of them. */
export function traceNetwork(
  address: Address,
  { sources, lists }: { readonly sources: Sources; readonly lists: ListWitnesses },
  { override, name }: NamedOverride = NO_OVERRIDE,
): TracedNetwork {
  const recorded = traceConnection(address, sources);
  const facts = { ...recorded.facts, ...override.connection };
  const index = new SecurityIndex(sources.lists, sources);
  index.addressBits(address);
  const witnesses = [
    ...lists.find(address, facts.autonomousSystemNumber),
    ...recordWitnesses(address, sources.layers),
  ];
  const isTrue = witnesses.reduce((all, { bits }) => all | bits, 0);
  const flags = { isTrue, isKnown: index.isKnown[address.isIpv4 ? "ipv4" : "ipv6"] };
  const security = securityMessage(flags, override.security);
  const connection = { ...facts, ...connectionFlags(facts, flags), ...override.connection };
  const anonymous = sources.layers.filter((layer) => layer.security !== undefined);
  const datasets = anonymous.map((layer) => layer.facts.name);
  const whyFalse = (flag: FlagName) => {
    if (security.isRelay && RELAYS_ARE_NONE.includes(flag)) return "a relay is none";
    const isOfConnection = flag === "mobile" || flag === "satellite" || flag === "anycast";
    const names = [...lists.complete(flag), ...(isOfConnection ? [] : datasets)];
    return names.length === 0 ? undefined : `not in ${names.join(", ")}`;
  };
  const flagOrigin = (field: string, value: unknown) => {
    const flag = flagOf(field);
    if (flag === undefined) return undefined;
    return value === true ? saying(witnesses, flag) : whyFalse(flag);
  };
  const origins: Record<string, string> = {};
  for (const [field, value] of Object.entries(security)) {
    const isSaid = Object.hasOwn(override.security, field);
    origins[`security.${field}`] = isSaid ? name : (flagOrigin(field, value) ?? "");
  }
  for (const field of Object.keys(connection) as Extract<keyof Connection, string>[]) {
    const own =
      recorded.origins[field] ?? `by the connection type of ${recorded.origins.connectionType}`;
    const isSaid = Object.hasOwn(override.connection, field);
    origins[`connection.${field}`] = isSaid ? name : (flagOrigin(field, connection[field]) ?? own);
  }
  const prefixLength = Math.max(recorded.prefixLength, index.prefixLength);
  return { connection, security, origins, prefixLength };
}

/** The flag that a field such as `isVpn` tells, if it tells one. */
function flagOf(field: string): FlagName | undefined {
  const name = field.replace(/^is/, "").toLowerCase();
  return field.startsWith("is") && Object.hasOwn(FLAG_BITS, name) ? (name as FlagName) : undefined;
}

function saying(witnesses: readonly Witness[], flag: FlagName): string | undefined {
  const own = witnesses.filter(({ bits }) => (bits & FLAG_BITS[flag]) !== 0);
  return own.length === 0 ? undefined : own.map(({ origin }) => origin).join("; ");
}
