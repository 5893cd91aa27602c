import type { Connection } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import { ABSENT, type DataSection } from "../mmdb/data-section.ts";

/** Reads who runs a network from records of ASN, ISP, Connection-Type, Domain and Enterprise, nested or flat. */
export function connectionReader(data: DataSection): (record: number) => Partial<Connection> {
  const text = (record: number, ...keys: string[]) => {
    for (const key of keys) {
      const found = data.text(data.find(record, key));
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return (record) => {
    const traits = data.find(record, "traits");
    const facts = traits === ABSENT ? record : traits;
    return {
      autonomousSystemNumber:
        data.number(data.find(facts, "autonomous_system_number")) ??
        data.number(data.find(facts, "asn")) ??
        asNumber(text(facts, "asn")),
      autonomousSystemOrganization: text(facts, "autonomous_system_organization", "as_name"),
      connectionType: text(facts, "connection_type"),
      ispName: text(facts, "isp"),
      organizationName: text(facts, "organization"),
      domain: text(facts, "domain", "as_domain"),
    };
  };
}

function asNumber(text: string | undefined): number | undefined {
  const digits = /^AS([0-9]{1,10})$/.exec(text ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}
