import {
  type DescEnumValue,
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescOneof,
  type JsonObject,
  type Registry,
  toJson,
} from "@bufbuild/protobuf";
import {
  EnumValueOptionsSchema,
  FieldOptionsSchema,
  MessageOptionsSchema,
  MethodOptionsSchema,
  OneofOptionsSchema,
} from "@bufbuild/protobuf/wkt";

/** A `google.api.http` rule in its JSON form; the path stands under the name of its verb. */
export interface HttpRule {
  readonly get?: string;
  readonly put?: string;
  readonly post?: string;
  readonly delete?: string;
  readonly patch?: string;
  readonly body?: string;
  readonly response_body?: string;
  readonly additional_bindings?: readonly HttpRule[];
}

/** A `geomesh.policy.v1.access` option in its JSON form. */
export interface Access {
  /** The name of the enum value, such as `KEYS_WRITE`. */
  readonly scope?: string;
  readonly account_field?: string;
  readonly no_account?: boolean;
  readonly metering?: JsonObject;
  readonly callers?: readonly string[];
  readonly idempotency_key?: boolean;
  readonly csv?: boolean;
  readonly media_type?: string;
}

/** A `geomesh.policy.v1.reason` option in its JSON form. */
export interface ReasonPolicy {
  /** The name of the gRPC status. */
  readonly code?: string;
  readonly http_status?: number;
  readonly sentence?: string;
  readonly public_reason?: string;
}

/** The options of the contracts that decide their REST form. */
export interface OptionReader {
  http(method: DescMethod): HttpRule | undefined;
  access(method: DescMethod): Access | undefined;
  /** Names of `google.api.field_behavior`, such as `REQUIRED`. */
  behaviors(field: DescField): readonly string[];
  /** `buf.validate` rules by their names in the contract, such as `{"string":{"min_len":"1"}}`. */
  fieldRules(field: DescField): JsonObject;
  /** Whether a field is answered only where the request names it. */
  isOptIn(field: DescField): boolean;
  /** Whether a field that may be unset is so only where the request left it out. */
  isAlwaysKnown(field: DescField): boolean;
  /** The group that a plan must allow for a field to be answered; undefined where every plan does. */
  group(field: DescField): string | undefined;
  messageRules(message: DescMessage): JsonObject;
  oneofRules(oneof: DescOneof): JsonObject;
  reason(value: DescEnumValue): ReasonPolicy | undefined;
  scopeName(value: DescEnumValue): string | undefined;
}

/**
 * Reads options with the registry's own extensions. Generated code is not used: it would be that of the last generation,
 * so a changed option would need two.
 */
export function createOptionReader(registry: Registry): OptionReader {
  const choices = { registry, useProtoFieldName: true };
  const ofMethod = ({ proto: { options } }: DescMethod) =>
    options && asObject(toJson(MethodOptionsSchema, options, choices));
  const ofField = ({ proto: { options } }: DescField) =>
    options && asObject(toJson(FieldOptionsSchema, options, choices));
  const ofMessage = ({ proto: { options } }: DescMessage) =>
    options && asObject(toJson(MessageOptionsSchema, options, choices));
  const ofOneof = ({ proto: { options } }: DescOneof) =>
    options && asObject(toJson(OneofOptionsSchema, options, choices));
  const ofValue = ({ proto: { options } }: DescEnumValue) =>
    options && asObject(toJson(EnumValueOptionsSchema, options, choices));

  return {
    http: (method) => ofMethod(method)?.["[google.api.http]"] as HttpRule | undefined,
    access: (method) => ofMethod(method)?.["[geomesh.policy.v1.access]"] as Access | undefined,
    behaviors: (field) =>
      (ofField(field)?.["[google.api.field_behavior]"] ?? []) as readonly string[],
    isOptIn: (field) => ofField(field)?.["[geomesh.policy.v1.opt_in]"] === true,
    isAlwaysKnown: (field) => ofField(field)?.["[geomesh.policy.v1.always_known]"] === true,
    group: (field) => ofField(field)?.["[geomesh.policy.v1.group]"] as string | undefined,
    fieldRules: (field) => asObject(ofField(field)?.["[buf.validate.field]"]),
    messageRules: (message) => asObject(ofMessage(message)?.["[buf.validate.message]"]),
    oneofRules: (oneof) => asObject(ofOneof(oneof)?.["[buf.validate.oneof]"]),
    reason: (value) => ofValue(value)?.["[geomesh.policy.v1.reason]"] as ReasonPolicy | undefined,
    scopeName: (value) => ofValue(value)?.["[geomesh.policy.v1.scope_name]"] as string | undefined,
  };
}

function asObject(value: unknown): JsonObject {
  return (value ?? {}) as JsonObject;
}
