import { describe, expect, test } from "vitest";
import { Router } from "./router.ts";

describe("a path that fits several routes", () => {
  const many = new Router<string>();
  many.add("GET", "/{x=a}/{y}", "literal, any");
  many.add("GET", "/{x}/{y=b}", "any, literal");
  many.add("GET", "/{x}/{y}", "any, any");
  many.add("DELETE", "/{x}/{y}", "delete");
  many.add("POST", "/a/{y}:do", "do");
  many.add("PUT", "/{x=**}", "put");
  many.add("HEAD", "/{x=**}", "head");
  many.add("*", "/{x=a/**}", "every method");
  many.add("PATCH", "/a,b/{x=q@r%2Fs/*}", "literals");
  many.add("GET", "/x/urn%3Aisbn", "colon");
  many.add("GET", "/x:y/z", "colon in the middle");
  many.add("GET", "/p/{x=**}:last", "verb after the rest");
  many.add("GET", "/q/{x}:%3D%41", "verb with escapes");

  test.each([
    ["the first literal wins", "GET", "/a/b", "literal, any", { x: "a", y: "b" }],
    ["then the second", "GET", "/c/b", "any, literal", { x: "c", y: "b" }],
    ["a variable is last", "GET", "/c/d", "any, any", { x: "c", y: "d" }],
    ["HEAD is answered by GET", "HEAD", "/c/d", "any, any", { x: "c", y: "d" }],
    ["but by its own route where GET has none", "HEAD", "/c", "head", { x: "c" }],
    ["a shape without the method is passed over", "DELETE", "/c/b", "delete", { x: "c", y: "b" }],
    ["for one that has it", "PUT", "/c/d", "put", { x: "c/d" }],
    ["a route for every method", "PURGE", "/a/b/c", "every method", { x: "a/b/c" }],
    ["even where others are for one method", "DELETE", "/a", "every method", { x: "a" }],
    [
      "it is below a literal path of its own method",
      "GET",
      "/a/b",
      "literal, any",
      { x: "a", y: "b" },
    ],
    [
      "a verb that no route of the path has is text",
      "GET",
      "/c/d:do",
      "any, any",
      { x: "c", y: "d:do" },
    ],
    ["a verb wins where it has the method", "POST", "/a/c:do", "do", { y: "c" }],
    ["literals as they are", "PATCH", "/a,b/q@r%2Fs/1", "literals", { x: "q@r%2Fs/1" }],
    [
      "and percent-encoded",
      "PATCH",
      "/%61%2cb/q%40%72%2fs/%31%2F",
      "literals",
      { x: "q@r%2fs/1%2F" },
    ],
    ["a colon in a literal", "GET", "/x/urn:isbn", "colon", {}],
    ["and encoded", "GET", "/x/urn%3aisbn", "colon", {}],
    ["a colon before the last segment", "GET", "/x:y/z", "colon in the middle", {}],
    ["and encoded", "GET", "/x%3Ay/z", "colon in the middle", {}],
    ["the rest before a verb", "GET", "/p/1/2:last", "verb after the rest", { x: "1/2" }],
    ["which may be nothing", "GET", "/p:last", "verb after the rest", { x: "" }],
    ["or empty", "GET", "/p/:last", "verb after the rest", { x: "" }],
    ["several times", "GET", "/p///:last", "verb after the rest", { x: "//" }],
    ["a verb as it is", "GET", "/q/1:=A", "verb with escapes", { x: "1" }],
    ["and percent-encoded", "GET", "/q/1:%3d%41", "verb with escapes", { x: "1" }],
  ])("%s: %s %s", (_why, method, path, target, variables) => {
    expect(many.match(method, path)).toEqual({ target, variables });
  });

  test.each(["*", "", "a/b", "http://a/b"])("is not %j, as it has no slash in front", (path) => {
    expect(many.match("PUT", path)).toBeUndefined();
  });

  test("gives the methods of all of them", () => {
    expect(many.match("LINK", "/c/b")).toEqual({
      methods: ["GET", "DELETE", "PUT", "HEAD"],
    });
    expect(many.match("GET", "/a/c:do")).toEqual({ methods: ["POST"] });
  });
});

describe("a route that answers what another answers is refused", () => {
  test.each([
    ["another name of the variable", "GET", "/v1/{b}:x"],
    ["no name", "GET", "/v1/*:x"],
    ["a literal in the variable", "GET", "/{b=v1/*}:x"],
    ["a literal with escapes", "GET", "/%76%31/{a}:x"],
    ["a verb with escapes", "GET", "/v1/{a}:%78"],
    ["every method, twice", "*", "/v1/{b}"],
    ["the rest, twice", "PUT", "/v2/**"],
    ["a slash in a literal, in lower case", "GET", "/a%2fb"],
  ])("%s: %s %s", (_why, method, template) => {
    const routes = new Router<{ name: string }>(({ name }) => name);
    routes.add("GET", "/v1/{a}:x", { name: "GetThing" });
    routes.add("*", "/v1/{a}", { name: "GetThing" });
    routes.add("PUT", "/v2/{a=**}", { name: "GetThing" });
    routes.add("GET", "/a%2Fb", { name: "GetThing" });
    const complaint = `GetThing and ReadThing both answer ${method} ${template}`;
    expect(() => routes.add(method, template, { name: "ReadThing" })).toThrow(new Error(complaint));
    const twice = `GetThing answers ${method} ${template} twice`;
    expect(() => routes.add(method, template, { name: "GetThing" })).toThrow(new Error(twice));
  });

  test("and one that differs is not", () => {
    const routes = new Router<string>();
    for (const [method, template] of [
      ["GET", "/v1/{a}"],
      ["POST", "/v1/{a}"],
      ["*", "/v1/{a}"],
      ["GET", "/v1/{a}:x"],
      ["GET", "/v1/{a=**}"],
      ["GET", "/v1/a%3Ax"],
      ["GET", "/v1/a:x"],
      ["GET", "/a/b"],
      ["GET", "/a%2Fb"],
      ["GET", "/a%252Fb"],
    ] as const) {
      routes.add(method, template, `${method} ${template}`);
    }
    expect(routes.match("GET", "/a%2fb")).toMatchObject({ target: "GET /a%2Fb" });
    expect(routes.match("GET", "/a%252Fb")).toMatchObject({ target: "GET /a%252Fb" });
    expect(routes.match("GET", "/v1/a%3Ax")).toMatchObject({ target: "GET /v1/a%3Ax" });
    expect(routes.match("GET", "/v1/a:x")).toMatchObject({ target: "GET /v1/a:x" });
    expect(routes.match("PUT", "/v1/b")).toMatchObject({ target: "* /v1/{a}" });
  });
});
