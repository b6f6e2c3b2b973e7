// Accounts of a clinic's staff, made as an operator makes them.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { apiAs, clinicianUrl, newName, PASSWORD, signIn } from "./fixtures.mjs";
import { binary } from "./server.mjs";

/** The clinic that is not the one of the demo accounts and of new patients. */
export const OTHER_CLINIC = "south";

/** Makes an account; what its owner needs to sign in with its one-time password. */
export async function newStaff({ role = "clinician", clinic = "demo" } = {}) {
  const username = newName();
  const { stdout } = await promisify(execFile)(
    binary,
    ["users", "create", username, "--as", role, "--clinic", clinic],
    { env: { ...process.env, AWS_ENDPOINT_URL_DYNAMODB: process.env.HEALTHFLOW_DYNAMODB_URL } },
  );
  const [password] = stdout.match(/\b[a-z0-9]{5}(-[a-z0-9]{5})+\b/i);
  return { username, password, start: "/account" };
}

/** Makes an account and chooses its password; what its owner needs to sign in. */
async function readyStaff(request, options) {
  const { username, password } = await newStaff(options);
  const role = options?.role ?? "clinician";
  const api = await apiAs(request, clinicianUrl, { username, password, role });
  await api.post("/api/password", { current_password: password, new_password: PASSWORD });
  return { username, role };
}

/** The API as seen by somebody new. */
export async function apiAsNewStaff(request, options) {
  return apiAs(request, clinicianUrl, await readyStaff(request, options));
}

/** Signs somebody new in on `page`. */
export async function signInAsNewStaff(page, options) {
  const { username } = await readyStaff(page.context().request, options);
  await signIn(page, clinicianUrl, { username });
  return username;
}
