import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // Real peers and timing-sensitive sockets share two cores: two files at a time keep them honest.
    maxWorkers: 2,
    reporters: ["default", "./test/support/closing-line.ts"],
  },
});
