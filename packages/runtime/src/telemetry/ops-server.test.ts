import { eventually } from "@geomesh/testing/eventually";
import { afterEach, expect, test } from "vitest";
import { createLog } from "../log.ts";
import { createMetrics } from "./metrics.ts";
import { type OpsServerOptions, startOpsServer } from "./ops-server.ts";

const opened: { close(): Promise<void> }[] = [];
afterEach(() => Promise.all(opened.splice(0).map((each) => each.close())));

const lines: string[] = [];
const log = createLog({ service: "test", destination: { write: (line) => void lines.push(line) } });

async function serve(problems: OpsServerOptions["problems"] = () => [], port = 0) {
  const ops = await startOpsServer({ port, metrics: createMetrics("test"), problems, log });
  opened.push(ops);
  return { port: ops.port, get: (path: string) => fetch(`http://127.0.0.1:${ops.port}${path}`) };
}

test("a process with problems is live but not ready, and says why", async () => {
  const problems = [{ reason: "database_unavailable", message: "the database does not answer" }];
  const { get } = await serve(() => problems);
  expect((await get("/livez")).status).toBe(200);
  const refused = await get("/readyz");
  expect(refused.status).toBe(503);
  expect(await refused.json()).toEqual({ status: "not ready", problems });
  problems.pop();
  expect((await get("/readyz")).status).toBe(200);
});

test("the log says when the process becomes ready, and when it no longer is, once each", async () => {
  lines.length = 0;
  const problems = [{ reason: "keys_loading", message: "API keys are not loaded yet" }];
  const problem = problems[0];
  await serve(() => problems);
  const said = () => lines.map((line) => JSON.parse(line)).map(({ msg }) => msg);
  expect(said()).toEqual([]);
  problems.length = 0;
  await eventually(() => expect(said()).toEqual(["ready"]));
  if (problem) problems.push(problem);
  await eventually(() => expect(said()).toEqual(["ready", "no longer ready"]));
  expect(JSON.parse(lines[1] ?? "")).toMatchObject({ level: 40, problems: [problem] });
});

test("problems may be asked elsewhere first", async () => {
  const problem = { reason: "worker_unavailable", message: "worker 2 is starting" };
  const { get } = await serve(async () => [problem]);
  const refused = await get("/readyz");
  expect(await refused.json()).toMatchObject({ problems: [problem] });
});

test("metrics are Prometheus text with the service's name", async () => {
  const response = await (await serve()).get("/metrics");
  expect(response.headers.get("content-type")).toMatch(/^text\/plain/);
  expect(await response.text()).toMatch(/process_cpu_seconds_total\{service="test"\} /);
});

test("anything else is not found", async () => {
  expect((await (await serve()).get("/metrics/x")).status).toBe(404);
});

test("a taken port is one clear sentence", async () => {
  const { port } = await serve();
  await expect(serve(() => [], port)).rejects.toMatchObject({
    publicMessage: `cannot listen on 127.0.0.1:${port}: another process is using it`,
  });
});
