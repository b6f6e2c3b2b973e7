// The server under test.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");
const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 15_000;

function freePort() {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => done(port));
    });
  });
}

async function waitUntilReady(url, hasEnded) {
  const giveUpAt = Date.now() + READY_WITHIN_MS;
  while (Date.now() < giveUpAt) {
    if (hasEnded()) throw new Error("healthflow ended before it was ready (its words are above)");
    const ready = await fetch(`${url}/health/ready`).then((answer) => answer.ok, () => false);
    if (ready) return;
    await sleep(100);
  }
  throw new Error(`${url}/health/ready did not answer within ${READY_WITHIN_MS / 1000} s`);
}

/** The server's program. */
export const binary = process.env.HEALTHFLOW_BIN ?? join(root, "target", "debug", "healthflow");

/** The server that HEALTHFLOW_PATIENT_URL and HEALTHFLOW_CLINICIAN_URL name, if they do. */
export async function runningServer() {
  const { HEALTHFLOW_PATIENT_URL: patientUrl, HEALTHFLOW_CLINICIAN_URL: clinicianUrl } = process.env;
  if (!patientUrl || !clinicianUrl) return undefined;
  await waitUntilReady(patientUrl, () => false);
  return { patientUrl, clinicianUrl, stop: async () => 0 };
}

/** Starts HealthFlow with its data in `scratch`, as `settings` say; `stop` ends it and tells how often
 * it panicked. */
export async function startServer(scratch, settings = {}) {
  const [patient, clinician, dynamodb] = [await freePort(), await freePort(), await freePort()];
  const child = spawn(binary, ["serve"], {
    cwd: root,
    env: {
      ...process.env,
      HEALTHFLOW_DEMO: "true",
      HEALTHFLOW_DATA_DIR: join(scratch, "data"),
      HEALTHFLOW_PATIENT_ADDR: `127.0.0.1:${patient}`,
      HEALTHFLOW_CLINICIAN_ADDR: `127.0.0.1:${clinician}`,
      HEALTHFLOW_DYNAMODB_ADDR: `127.0.0.1:${dynamodb}`,
      HEALTHFLOW_METRICS_ADDR: "off",
      // Many people, one address.
      HEALTHFLOW_SIGN_IN_FAILURES_PER_ACCOUNT: "0",
      HEALTHFLOW_SIGN_IN_FAILURES_PER_ADDRESS: "0",
      HEALTHFLOW_REGISTRATIONS_PER_ADDRESS: "0",
      HEALTHFLOW_QUOTA_PER_MINUTE: "0",
      HEALTHFLOW_LOG: process.env.HEALTHFLOW_LOG ?? "warn",
      ...settings,
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let panics = 0;
  child.stderr.on("data", (chunk) => {
    process.stderr.write(chunk);
    panics += String(chunk).split("panicked at").length - 1;
  });
  let ended = false;
  const exit = new Promise((done) => {
    child.once("exit", () => done((ended = true)));
    child.once("error", (error) => done((ended = true), console.error(`${binary}: ${error.message}`)));
  });
  const stop = async () => {
    if (!ended) child.kill("SIGTERM");
    await Promise.race([exit, sleep(STOP_WITHIN_MS, undefined, { ref: false })]);
    if (!ended) child.kill("SIGKILL");
    return panics;
  };
  const urls = {
    patientUrl: `http://127.0.0.1:${patient}`,
    clinicianUrl: `http://127.0.0.1:${clinician}`,
    dynamodbUrl: `http://127.0.0.1:${dynamodb}`,
  };
  try {
    await waitUntilReady(urls.patientUrl, () => ended);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...urls, stop };
}
