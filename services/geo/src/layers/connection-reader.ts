import type { Connection } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { ABSENT, type DataSection } from "../mmdb/data-section.ts";
import type { FieldReader } from "./field-reader.ts";
import type { System } from "./layer.ts";

/**
 * Reads who runs a network and how it is connected from records of ISP, Connection-Type, Domain and Enterprise, nested or flat.
 * Where one has a flag only if it is true, its absence says nothing.
 */
export function connectionReader(
  data: DataSection,
  fields: FieldReader,
): (record: number) => Partial<Connection> {
  return (record) => {
    const facts = factsOf(data, record);
    const text = (key: string) => fields.text(data.find(facts, key));
    return {
      connectionType: text("connection_type"),
      ispName: text("isp"),
      organizationName: text("organization"),
      domain: text("domain"),
      isMobile: fields.boolean(data.find(facts, "is_mobile")),
      isSatellite: fields.boolean(data.find(facts, "is_satellite")),
      isAnycast: fields.boolean(data.find(facts, "is_anycast")),
    };
  };
}

/** Reads the autonomous system from records of ASN, ISP, Enterprise and IPinfo, nested or flat. */
export function systemReader(data: DataSection, fields: FieldReader): (record: number) => System {
  return (record) => {
    const facts = factsOf(data, record);
    const text = (key: string) => fields.text(data.find(facts, key));
    return {
      autonomousSystemNumber:
        fields.systemNumber(data.find(facts, "autonomous_system_number")) ??
        fields.systemNumber(data.find(facts, "asn")),
      autonomousSystemOrganization: text("autonomous_system_organization") ?? text("as_name"),
      domain: text("as_domain"),
    };
  };
}

/** Where a record has the facts of its network: nested ones are in its `traits`. */
export function factsOf(data: DataSection, record: number): number {
  const traits = data.find(record, "traits");
  return traits === ABSENT ? record : traits;
}
