import {
  create,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type Message,
  type Registry,
} from "@bufbuild/protobuf";
import { AnySchema, anyPack, hasCustomJsonRepresentation } from "@bufbuild/protobuf/wkt";
import {
  type BodyRun,
  isObject,
  NO_OBJECT,
  type ReadValue,
  UNKNOWN_FIELD,
  within,
} from "./body-run.ts";

const TYPE = "@type";

/** What reading an Any needs. */
export interface AnyDeps {
  readonly registry: Registry | undefined;
  readonly readerOf: (desc: DescMessage) => ReadValue;
}

/**
 * Creates a reader of google.protobuf.Any: `@type` names a message of the registry, whose fields stand beside it, or whose JSON
 * is in `value` where it is not an object of fields.
 */
export function anyReader({ registry, readerOf }: AnyDeps): ReadValue {
  /** The message of the type that `@type` names. */
  function typeOf(url: JsonValue | undefined): DescMessage | undefined {
    if (typeof url !== "string") return undefined;
    return registry?.getMessage(url.slice(url.lastIndexOf("/") + 1));
  }

  return (json, place, run) => {
    if (!isObject(json)) {
      run.problems.add(place, NO_OBJECT);
      return undefined;
    }
    const any = create(AnySchema);
    const { [TYPE]: url, ...rest } = json;
    if (Object.keys(json).length === 0) return any;
    const desc = typeOf(url);
    if (desc === undefined) {
      run.problems.add(`${place}.${TYPE}`, "must name a message that this server knows");
      return undefined;
    }
    const inner = within(run, { place, levels: 1 }, () =>
      hasCustomJsonRepresentation(desc)
        ? readCustom(readerOf(desc), rest, { place, run })
        : readerOf(desc)(rest, place, run),
    );
    if (inner === undefined) return undefined;
    try {
      anyPack(desc, inner as Message, any);
    } catch {
      // A message of proto2 that lacks a required field has no binary form.
      run.problems.add(place, "must have every required field");
      return undefined;
    }
    return any;
  };
}

/** The message whose JSON is in `value`, beside which nothing may stand. */
function readCustom(
  read: ReadValue,
  { value, ...others }: JsonObject,
  { place, run }: { readonly place: string; readonly run: BodyRun },
): unknown {
  for (const key of Object.keys(others)) run.problems.add(`${place}.${key}`, UNKNOWN_FIELD);
  if (value === undefined) {
    run.problems.add(`${place}.value`, "is missing");
    return undefined;
  }
  return read(value, `${place}.value`, run);
}
