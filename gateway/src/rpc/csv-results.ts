import { fromBinary } from "@bufbuild/protobuf";
import {
  LocationErrorSchema,
  LocationResultSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/location_result_pb";
import type { FrameAnswers } from "../lookups/frame-answers.ts";
import type { LookupResponse } from "../lookups/lookup.ts";
import type { AnswerHeaders, Body } from "../operations/outcome.ts";
import { type Column, columnsOf, textCell } from "./csv-columns.ts";
import { PiecesByPlace } from "./pieces-by-place.ts";
import type { AskedLocations } from "./questions.ts";

const LINE_END = "\r\n";
const { ipAddress: ADDRESS, code: CODE, message: MESSAGE } = LocationErrorSchema.field;
const ERROR = LocationResultSchema.field.error.name;
const ERROR_COLUMNS = [CODE, MESSAGE].map(({ name }) => `${ERROR}.${name}`);

/**
 * The results of a batch as CSV (RFC 4180): a line of names, then one for each address, with a column for each selected value and
 * two for the error. An address that failed has its text in the column of addresses, where that is selected.
 */
export class CsvResults implements LookupResponse {
  readonly problem = undefined;
  readonly isUnchanged = false;
  readonly headers: AnswerHeaders;
  readonly #columns: readonly Column[];
  /** The lines that each frame brought. */
  readonly #pieces = new PiecesByPlace<string>();

  constructor({ headers, selection }: AskedLocations) {
    this.headers = headers;
    this.#columns = columnsOf(selection.members);
  }

  take(answers: FrameAnswers, at: number, offset: number, count: number): void {
    let lines = "";
    for (let i = at; i < at + count; i += 1) {
      lines += this.#line(answers.resultBytesOf(i)) + LINE_END;
    }
    this.#pieces.add(offset, lines);
  }

  body(): Body {
    const names = [...this.#columns.map(({ name }) => name), ...ERROR_COLUMNS].join(",");
    const text = [names + LINE_END, ...this.#pieces.inOrder()].join("");
    return { form: "csv", csv: Buffer.from(text) };
  }

  #line(bytes: Uint8Array): string {
    const { result } = fromBinary(LocationResultSchema, bytes);
    if (result.case === "location") {
      const { value } = result;
      return [...this.#columns.map(({ cell }) => cell(value)), ...ERROR_COLUMNS.map(() => "")].join(
        ",",
      );
    }
    const { ipAddress = "", code = "", message = "" } = result.value ?? {};
    const cells = this.#columns.map(({ name }) =>
      name === ADDRESS.name ? textCell(ipAddress) : "",
    );
    return [...cells, textCell(code), textCell(message)].join(",");
  }
}
