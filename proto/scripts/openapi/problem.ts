import { STATUS_CODES } from "node:http";
import { type HEADERS, headerReferences, LIMIT_HEADERS } from "./headers.ts";
import type { PublicReason } from "./reasons.ts";
import type { Reference, Response, Schema } from "./types.ts";

/** Errors of calls that name the version which they change, and of those with an `Idempotency-Key`. */
export type OwnError = 412 | 422;

/** Errors with headers of their own, and of some calls alone. All others are `default`. */
const ERRORS: readonly (readonly [status: number, headers: readonly (keyof typeof HEADERS)[]])[] = [
  [400, []],
  [401, ["WWW-Authenticate"]],
  [403, []],
  [412, []],
  [422, []],
  [429, [...LIMIT_HEADERS, "Retry-After"]],
  [503, ["Retry-After"]],
];

const OWN_ERRORS: ReadonlySet<number> = new Set<OwnError>([412, 422]);
const ANY_ERROR = "Error";
const PROBLEM: Schema = { $ref: "#/components/schemas/Problem" };

const componentOf = (status: number) => `${ANY_ERROR}${status}`;

/** What a call answers where it fails: what every call does, and errors of its own. */
export function errorReferences(own: readonly OwnError[]): Record<string, Reference> {
  const at = (name: string) => ({ $ref: `#/components/responses/${name}` });
  const isOf = (status: number) => !OWN_ERRORS.has(status) || own.includes(status as OwnError);
  const known = ERRORS.filter(([status]) => isOf(status)).map(([status]) => [
    status,
    at(componentOf(status)),
  ]);
  return { ...Object.fromEntries(known), default: at(ANY_ERROR) };
}

/** The responses that `errorReferences` refers to. */
export function errorResponses(reasons: readonly PublicReason[]): Record<string, Response> {
  const content = { "application/problem+json": { schema: PROBLEM } };
  const known = ERRORS.map(([status, headers]) => {
    const codes = reasons.filter(({ httpStatus }) => httpStatus === status);
    const description = `${STATUS_CODES[status]}. \`code\` is ${listOf(codes)}.`;
    return [componentOf(status), { description, headers: headerReferences(...headers), content }];
  });
  const description = "Any other error, by `status` and `code`.";
  return {
    [ANY_ERROR]: { description, headers: headerReferences(), content },
    ...Object.fromEntries(known),
  };
}

function listOf(reasons: readonly PublicReason[]): string {
  return reasons.map(({ code }) => `\`${code}\``).join(", ");
}

/** The schemas of an error's body (RFC 9457). */
export function problemSchemas(reasons: readonly PublicReason[]): Record<string, Schema> {
  const text = (description: string): Schema => ({ type: "string", description });
  const codes = reasons.map(({ code }) => code);
  return {
    Problem: {
      type: "object",
      description: "Why a call failed.",
      properties: {
        type: {
          ...text("`about:blank`, or the type of a limit that was hit."),
          format: "uri-reference",
        },
        title: text("The name of the status."),
        status: { type: "integer", description: "The HTTP status.", minimum: 400, maximum: 599 },
        detail: text("A sentence for people."),
        code: { ...text("The reason; it keeps its name and meaning."), enum: codes },
        request_id: text("The id of the request, which is in the gateway's log."),
        "violated-policies": {
          type: "array",
          description: "The limits that were hit, by their names in `RateLimit-Policy`.",
          items: { type: "string" },
        },
        errors: {
          type: "array",
          description: "What is wrong with fields of the request, all mistakes at once.",
          items: { $ref: "#/components/schemas/FieldProblem" },
        },
      },
      required: ["type", "title", "status", "detail", "code", "request_id"],
    },
    FieldProblem: {
      type: "object",
      description: "What is wrong with one field.",
      properties: {
        field: text("The field as the request names it."),
        detail: text("A sentence for people."),
      },
      required: ["field", "detail"],
    },
  };
}
