// Accounts of a clinic's staff, made as an operator makes them.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { clinicianUrl, newName, PASSWORD, signIn } from "./fixtures.mjs";
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
  const [password] = stdout.match(/\b[a-z0-9]{5}(-[a-z0-9]{5}){3}\b/i);
  return { username, password, start: "/account" };
}

/** Signs somebody new in on `page` and chooses their password, through the API for speed. */
export async function signInAsNewStaff(page, options) {
  const { username, password } = await newStaff(options);
  const { request } = page.context();
  const login = { username, password, role: options?.role ?? "clinician" };
  const { token } = await (await request.post(`${clinicianUrl}/api/login`, { data: login })).json();
  await request.post(`${clinicianUrl}/api/password`, {
    data: { current_password: password, new_password: PASSWORD },
    headers: { authorization: `Bearer ${token}` },
  });
  await signIn(page, clinicianUrl, { username });
  return username;
}
