import { fromBinary, toJsonString } from "@bufbuild/protobuf";
import { LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import type { Clock } from "@geomesh/runtime/clock";
import { BAD_ADDRESS } from "@geomesh/terms/canonical-address";
import { addressFromText } from "../address/parse.ts";
import { AnswerWriter } from "../answer/answer-writer.ts";
import type { GeoConfig } from "../config.ts";
import { explainLocation } from "../explain/explain-location.ts";
import { type ExplainedRow, explainedRows } from "../explain/explained-rows.ts";
import { ListWitnesses } from "../explain/witnesses.ts";
import { publicUrlOf } from "../public-url.ts";
import { namedLists } from "../security/named-lists.ts";
import { type Offline, openOffline } from "./open-offline.ts";

/** What a lookup works with. */
export interface LookupDeps {
  readonly config: GeoConfig;
  readonly clock: Clock;
  /** Takes the answers: a line of JSON for each address, or a table. */
  readonly write: (text: string) => void;
  /** Takes what is wrong, as sentences. */
  readonly complain: (text: string) => void;
}

const NAMING = { language: "en", withNames: false } as const;

/**
 * Writes where addresses are, each as a line of JSON or, explained, as a table of its fields and where each comes from. Answers
 * whether all texts are addresses. Errors: as of `openOffline`.
 */
export async function lookUp(
  texts: readonly string[],
  isExplained: boolean,
  deps: LookupDeps,
): Promise<boolean> {
  const { clock, config, write, complain } = deps;
  const wrong = texts.filter((text) => addressFromText(text) === undefined);
  for (const text of wrong) complain(`${text}: ip_address ${BAD_ADDRESS}\n`);
  if (wrong.length > 0) return false;
  const offline = await openOffline(config, clock);
  for (const warning of offline.warnings) complain(`${warning}\n`);
  const wallMs = clock.wallMs();
  const answer = isExplained ? await explainer(offline, config, wallMs) : locator(offline, wallMs);
  for (const text of texts) write(answer(text));
  return true;
}

type Answer = (text: string) => string;

function locator({ composer }: Offline, wallMs: number): Answer {
  composer.setTime(wallMs);
  const answers = new AnswerWriter();
  return (text) => {
    const location = answers.bare(composer, Buffer.from(text), NAMING) ?? new Uint8Array(0);
    const message = fromBinary(LocationSchema, location);
    return `${toJsonString(LocationSchema, message, { useProtoFieldName: true })}\n`;
  };
}

async function explainer(
  { sources }: Offline,
  { securityDir, publicUrl }: GeoConfig,
  wallMs: number,
): Promise<Answer> {
  const lists = new ListWitnesses(await namedLists(securityDir));
  const deps = { sources, lists, wallMs, publicUrl: publicUrlOf(publicUrl) ?? "" };
  return (text) => {
    const address = addressFromText(text);
    const rows = address === undefined ? [] : explainedRows(explainLocation(address, deps));
    return `${tableOf(rows)}\n`;
  };
}

function tableOf(rows: readonly ExplainedRow[]): string {
  const all = [{ field: "field", value: "value", from: "from" }, ...rows];
  const width = (column: "field" | "value") => Math.max(...all.map((row) => row[column].length));
  const [fieldWidth, valueWidth] = [width("field"), width("value")];
  const lines = all.map(({ field, value, from }) =>
    `${field.padEnd(fieldWidth)}  ${value.padEnd(valueWidth)}  ${from}`.trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}
