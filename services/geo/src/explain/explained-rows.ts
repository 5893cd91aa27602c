import { type DescMessage, fromBinary } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { Location } from "@geomesh/proto/grpc/geomesh/geo/v1/location";
import type { Explanation } from "./explain-location.ts";

/** A known value of a location and where it comes from; without a value, what is not answered. */
export interface ExplainedRow {
  /** The name in the API, such as `connection.isp_name`. */
  readonly field: string;
  readonly value: string;
  readonly from: string;
}

interface Value {
  readonly names: readonly string[];
  readonly localNames: readonly string[];
  readonly value: string;
}

/** The known values in the order of the contract, each with its origin, and then what is left out. */
export function explainedRows({ location, origins, leftOut }: Explanation): ExplainedRow[] {
  const values = valuesOf(Location.encode(location).finish());
  const rows = values.map(({ names, localNames, value }) => ({
    field: names.join("."),
    value,
    from: origins[localNames.join(".")] ?? origins[localNames[0] ?? ""] ?? "",
  }));
  const left = Object.entries(leftOut).map(([key, said]) => ({
    field: key === "timezoneName" ? "timezone.name" : snakeCase(key),
    value: "",
    from: `not answered, as the rest does not bear it out: ${said}`,
  }));
  return [...rows, ...left];
}

/** The known values of an encoded location, in the order of the contract. Errors: Error for malformed bytes. */
export function valuesOf(location: Uint8Array): Value[] {
  return valuesIn(LocationSchema, reflect(LocationSchema, fromBinary(LocationSchema, location)));
}

function valuesIn({ fields }: DescMessage, message: ReflectMessage): Value[] {
  return fields.flatMap((field): Value[] => {
    if (!message.isSet(field)) return [];
    const [name, localName] = [field.name, field.localName];
    if (field.fieldKind === "scalar") {
      return [{ names: [name], localNames: [localName], value: `${message.get(field)}` }];
    }
    if (field.fieldKind !== "message") return [];
    return valuesIn(field.message, message.get(field)).map((inside) => ({
      ...inside,
      names: [name, ...inside.names],
      localNames: [localName, ...inside.localNames],
    }));
  });
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
