import { type DescField, ScalarType } from "@bufbuild/protobuf";
import { scalarType } from "./scalar-value.ts";

/** How the key of a JSON object becomes the key of a map. */
export interface MapKeyType {
  /** Completes "must have a key that is …". */
  readonly expected: string;
  /** The property that the library keeps the entry under; undefined for a key that is not of the type. */
  readonly read: (key: string) => string | undefined;
}

/** The type of the keys of a map. Two texts of one number, such as `1` and `01`, are one key. */
export function mapKeyType({ mapKey }: DescField & { fieldKind: "map" }): MapKeyType {
  const { expected, readText } = scalarType(mapKey);
  if (mapKey === ScalarType.STRING) return { expected, read: readText as MapKeyType["read"] };
  return {
    expected,
    read(key) {
      const value = readText(key);
      return value === undefined ? undefined : String(value);
    },
  };
}
