import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { load, problemsOf } from "./load-text.ts";

const CORPUS = new URL("../../data/config/", import.meta.url);

const filesOf = (folder: string) =>
  readdirSync(new URL(folder, CORPUS)).map((name) => ({
    name: name.replace(".yml", ""),
    yaml: readFileSync(new URL(`${folder}/${name}`, CORPUS), "utf8"),
  }));

describe("a file with one mistake", () => {
  test.each(filesOf("invalid"))("$name is reported with exactly the line the file announces", ({ yaml }) => {
    const expected = /^# expect: (.+)\n/.exec(yaml)?.[1];
    expect(problemsOf({ yaml })).toEqual([`sipulse.yml: ${expected}`]);
  });

  test("never shows the value of a secret, whatever is wrong with it", () => {
    for (const { name, yaml } of filesOf("invalid")) {
      if (!yaml.includes("hush")) continue;
      expect(problemsOf({ yaml }).join(), name).not.toContain("hush");
    }
  });
});

describe("a good file", () => {
  const files = new Map(filesOf("valid").map(({ name, yaml }) => [name, yaml]));
  const read = (name: string) => load({ yaml: files.get(name) ?? expect.fail(`${name}.yml is missing`) });

  test.each(["empty", "only-comments", "empty-sections"])("%s gives the defaults", (name) => {
    expect(read(name)).toEqual(load({}));
  });

  test.each(["dotted", "mixed-nesting", "anchor"])("%s is read like nested sections", (name) => {
    expect(read(name)).toMatchObject({ keepaliveIntervalMs: 15_000, registrarAuthMode: "none" });
  });

  test("everything gives every setting a value of its own", () => {
    const config = read("everything");
    const standard = load({});
    const same = Object.keys(standard).filter(
      (name) => JSON.stringify(config[name as never]) === JSON.stringify(standard[name as never]),
    );
    expect(same).toEqual([]);
    expect(config).toMatchObject({
      sipListen: [{ advertise: "sip.example.org:5060" }, { transport: "tcp", host: "2001:db8::1", port: 5070 }],
      sipDomains: ["example.org", "[2001:db8::2]", "192.0.2.1"],
      registrarDefaultExpiresS: 1_800,
      locationUrl: { kind: "sqlite", path: "/var/lib/sipulse/with space.db" },
      keepaliveProbeTimeoutMs: 2_500,
      webConfigFile: "/etc/sipulse/web config.yml",
      adminToken: "no-$ecret#is:safe",
      sloReachability: [
        { domain: null, objectiveRatio: 0.999 },
        { domain: "example.org", objectiveRatio: 0.95 },
      ],
      sloRtt: [
        { domain: null, objectiveRatio: 0.99, thresholdMs: 300 },
        { domain: "[2001:db8::2]", objectiveRatio: 0.9, thresholdMs: 150 },
      ],
    });
  });
});
