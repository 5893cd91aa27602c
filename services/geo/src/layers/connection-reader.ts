import type { Connection } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { ABSENT, type DataSection } from "../mmdb/data-section.ts";
import type { FieldReader } from "./field-reader.ts";

/** Reads who runs a network from records of ASN, ISP, Connection-Type, Domain and Enterprise, nested or flat. */
export function connectionReader(
  data: DataSection,
  fields: FieldReader,
): (record: number) => Partial<Connection> {
  const text = (record: number, ...keys: string[]) => {
    for (const key of keys) {
      const found = fields.text(data.find(record, key));
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return (record) => {
    const traits = data.find(record, "traits");
    const facts = traits === ABSENT ? record : traits;
    return {
      autonomousSystemNumber:
        fields.systemNumber(data.find(facts, "autonomous_system_number")) ??
        fields.systemNumber(data.find(facts, "asn")),
      autonomousSystemOrganization: text(facts, "autonomous_system_organization", "as_name"),
      connectionType: text(facts, "connection_type"),
      ispName: text(facts, "isp"),
      organizationName: text(facts, "organization"),
      domain: text(facts, "domain", "as_domain"),
    };
  };
}
