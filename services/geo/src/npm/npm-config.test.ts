import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { NpmConfig } from "./npm-config.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "geo-npm-"));
  await mkdir(join(directory, "home"));
  await mkdir(join(directory, "project"));
});
afterEach(() => rm(directory, { recursive: true }));

interface Written {
  readonly user?: string;
  readonly project?: string;
  readonly env?: Record<string, string>;
}

async function configOf({ user, project, env = {} }: Written): Promise<NpmConfig> {
  const where = { env, home: join(directory, "home"), directory: join(directory, "project") };
  if (user !== undefined) await writeFile(join(where.home, ".npmrc"), user);
  if (project !== undefined) await writeFile(join(where.directory, ".npmrc"), project);
  return NpmConfig.read(where);
}

async function authorizationFor(url: string, written: Written): Promise<string | undefined> {
  const config = await configOf(written);
  return config.authorizationFor(new URL(url), config.registryOf("a"));
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

test.each<[what: string, written: Written, name: string, registry: string]>([
  ["the public one", {}, "a", "https://registry.npmjs.org/"],
  ["the user's", { user: "registry = https://u.example/npm" }, "a", "https://u.example/npm/"],
  [
    "the project's before the user's",
    { user: "registry=https://u.example/", project: "registry=https://p.example/" },
    "a",
    "https://p.example/",
  ],
  [
    "that of the environment before all",
    {
      project: "registry=https://p.example/",
      env: { NPM_CONFIG_REGISTRY: "https://e.example/" },
    },
    "a",
    "https://e.example/",
  ],
  [
    "that of the scope",
    { user: "registry=https://u.example/\n@s:registry=https://s.example/" },
    "@s/a",
    "https://s.example/",
  ],
  [
    "the common one for another scope",
    { user: "registry=https://u.example/\n@s:registry=https://s.example/" },
    "@t/a",
    "https://u.example/",
  ],
  [
    "that of a variable",
    { user: "registry=https://$" + "{HOST}/", env: { HOST: "v.example" } },
    "a",
    "https://v.example/",
  ],
])("the registry is %s", async (_, written, name, registry) => {
  expect((await configOf(written)).registryOf(name).href).toBe(registry);
});

test("a registry that is no http(s) URL is refused without its text", async () => {
  const config = await configOf({ user: "registry=ftp://user:hush@a.example/" });
  expect(() => config.registryOf("a")).toThrow(
    /^npm's configuration names a registry that is not an http\(s\) URL$/,
  );
});

test.each<[what: string, url: string, written: Written, authorization: string | undefined]>([
  ["a token of its host", "https://a.example/x", { user: "//a.example/:_authToken=t" }, "Bearer t"],
  [
    "a token of a variable",
    "https://a.example/x",
    { user: "//a.example/:_authToken=$" + "{TOKEN}", env: { TOKEN: "t" } },
    "Bearer t",
  ],
  [
    "the token of the longest path",
    "https://a.example/npm/team/x",
    { user: "//a.example/:_authToken=a\n//a.example/npm/team/:_authToken=b" },
    "Bearer b",
  ],
  [
    "no token of another path",
    "https://a.example/x",
    { user: "//a.example/npm/:_authToken=t" },
    undefined,
  ],
  [
    "no token of another host",
    "https://b.example/x",
    { user: "//a.example/:_authToken=t" },
    undefined,
  ],
  [
    "no token of another port",
    "https://a.example:444/x",
    { user: "//a.example/:_authToken=t" },
    undefined,
  ],
  [
    "no token of a longer host",
    "https://a.example.org/x",
    { user: "//a.example/:_authToken=t" },
    undefined,
  ],
  ["no token without a host", "https://a.example/x", { user: "_authToken=t" }, undefined],
  [
    "what the registry asks for, beside its path",
    "https://a.example/files/x",
    { user: "registry=https://a.example/npm/\n//a.example/npm/:_authToken=t" },
    "Bearer t",
  ],
  [
    "no token of the registry at another host",
    "https://b.example/files/x",
    { user: "registry=https://a.example/npm/\n//a.example/npm/:_authToken=t" },
    undefined,
  ],
  [
    "encoded credentials",
    "https://a.example/x",
    { user: `//a.example/:_auth=${Buffer.from("u:p").toString("base64")}` },
    basic("u:p"),
  ],
  [
    "a name and a password",
    "https://a.example/x",
    {
      user: `//a.example/:username=u\n//a.example/:_password=${Buffer.from("p:q").toString("base64")}`,
    },
    basic("u:p:q"),
  ],
  [
    "credentials of its URL, also such as are no percent-encoding",
    "https://u%40v:p%zz@a.example/x",
    {},
    basic("u@v:p%zz"),
  ],
  [
    "a token of the environment",
    "https://a.example/x",
    { env: { "npm_config_//a.example/:_authToken": "t" } },
    "Bearer t",
  ],
])("a request gets %s", async (_, url, written, authorization) => {
  expect(await authorizationFor(url, written)).toBe(authorization);
});

test("an https registry whose metadata names an http address gives it no secret", async () => {
  const user = "registry=https://a.example/\n//a.example/:_authToken=t";
  expect(await authorizationFor("https://a.example/x.tgz", { user })).toBe("Bearer t");
  expect(await authorizationFor("http://a.example/x.tgz", { user })).toBeUndefined();
});

test("the files of npm are where the environment says", async () => {
  const elsewhere = join(directory, "elsewhere");
  await writeFile(elsewhere, "registry=https://x.example/");
  const config = await configOf({
    user: "registry=https://u.example/",
    env: { npm_config_userconfig: elsewhere },
  });
  expect(config.registryOf("a").href).toBe("https://x.example/");
});

test("proxies are those of npm, then those of the environment", async () => {
  const env = { HTTPS_PROXY: "http://e.example:1", NO_PROXY: "a.example" };
  expect((await configOf({ env })).connection.proxyEnv).toEqual({
    HTTPS_PROXY: "http://e.example:1",
    NO_PROXY: "a.example",
  });
  const user = "https-proxy=http://u.example:2\nnoproxy=b.example";
  expect((await configOf({ env, user })).connection.proxyEnv).toEqual({
    HTTPS_PROXY: "http://u.example:2",
    NO_PROXY: "b.example",
  });
});

test("authorities are those of cafile or ca; a cafile that is missing is said", async () => {
  await writeFile(join(directory, "ca.pem"), "PEM");
  expect((await configOf({})).connection.ca).toBeUndefined();
  const file = await configOf({ user: `cafile=${join(directory, "ca.pem")}` });
  expect(file.connection.ca).toEqual(["PEM"]);
  const listed = await configOf({ user: "ca[]=one\nca[]=two" });
  expect(listed.connection.ca).toEqual(["one", "two"]);
  await expect(configOf({ user: "cafile=/nonexistent" })).rejects.toThrow(
    /^npm's cafile \/nonexistent cannot be read \(ENOENT\)$/,
  );
});

test("a mirror serves the tarballs that its metadata place at the public registry", async () => {
  const config = await configOf({ user: "registry=https://m.example/npm/" });
  const registry = config.registryOf("a");
  const text = "https://registry.npmjs.org/a/-/a-1.0.0.tgz";
  expect(config.tarballUrl(text, registry).href).toBe("https://m.example/npm/a/-/a-1.0.0.tgz");
  const own = "https://files.example/a-1.0.0.tgz";
  expect(config.tarballUrl(own, registry).href).toBe(own);
});
