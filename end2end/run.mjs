// Starts HealthFlow on free ports with an empty data folder (or takes the running one that
// HEALTHFLOW_PATIENT_URL and HEALTHFLOW_CLINICIAN_URL name), runs the given set of browser tests,
// stops it, and ends with the line `N passed, N failed`.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { runningServer, startServer } from "./support/server.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const [set, ...more] = process.argv.slice(2);
const scratch = await mkdtemp(join(tmpdir(), "healthflow-end2end-"));
const summaryFile = join(scratch, "summary.json");

function runPlaywright(env) {
  const cli = join(here, "node_modules", "@playwright", "test", "cli.js");
  const child = spawn(process.execPath, [cli, "test", `--project=${set}`, ...more], {
    cwd: here,
    env: { ...process.env, ...env, HEALTHFLOW_SUMMARY_FILE: summaryFile },
    stdio: "inherit",
  });
  return new Promise((resolve) => child.on("exit", (code) => resolve(code ?? 1)));
}

let exitCode = 1;
let panics = 0;
let server;
try {
  server = (await runningServer()) ?? (await startServer(scratch));
  exitCode = await runPlaywright({
    HEALTHFLOW_PATIENT_URL: server.patientUrl,
    HEALTHFLOW_CLINICIAN_URL: server.clinicianUrl,
    HEALTHFLOW_DYNAMODB_URL: server.dynamodbUrl ?? "http://127.0.0.1:8000",
  });
} catch (error) {
  console.error(String(error?.message ?? error));
} finally {
  panics = (await server?.stop()) ?? 0;
}

const summary = await readFile(summaryFile, "utf8").then(JSON.parse, () => ({ passed: 0, failed: 1 }));
await rm(scratch, { recursive: true, force: true });
if (panics > 0) {
  console.error(`The server panicked ${panics} times (its words are above).`);
  summary.failed += 1;
}
console.log(`${summary.passed} passed, ${summary.failed} failed`);
process.exitCode = exitCode || (summary.failed > 0 ? 1 : 0);
