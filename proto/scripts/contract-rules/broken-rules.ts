import type { DescEnum, DescMessage, DescMethod, FileRegistry } from "@bufbuild/protobuf";
import { createOptionReader, type OptionReader } from "../openapi/options.ts";
import { boundProblems, timeProblems } from "./fields.ts";
import { groupProblems } from "./groups.ts";
import { behaviorProblems, identifierProblems, pageProblems } from "./messages.ts";
import { httpProblems, idempotencyProblems, policyProblems } from "./methods.ts";

const OURS = "geomesh.";

/** What the contracts of a registry break of the rules in docs/contracts.md, as `<part>: <what is wrong>`. */
export function brokenRules(registry: FileRegistry): string[] {
  const options = createOptionReader(registry);
  const types = [...registry].filter(({ typeName }) => typeName.startsWith(OURS));
  const messages = types.filter((type) => type.kind === "message");
  const perType = types.flatMap((type) => {
    if (type.kind === "service") {
      return type.methods.flatMap((method) =>
        methodProblems(method, options).map((text) => `${type.typeName}/${method.name}: ${text}`),
      );
    }
    const problems =
      type.kind === "message"
        ? messageProblems(type, options)
        : type.kind === "enum"
          ? reasonProblems(type, options)
          : [];
    return problems.map((text) => `${type.typeName}${text}`);
  });
  return [...perType, ...groupProblems(messages, options)];
}

function methodProblems(method: DescMethod, options: OptionReader): string[] {
  return [
    ...policyProblems(method, options),
    ...idempotencyProblems(method, options),
    ...httpProblems(method, options),
    ...pageProblems(method, options),
    ...behaviorProblems(method, options),
    ...boundProblems(method, options),
  ];
}

function messageProblems(message: DescMessage, options: OptionReader): string[] {
  return [...timeProblems(message), ...identifierProblems(message, options)];
}

/** AIP-193: every reason says what it means, in a sentence that can stand after a colon. */
function reasonProblems({ typeName, values }: DescEnum, options: OptionReader): string[] {
  if (typeName !== `${OURS}common.v1.Reason`) return [];
  const names = values.map(({ name }) => name);
  return values.flatMap((value) => {
    if (value.number === 0) return [];
    const { code, sentence = "", public_reason } = options.reason(value) ?? {};
    return [
      ...(code === undefined || code === "OK" ? ["states no gRPC status"] : []),
      ...(/^[^.]+$/.test(sentence) ? [] : ["needs one sentence without a full stop"]),
      ...(public_reason === undefined || names.includes(public_reason)
        ? []
        : [`has a public reason ${public_reason}, which is none`]),
    ].map((text) => `.${value.name}: ${text}`);
  });
}
