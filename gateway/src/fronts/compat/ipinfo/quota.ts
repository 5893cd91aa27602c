import { create, fromBinary } from "@bufbuild/protobuf";
import {
  GetQuotaRequestSchema,
  GetQuotaResponseSchema,
} from "@geomesh/proto/es/geomesh/metering/v1/metering_service_pb";
import { jsonAnswer } from "../answers.ts";
import type { Question } from "../facade.ts";

const OWN_ACCOUNT = "-";

/**
 * Asks what is left of the month, as ipinfo's clients do to see whether a token is right. The token itself and the requests of the
 * day, which ipinfo tells too, are left out.
 */
export function askQuota(): Question {
  return {
    request: create(GetQuotaRequestSchema, { accountId: OWN_ACCOUNT }),
    answer(response) {
      const { quota } = fromBinary(GetQuotaResponseSchema, response);
      if (quota === undefined) throw new Error("a GetQuotaResponse has no quota");
      const { used, limit, remaining } = quota;
      // Numbers, as ipinfo has them: exact up to 2^53.
      const requests = { month: Number(used), limit: Number(limit), remaining: Number(remaining) };
      return jsonAnswer(200, { requests });
    },
  };
}
