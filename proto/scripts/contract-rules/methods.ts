import { type DescField, type DescMessage, type DescMethod, ScalarType } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import type { HttpRule, OptionReader } from "../openapi/options.ts";

const READS = /^(?:Get|List|Query|Watch|Stream|BatchGet)[A-Z]/;
const HTTP_BODY = "google.api.HttpBody";
const VERBS = ["get", "post", "put", "patch", "delete"] as const;
/** HTTP methods of the standard methods: AIP-131 to 135; Replace is ours, since AIP-134 knows only PATCH. */
const STANDARD: readonly (readonly [name: RegExp, verb: (typeof VERBS)[number]])[] = [
  [/^Get[A-Z]/, "get"],
  [/^List[A-Z]/, "get"],
  [/^Query[A-Z]/, "get"],
  [/^Create[A-Z]/, "post"],
  [/^Replace[A-Z]/, "put"],
  [/^Update[A-Z]/, "patch"],
  [/^Delete[A-Z]/, "delete"],
];

/** Every RPC says whose account it is about and who may call it; a public one, and no other, which scope it needs. */
export function policyProblems(method: DescMethod, options: OptionReader): string[] {
  const access = options.access(method);
  if (access === undefined) return ["has no geomesh.policy.v1.access"];
  const { scope, account_field, no_account, callers = [], metering } = access;
  const isPublic = options.http(method) !== undefined;
  const addresses = metering?.["addresses_field"];
  return [
    ...(isPublic && scope === undefined ? ["is public and states no scope"] : []),
    ...(!isPublic && scope !== undefined ? ["is internal and states a scope"] : []),
    ...(account_field === undefined && no_account !== true
      ? ["states neither account_field nor no_account"]
      : []),
    ...(callers.length === 0 ? ["states no callers"] : []),
    ...(account_field === undefined ? [] : textProblems(method.input, account_field)),
    ...(addresses === undefined ? [] : textProblems(method.input, `${addresses}`)),
  ];
}

function textProblems(message: DescMessage, path: string): string[] {
  const field = fieldAt(message, path);
  return field !== undefined && "scalar" in field && field.scalar === ScalarType.STRING
    ? []
    : [`names the field ${path}, which holds no text`];
}

function fieldAt(message: DescMessage, path: string): DescField | undefined {
  const [first, ...rest] = path.split(".");
  const field = message.fields.find(({ name }) => name === first);
  if (rest.length === 0 || field?.message === undefined) return field;
  return fieldAt(field.message, rest.join("."));
}

/** A read says that it has no side effects: retries and Connect's GET depend on it. */
export function idempotencyProblems(method: DescMethod, options: OptionReader): string[] {
  const isRead = READS.test(method.name) || options.http(method)?.get !== undefined;
  const isDeclared = method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
  if (isRead === isDeclared) return [];
  return [isRead ? "reads without NO_SIDE_EFFECTS" : "has NO_SIDE_EFFECTS and no name of a read"];
}

/** AIP-131 to 136: the name of an RPC tells its HTTP method, and what its body and answer are. */
export function httpProblems(method: DescMethod, options: OptionReader): string[] {
  const rule = options.http(method);
  if (rule === undefined) return [];
  const verb = VERBS.find((each) => rule[each] !== undefined);
  const path = (verb && rule[verb]) ?? "";
  const standard = STANDARD.find(([name]) => name.test(method.name))?.[1];
  if (standard === undefined) {
    const isCustom = verb === "post" && /:[a-z][A-Za-z]*$/.test(path) && rule.body === "*";
    return isCustom ? [] : ["is custom, so it is a POST to `…:verb` with the body `*`"];
  }
  return [
    ...(verb === standard ? [] : [`is a ${verb}, not a ${standard}`]),
    ...(path.includes(":") ? ["is standard, so its path has no verb"] : []),
    ...resourceProblems(method, rule),
  ];
}

/** Create, Replace and Update carry the resource in a field of its name; Get answers it, or `body` where it is no JSON. */
function resourceProblems(method: DescMethod, { body = "", response_body = "" }: HttpRule) {
  if (method.output.fields.some((field) => isHttpBody(field, response_body))) return [];
  const [, kind = "", noun = ""] = /^([A-Z][a-z]+)(\w+)$/.exec(method.name) ?? [];
  const name = noun.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
  const carries = ["Create", "Replace", "Update"].includes(kind);
  const answers = carries || kind === "Get";
  const mask = method.input.fields.find((field) => field.name === "update_mask");
  return [
    ...(carries && body !== name ? [`has the body "${body}", not "${name}"`] : []),
    ...(answers && !method.output.fields.some((field) => field.name === name)
      ? [`answers no field "${name}"`]
      : []),
    ...(kind === "Get" && response_body !== name
      ? [`has the response_body "${response_body}", not "${name}"`]
      : []),
    ...(kind === "Update" && mask === undefined ? ["has no update_mask"] : []),
  ];
}

function isHttpBody({ name, message }: DescField, responseBody: string): boolean {
  return name === responseBody && message?.typeName === HTTP_BODY;
}
