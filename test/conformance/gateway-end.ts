/** The parts of the gateway that the conformance server is made of; loaded by paths, as no process may be imported. */
export type GatewayEnd = typeof import("../../gateway/src/fronts/connect/rpc-front.ts") &
  typeof import("../../gateway/src/fronts/connect/rpc.ts") &
  typeof import("../../gateway/src/fronts/connect/connect-error.ts") &
  typeof import("../../gateway/src/fronts/front-server.ts") &
  typeof import("../../gateway/src/http/fail.ts") &
  typeof import("../../gateway/src/telemetry/telemetry.ts");

/** A call as the front hands it to an implementation. */
export type RpcCall = Parameters<Parameters<GatewayEnd["unaryRpc"]>[1]>[0];
/** Fields of its answer. */
export type AnswerFields = Parameters<Parameters<GatewayEnd["unaryRpc"]>[1]>[1];
/** An RPC with its implementation. */
export type Rpc = ReturnType<GatewayEnd["unaryRpc"]>;

const GATEWAY = new URL("../../gateway/src/", import.meta.url);
const MODULES = [
  ...["fronts/connect/rpc-front.ts", "fronts/connect/rpc.ts", "fronts/connect/connect-error.ts"],
  ...["fronts/front-server.ts", "http/fail.ts", "telemetry/telemetry.ts"],
];

/** Loads the gateway's end. */
export async function loadGatewayEnd(): Promise<GatewayEnd> {
  const modules = MODULES.map((path) => import(new URL(path, GATEWAY).href));
  return Object.assign({}, ...(await Promise.all(modules))) as GatewayEnd;
}
