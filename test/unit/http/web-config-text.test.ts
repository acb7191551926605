import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readWebConfigText } from "../../../src/http/web-config-text.ts";

const CORPUS = new URL("../../data/web-config/", import.meta.url);

const filesOf = (folder: string) =>
  readdirSync(new URL(folder, CORPUS)).map((name) => ({
    name: name.replace(".yml", ""),
    yaml: readFileSync(new URL(`${folder}/${name}`, CORPUS), "utf8"),
  }));

const HASH = "$2y$10$X0h1gDsPszWURQaxFh.zoubFi6DXncSjhoQNJgRrnGs7EsimhC7zG";

describe("a web configuration file with mistakes", () => {
  test.each(filesOf("invalid"))("$name is refused with exactly the lines it announces", ({ yaml }) => {
    const expected = [...yaml.matchAll(/^# expect: (.+)$/gm)].map((match) => match[1]);
    expect(readWebConfigText(yaml, "/etc/sipulse")).toEqual({ problems: expected });
  });

  test("is never quoted where a password or its hash may stand", () => {
    for (const { name, yaml } of filesOf("invalid")) {
      const told = JSON.stringify(readWebConfigText(yaml, "/"));
      expect(told, name).not.toMatch(/hush|X0h1gDsPszWURQaxFh/);
    }
  });

  test("is refused or read, whatever the text, and never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => {
        expect(Object.keys(readWebConfigText(text, "/"))).toHaveLength(1);
      }),
    );
  });
});

describe("a good web configuration file", () => {
  const files = new Map(filesOf("valid").map(({ name, yaml }) => [name, yaml]));
  const read = (name: string) =>
    readWebConfigText(files.get(name) ?? expect.fail(`${name}.yml is missing`), "/etc/sipulse/web");

  test.each(["empty", "empty-sections"])("%s asks for nothing", (name) => {
    expect(read(name)).toEqual({ value: { tls: null, users: new Map(), headers: {} } });
  });

  test("names users as they are spelled, however odd", () => {
    const users = new Map([
      ["alice", HASH],
      ["Bob Two", HASH.replace("2y", "2b")],
      ["__proto__", HASH],
    ]);
    expect(read("users")).toEqual({ value: { tls: null, users, headers: {} } });
  });

  test("everything is read, and paths start at the folder of the file", () => {
    expect(read("everything")).toEqual({
      value: {
        tls: {
          certFile: "/etc/sipulse/web/certs/web.crt",
          keyFile: "/etc/keys/web.key",
          clientCaFile: "/etc/sipulse/ca.crt",
          minVersion: "TLSv1.2",
          maxVersion: "TLSv1.2",
          cipherSuites: ["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-SHA"],
          prefersServerOrder: false,
        },
        users: new Map([["alice", HASH]]),
        headers: {
          "Content-Security-Policy": "default-src 'self'",
          "X-Frame-Options": "sameorigin",
          "X-Content-Type-Options": "nosniff",
          "X-XSS-Protection": "1; mode=block",
          "Strict-Transport-Security": "max-age=31536000",
        },
      },
    });
  });

  test("TLS alone means version 1.2 or later, nobody asked for a certificate, suites of the server's choice", () => {
    const text = "tls_server_config: { cert_file: a.crt, key_file: a.key }";
    expect(readWebConfigText(text, "/x")).toMatchObject({
      value: {
        tls: {
          minVersion: "TLSv1.2",
          maxVersion: "TLSv1.3",
          clientCaFile: null,
          cipherSuites: null,
          prefersServerOrder: true,
        },
      },
    });
  });
});
