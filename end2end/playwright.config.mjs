import { defineConfig } from "@playwright/test";

const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export default defineConfig({
  globalSetup: "./support/global_setup.mjs",
  outputDir: "../target/end2end",
  timeout: 60_000,
  expect: { timeout: 10_000 },
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  reporter: [["list"], ["./support/summary_reporter.mjs"]],
  use: {
    timezoneId: "Europe/Berlin",
    trace: "retain-on-failure",
    launchOptions: { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args },
  },
  projects: [
    { name: "tests", testDir: "tests" },
    { name: "screenshots", testDir: "screenshots" },
    // How much moves while a page comes alive: many pages at many widths, so measured on demand.
    { name: "shifts", testDir: "shifts" },
  ],
});
