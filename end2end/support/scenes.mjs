// Every page in every state, by name: the accessibility tests check each, the screenshots show
// each.

import {
  ADMINISTRATOR, apiAs, AUDITOR, clinicianUrl, CLINICIAN, expect, newName, patientUrl, pressInRow, signIn,
  visit,
} from "./fixtures.mjs";
import { apiAsNewStaff, newStaff, OTHER_CLINIC, signInAsNewStaff } from "./staff.mjs";

export const EMERGENCY_REASON = "Brought in unconscious, medication unknown.";
const HOUR_MS = 3_600_000;
const ago = (hours) => new Date(Date.now() - hours * HOUR_MS).toISOString();

/** A patient with a few days of values; what they need to sign in. */
export async function seedPatient(request, name = newName()) {
  const patient = { username: name, password: "correct horse battery", role: "patient" };
  const api = await apiAs(request, patientUrl, patient);
  const values = [
    { kind: "weight", value: 71.8, unit: "kg", effective_at: ago(75) },
    { kind: "blood_pressure", systolic: 138, diastolic: 86, unit: "mm[Hg]", effective_at: ago(52) },
    { kind: "heart_rate", value: 68, unit: "/min", effective_at: ago(51) },
    { kind: "symptom_score", score: 4, effective_at: ago(30) },
    { kind: "weight", value: 72.3, unit: "kg", effective_at: ago(27) },
    { kind: "blood_pressure", systolic: 134, diastolic: 84, unit: "mm[Hg]", effective_at: ago(5) },
    { kind: "heart_rate", value: 72, unit: "/min", effective_at: ago(4) },
    { kind: "oxygen_saturation", value: 97, unit: "%", effective_at: ago(3) },
    { kind: "temperature", value: 36.8, unit: "Cel", effective_at: ago(2), note: "After a short walk with the dog." },
  ];
  for (const value of values) {
    const answer = await api.post("/api/observations", value);
    expect(answer.ok(), await answer.text()).toBe(true);
  }
  return patient;
}

/** Alerts of every severity, from several patients. */
export async function seedAlerts(request) {
  const dangers = [
    ["ruth.adler", { kind: "oxygen_saturation", value: 93, unit: "%" }],
    ["margaret.hill", { kind: "symptom_score", score: 9, note: "Since last night." }],
    ["jonas.brandt", { kind: "glucose", value: 62, unit: "mg/dL" }],
    ["amara.okafor", { kind: "blood_pressure", systolic: 192, diastolic: 104, unit: "mm[Hg]" }],
    ["li.wei", { kind: "temperature", value: 39.4, unit: "Cel" }],
    ["margaret.hill", { kind: "oxygen_saturation", value: 89, unit: "%" }],
  ];
  for (const [username, value] of dangers) {
    const api = await apiAs(request, patientUrl, { username, role: "patient" });
    const answer = await api.post("/api/observations", value);
    expect(answer.ok(), await answer.text()).toBe(true);
  }
}

const click = (page, name) => page.getByRole("button", { name, exact: true }).click();

const open = (path) => (page, { url }) => visit(page, `${url}${path}`);

const kinds = ["symptom_score", "blood_pressure", "heart_rate", "oxygen_saturation", "temperature",
  "respiratory_rate", "weight", "glucose"];

/** Lets time pass until the warning of its end. */
async function waitUntilWarned(page, { url }, path) {
  await page.clock.install();
  const heard = page.waitForResponse((answer) => answer.url().endsWith("/fn/session/stay_signed_in"));
  await visit(page, `${url}${path}`);
  await heard;
  await page.clock.fastForward(28 * 60_000);
  await expect(page.getByRole("dialog")).toBeVisible();
}

/** A clinician of another clinic opens the record of a patient of this one. */
async function openInEmergency(page, { url, seeded }) {
  await signInAsNewStaff(page, { clinic: OTHER_CLINIC });
  await visit(page, `${url}/emergency`);
  await page.getByLabel("Patient").fill(seeded.username);
  await page.getByLabel("Reason").fill(EMERGENCY_REASON);
  await click(page, "Open the record");
  await expect(page.getByText(/^Emergency access until/)).toBeVisible();
}

/** Looks for what `fields` say, by their labels, in the audit log. */
async function look(page, { url }, fields) {
  await visit(page, `${url}/audit`);
  for (const [label, text] of Object.entries(fields)) await page.getByLabel(label).fill(text);
  await click(page, "Show");
  await page.waitForURL(/\?query=/);
}

/** Sends a form as a browser without JavaScript does: the page comes back with what was typed. */
async function sendWithoutScript(page, fields) {
  for (const [label, text] of Object.entries(fields)) await page.getByLabel(label).fill(text);
  const back = page.waitForURL(/came_back=/);
  await page.locator("form.form").evaluate((form) => form.submit());
  await back;
  await page.locator("html[data-alive]").waitFor({ state: "attached" });
  for (const [label, text] of Object.entries(fields)) await expect(page.getByLabel(label)).toHaveValue(text);
}

/** Sends something dangerous of this patient, so that it is in the clinic's list of alerts. */
async function sendDanger(request, username) {
  const api = await apiAs(request, patientUrl, { username, role: "patient" });
  const answer = await api.post("/api/observations", { score: 9 });
  expect(answer.ok(), await answer.text()).toBe(true);
}

/** What an audit log is for: of a patient with an alert, a clinician of their own clinic opens the
 * record, and one of another clinic is turned away, then opens it in an emergency. */
export async function openByOthers(request, username) {
  const own = await apiAs(request, clinicianUrl, { ...CLINICIAN, role: "clinician" });
  let alert;
  await expect(async () => {
    const { alerts } = await (await own.get("/api/alerts?limit=100")).json();
    alert = alerts.find(({ patient_login }) => patient_login === username);
    expect(alert).toBeDefined();
  }).toPass();
  const record = `/api/observations?patient_id=${alert.patient_id}`;
  const other = await apiAsNewStaff(request, { clinic: OTHER_CLINIC });
  const statuses = [
    await own.get(record),
    await other.get(record),
    await other.post("/api/emergencies", { patient: username, reason: EMERGENCY_REASON }),
    await other.get(record),
  ].map((answer) => answer.status());
  expect(statuses).toEqual([200, 404, 200, 200]);
}

/** `who`: `nobody`, `newcomer` (a patient who sent nothing), `patient`, `clinician`,
 * `administrator`, `auditor`. */
export const scenes = [
  { name: "sign-in", app: "patient", who: "nobody", go: open("/sign-in") },
  {
    name: "sign-in-refused", app: "patient", who: "nobody",
    async go(page, { url, seeded }) {
      await visit(page, `${url}/sign-in`);
      await page.getByLabel("User name").fill(seeded.username);
      await page.getByLabel("Password").fill("something wrong");
      await click(page, "Sign in");
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  { name: "sign-in-after-idling", app: "patient", who: "nobody", go: open("/sign-in?after=idle") },
  { name: "sign-up", app: "patient", who: "nobody", go: open("/sign-up") },
  {
    name: "sign-up-refused", app: "patient", who: "nobody",
    async go(page, { url }) {
      await visit(page, `${url}/sign-up`);
      await page.getByLabel("Password").fill("short");
      await click(page, "Create account");
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  { name: "today-empty", app: "patient", who: "newcomer", go: open("/") },
  { name: "today", app: "patient", who: "patient", go: open("/") },
  { name: "send", app: "patient", who: "patient", go: open("/send") },
  ...kinds.map((kind) => ({ name: `send-${kind}`, app: "patient", who: "patient", go: open(`/send/${kind}`) })),
  {
    name: "send-slip", app: "patient", who: "patient",
    async go(page, { url }) {
      await visit(page, `${url}/send/blood_pressure`);
      await page.locator("#systolic").fill("999");
      await click(page, "Send");
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  {
    name: "send-score-missing", app: "patient", who: "patient",
    async go(page, { url }) {
      await visit(page, `${url}/send/symptom_score`);
      await click(page, "Send");
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  {
    name: "send-came-back", app: "patient", who: "patient",
    async go(page, { url }) {
      await visit(page, `${url}/send/glucose`);
      await page.getByText("Add a note").click();
      await sendWithoutScript(page, { "Blood sugar": "9999", "Note": "</textarea> after lunch" });
    },
  },
  {
    name: "send-check", app: "patient", who: "patient",
    async go(page, { url }) {
      await visit(page, `${url}/send/heart_rate`);
      await page.locator("#value").fill("150");
      await click(page, "Send");
      await expect(page.getByRole("heading", { name: /^You entered/ })).toBeVisible();
    },
  },
  {
    name: "send-session-ended", app: "patient", who: "newcomer",
    async go(page, { url }) {
      await visit(page, `${url}/send/heart_rate`);
      await page.locator("#value").fill("72");
      await page.context().clearCookies();
      await click(page, "Send");
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  {
    name: "sent", app: "patient", who: "newcomer",
    async go(page, { url }) {
      await visit(page, `${url}/send/heart_rate`);
      await page.locator("#value").fill("72");
      await click(page, "Send");
      await expect(page).toHaveURL(/\/sent\//);
      await expect(page.getByText("Your clinic has it.")).toBeVisible();
    },
  },
  {
    name: "sent-alerted", app: "patient", who: "newcomer",
    async go(page, { url }) {
      await visit(page, `${url}/send/symptom_score`);
      await page.getByRole("radio", { name: "9", exact: true }).check({ force: true });
      await click(page, "Send");
      await click(page, "Yes, send 9 of 10");
      await expect(page.getByText("Your clinic has been alerted")).toBeVisible();
    },
  },
  { name: "sent-unknown", app: "patient", who: "patient", go: open("/sent/0198c1a0-0000-7000-8000-000000000000") },
  { name: "history", app: "patient", who: "patient", go: open("/history") },
  { name: "history-empty", app: "patient", who: "newcomer", go: open("/history") },
  { name: "me", app: "patient", who: "patient", go: open("/me") },
  {
    name: "access", app: "patient", who: "newcomer",
    async go(page, { url, request }) {
      await visit(page, `${url}/me`);
      const username = (await page.locator(".account__name").textContent()).trim();
      await sendDanger(request, username);
      await openByOthers(request, username);
      await visit(page, `${url}/access`);
      await expect(page.getByText("Reason given:").first()).toBeVisible();
    },
  },
  { name: "access-nobody", app: "patient", who: "newcomer", go: open("/access") },
  {
    name: "me-password-refused", app: "patient", who: "newcomer",
    async go(page, { url }) {
      await visit(page, `${url}/me`);
      await page.locator("summary.fold__title").click();
      await page.getByLabel("New password").fill("short");
      await click(page, "Change password");
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  { name: "me-password-changed", app: "patient", who: "newcomer", go: open("/me?changed=1") },
  {
    name: "log-off-warning", app: "patient", who: "patient",
    go: (page, scene) => waitUntilWarned(page, scene, "/"),
  },
  {
    name: "not-now", app: "patient", who: "patient",
    async go(page, { url }) {
      await visit(page, `${url}/me`);
      await page.route("**/fn/**", (route) => route.abort());
      await page.getByRole("link", { name: "History" }).click();
      await expect(page.getByText("No connection to HealthFlow")).toBeVisible();
      await page.unroute("**/fn/**");
    },
  },
  {
    name: "covered", app: "patient", who: "patient",
    async go(page, { url }) {
      await visit(page, `${url}/send/weight`);
      await page.evaluate(() => dispatchEvent(new Event("healthflow-somebody-else")));
      await expect(page.getByRole("alert")).toContainText("You are signed in as somebody else now");
    },
  },
  { name: "not-yours", app: "patient", who: "patient", go: open("/not-yours") },
  { name: "nothing-here", app: "patient", who: "patient", go: open("/no-such-page") },
  { name: "no-such-kind", app: "patient", who: "patient", go: open("/send/mood") },
  { name: "design", app: "patient", who: "nobody", go: open("/design") },

  { name: "sign-in", app: "clinician", who: "nobody", go: open("/sign-in") },
  {
    name: "sign-in-refused", app: "clinician", who: "nobody",
    async go(page, { url }) {
      await visit(page, `${url}/sign-in`);
      await page.getByLabel("User name").fill("somebody-unknown");
      await page.getByLabel("Password").fill("something wrong");
      await click(page, "Sign in");
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  {
    name: "alerts", app: "clinician", who: "clinician",
    async go(page, { url }) {
      await visit(page, `${url}/`);
      await expect(page.getByText("Live", { exact: true })).toBeVisible();
    },
  },
  {
    name: "alerts-waiting", app: "clinician", who: "clinician",
    async go(page, { url, request }) {
      await visit(page, `${url}/`);
      await expect(page.getByText("Live", { exact: true })).toBeVisible();
      await page.getByRole("row").nth(1).getByRole("link").focus();
      await seedAlerts(request);
      await expect(page.getByRole("button", { name: /new alerts? – show$/ })).toBeVisible();
    },
  },
  {
    name: "alerts-arrived", app: "clinician", who: "clinician",
    async go(page, { url, request }) {
      await visit(page, `${url}/`);
      await expect(page.getByText("Live", { exact: true })).toBeVisible();
      await seedAlerts(request);
      await expect(page.getByText("New", { exact: true }).first()).toBeVisible();
    },
  },
  {
    name: "alerts-taken", app: "clinician", who: "clinician",
    async go(page, { url }) {
      await visit(page, `${url}/`);
      await pressInRow(page.getByRole("button", { name: /^Take over/ }).first());
      await expect(page.getByText("Taken by clinician1").first()).toBeVisible();
    },
  },
  {
    name: "alerts-taking-refused", app: "clinician", who: "clinician",
    async go(page, { url }) {
      await page.route("**/fn/clinician/acknowledge_alert", (route) => route.abort());
      await visit(page, `${url}/`);
      await pressInRow(page.getByRole("button", { name: /^Take over/ }).first());
      await expect(page.getByRole("alert")).toBeVisible();
      await page.unroute("**/fn/clinician/acknowledge_alert");
    },
  },
  {
    name: "alerts-reconnecting", app: "clinician", who: "clinician",
    async go(page, { url }) {
      await page.route("**/api/alerts/stream", (route) => route.abort());
      await visit(page, `${url}/`);
      await expect(page.getByText("New alerts do not arrive by themselves.")).toBeVisible({ timeout: 15_000 });
      await page.unroute("**/api/alerts/stream");
    },
  },
  {
    name: "alerts-session-ended", app: "clinician", who: "clinician",
    async go(page, { url }) {
      await page.route("**/api/alerts/stream", (route) => route.abort());
      await visit(page, `${url}/`);
      await page.context().clearCookies();
      await expect(page.getByText("Your session has ended.")).toBeVisible({ timeout: 15_000 });
      await page.unroute("**/api/alerts/stream");
    },
  },
  {
    name: "older", app: "clinician", who: "clinician",
    async go(page, { url }) {
      await visit(page, `${url}/`);
      await page.getByRole("link", { name: "Show older" }).click();
      await expect(page.getByRole("heading", { name: "Older alerts" })).toBeVisible();
    },
  },
  {
    name: "patient", app: "clinician", who: "clinician",
    async go(page, { url }) {
      await visit(page, `${url}/`);
      await page.getByRole("link", { name: "margaret.hill" }).first().click();
      await expect(page.getByRole("heading", { name: "margaret.hill" })).toBeVisible();
    },
  },
  {
    name: "patient-unknown", app: "clinician", who: "clinician",
    go: open("/patients/0198c1a0-0000-7000-8000-000000000000"),
  },
  { name: "account", app: "clinician", who: "clinician", go: open("/account") },
  {
    name: "audit", app: "clinician", who: "auditor",
    async go(page, { url, request }) {
      await openByOthers(request, "margaret.hill");
      await visit(page, `${url}/audit`);
      await expect(page.getByText("Turned away").first()).toBeVisible();
    },
  },
  {
    name: "audit-found", app: "clinician", who: "auditor",
    async go(page, place) {
      await openByOthers(place.request, "margaret.hill");
      await look(page, place, { "Patient (user name or ID)": "margaret.hill" });
      await expect(page.getByRole("link", { name: "margaret.hill" }).first()).toBeVisible();
    },
  },
  {
    name: "audit-nothing", app: "clinician", who: "auditor",
    async go(page, place) {
      await look(page, place, { "From (day, UTC)": "2020-01-01", "To (day, UTC)": "2020-01-02" });
      await expect(page.getByRole("heading", { name: "Nothing recorded" })).toBeVisible();
    },
  },
  {
    name: "audit-refused", app: "clinician", who: "auditor",
    async go(page, place) {
      await look(page, place, { "Patient (user name or ID)": "nobody-of-this-name" });
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  { name: "audit-outdated", app: "clinician", who: "auditor", go: open("/audit?query=AAAA") },
  { name: "account-of-auditor", app: "clinician", who: "auditor", go: open("/account") },
  {
    name: "account-one-time-password", app: "clinician", who: "nobody",
    async go(page, { url }) {
      await signIn(page, url, await newStaff());
      await visit(page, `${url}/account`);
    },
  },
  {
    name: "log-off-warning", app: "clinician", who: "clinician",
    go: (page, scene) => waitUntilWarned(page, scene, "/account"),
  },
  { name: "emergency", app: "clinician", who: "clinician", go: open("/emergency") },
  {
    name: "emergency-refused", app: "clinician", who: "clinician",
    async go(page, { url }) {
      await visit(page, `${url}/emergency`);
      await click(page, "Open the record");
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  { name: "emergency-open", app: "clinician", who: "nobody", go: openInEmergency },
  { name: "not-for-this-role", app: "clinician", who: "administrator", go: open("/emergency") },
  {
    name: "staff", app: "clinician", who: "administrator",
    async go(page, { url, seeded, browser }) {
      await newStaff();
      const other = await browser.newPage();
      await openInEmergency(other, { url, seeded });
      await other.close();
      await visit(page, `${url}/staff`);
      await expect(page.getByText("opened the record of").first()).toBeVisible();
    },
  },
  {
    name: "staff-added", app: "clinician", who: "administrator",
    async go(page, { url }) {
      await visit(page, `${url}/staff`);
      await page.getByLabel("User name").fill(newName());
      await page.getByRole("radio", { name: "Clinician", exact: true }).check({ force: true });
      await click(page, "Add");
      await expect(page.getByRole("heading", { name: /^One-time password/ })).toBeVisible();
    },
  },
  {
    name: "staff-refused", app: "clinician", who: "administrator",
    async go(page, { url }) {
      await visit(page, `${url}/staff`);
      await click(page, "Add");
      await expect(page.getByRole("alert")).toBeVisible();
    },
  },
  {
    name: "staff-asking", app: "clinician", who: "administrator",
    async go(page, { url }) {
      const { username } = await newStaff();
      await visit(page, `${url}/staff`);
      await page.locator(`summary[aria-label="Disable: ${username}"]`).click();
      await page.getByRole("button", { name: "Yes, disable" }).click();
      await expect(page.getByRole("alert")).toContainText("Say why");
    },
  },
  { name: "server-load", app: "clinician", who: "administrator", go: open("/operation") },
  {
    name: "server-load-asking", app: "clinician", who: "administrator",
    async go(page, { url }) {
      await visit(page, `${url}/operation`);
      await page.locator("summary", { hasText: "Stop everything" }).click();
      await expect(page.getByLabel("Reason")).toBeVisible();
    },
  },
  { name: "nothing-here", app: "clinician", who: "clinician", go: open("/no-such-page") },
  { name: "design", app: "clinician", who: "nobody", go: open("/design") },
];

/** Signs in as the scene asks and goes there. */
export async function enter(scene, page, { request, browser }) {
  const seeded = JSON.parse(process.env.HEALTHFLOW_SEEDED_PATIENT);
  const url = scene.app === "patient" ? patientUrl : clinicianUrl;
  if (scene.who === "patient") await signIn(page, url, seeded);
  if (scene.who === "clinician") await signIn(page, url, CLINICIAN);
  if (scene.who === "administrator") await signIn(page, url, ADMINISTRATOR);
  if (scene.who === "auditor") await signIn(page, url, AUDITOR);
  if (scene.who === "newcomer") {
    const newcomer = { username: newName(), role: "patient" };
    await apiAs(request, url, newcomer);
    await signIn(page, url, newcomer);
  }
  await scene.go(page, { url, request, seeded, browser });
}
