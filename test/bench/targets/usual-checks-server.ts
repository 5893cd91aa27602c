/**
 * A small gRPC server of the usual way: `key` tells what a key may do, `quota` takes a unit of an account's quota. What they
 * know is in memory. argv: which of them, the key. Prints its port.
 */
import { hash } from "node:crypto";
import process from "node:process";
import { type Key, Key_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { AuthServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import { MeteringServiceService } from "@geomesh/proto/grpc/geomesh/metering/v1/metering_service";
import { type handleUnaryCall, Server, ServerCredentials, status } from "@grpc/grpc-js";

const ACCOUNT_ID = "acct_0000000000000001";
const QUOTA_UNITS = 1_000_000_000n;
const [which = "", secret = ""] = process.argv.slice(2);

const { getKey } = AuthServiceService;
const { getQuota } = MeteringServiceService;
const digest = (text: string) => hash("sha256", text);
const keys = new Map([[digest(secret), keyOf(secret)]]);
const used = new Map([[ACCOUNT_ID, 0n]]);

/** The secret comes as the id of the key. */
const answerKey: handleUnaryCall<
  ReturnType<typeof getKey.requestDeserialize>,
  ReturnType<typeof getKey.responseDeserialize>
> = ({ request }, callback) => {
  const key = keys.get(digest(request.keyId));
  if (key === undefined) callback({ code: status.NOT_FOUND });
  else callback(null, { key });
};

const takeUnit: handleUnaryCall<
  ReturnType<typeof getQuota.requestDeserialize>,
  ReturnType<typeof getQuota.responseDeserialize>
> = ({ request }, callback) => {
  const before = used.get(request.accountId);
  if (before === undefined) return callback({ code: status.NOT_FOUND });
  used.set(request.accountId, before + 1n);
  const quota = {
    limit: QUOTA_UNITS,
    used: before + 1n,
    remaining: QUOTA_UNITS - before - 1n,
    quotaMode: QuotaMode.HARD,
    periodStartTime: new Date(),
    periodEndTime: new Date(),
  };
  callback(null, { quota });
};

const server = new Server();
if (which === "key") server.addService({ getKey }, { getKey: answerKey });
else server.addService({ getQuota }, { getQuota: takeUnit });
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});

function keyOf(text: string): Key {
  return {
    keyId: "key_0000000000000001",
    accountId: ACCOUNT_ID,
    name: "Key",
    displayPrefix: text.slice(0, 12),
    scopes: ["locations:read"],
    state: Key_State.ACTIVE,
    createTime: new Date(),
    updateTime: new Date(),
    etag: "1",
    mode: KeyMode.LIVE,
    ...{ allowedCidrs: [], allowedOrigins: [], metadata: {} },
  };
}
