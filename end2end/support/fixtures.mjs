// What every test starts with: pages that fail the test when the browser complains, and people.

import { test as base, expect } from "@playwright/test";

export { expect };

export const patientUrl = process.env.HEALTHFLOW_PATIENT_URL;
export const clinicianUrl = process.env.HEALTHFLOW_CLINICIAN_URL;
export const CLINICIAN = { username: "clinician1", password: "demo" };
export const ADMINISTRATOR = { username: "admin1", password: "demo", start: "/staff" };
export const AUDITOR = { username: "auditor1", password: "demo", start: "/audit" };
export const PASSWORD = "correct horse battery";

/** A name nobody has yet. */
export function newName() {
  return `pat-${Date.now().toString(36)}${Math.random().toString(36).slice(2, 7)}`;
}

/** Collects what the browser complains about on `page`: errors, broken policies, panics. */
export function complaintsOf(page) {
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    // The browser prints every answer that is not 2xx; tests say themselves what they expect.
    if (message.text().startsWith("Failed to load resource")) return;
    // A hint about preloading is about speed in one run, not about a fault.
    if (message.text().includes("was preloaded using link preload but not used")) return;
    complaints.push(`${page.url()}: ${message.text()}`);
  });
  return complaints;
}

export const test = base.extend({
  /** Opens a browser of somebody's own; complaints of any page in it fail the test. */
  open: async ({ browser, javaScriptEnabled, timezoneId }, use) => {
    const opened = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({ javaScriptEnabled, timezoneId, ...options });
      const page = await context.newPage();
      opened.push({ context, complaints: complaintsOf(page) });
      return page;
    });
    for (const { context } of opened) await context.close();
    expect(opened.flatMap(({ complaints }) => complaints)).toEqual([]);
  },
  /** A page on which a new patient is signed in; `patient.name` is their name. */
  patient: async ({ open }, use) => {
    const page = await open();
    const name = newName();
    await signUp(page, name);
    await use({ page, name });
  },
  /** A page on which a clinician is signed in. */
  clinician: async ({ open }, use) => {
    const page = await open();
    await signIn(page, clinicianUrl, CLINICIAN);
    await use(page);
  },
});

/** Goes to `url` and waits until the page is alive, unless `scripted` is false. */
export async function visit(page, url, { scripted = true } = {}) {
  const answer = await page.goto(url);
  if (scripted) await page.locator("html[data-alive]").waitFor({ state: "attached" });
  return answer;
}

/** Makes an account for a patient. Works with and without JavaScript. */
export async function signUp(page, name, password = PASSWORD) {
  await page.goto(`${patientUrl}/sign-up`);
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL(`${patientUrl}/`);
}

/** Signs in, which leads to `start`. Works with and without JavaScript. */
export async function signIn(page, url, { username, password = PASSWORD, start = "/" }) {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(`${url}${start}`);
  // A pointer left over the list of alerts would hold it still.
  await page.mouse.move(0, 0);
}

/** Sends a symptom score of the signed-in patient. Works with and without JavaScript. */
export async function sendScore(page, score) {
  await page.goto(`${patientUrl}/send/symptom_score`);
  await page.getByRole("radio", { name: String(score), exact: true }).check({ force: true });
  await page.getByRole("button", { name: "Send", exact: true }).click();
  const sure = page.getByRole("button", { name: /^Yes, send/ });
  await expect(sure.or(page.getByRole("heading", { name: "Sent", exact: true }))).toBeVisible();
  if (await sure.isVisible()) await sure.click();
  await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
}

/** The API as seen by somebody: `{ post, get }` with their token. */
export async function apiAs(request, url, { username, password = PASSWORD, role }) {
  const answer = await request.post(`${url}/api/login`, { data: { username, password, role } });
  expect(answer.ok(), await answer.text()).toBe(true);
  const { token } = await answer.json();
  const headers = { authorization: `Bearer ${token}` };
  return {
    post: (path, data) => request.post(`${url}${path}`, { data, headers }),
    get: (path) => request.get(`${url}${path}`, { headers }),
  };
}

/** Presses a button of a row by keyboard: a tap just after rows have moved is meant to do nothing. */
export function pressInRow(button) {
  return button.press("Enter");
}

/** The row of the clinician's table that is about `name`. */
export function rowOf(page, name) {
  return page.getByRole("row").filter({ hasText: name });
}
