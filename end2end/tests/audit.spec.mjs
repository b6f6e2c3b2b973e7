// What people see of the audit log: the auditor all of their clinic, patients who opened their own
// record.

import { readFile } from "node:fs/promises";

import {
  AUDITOR, clinicianUrl, expect, newName, patientUrl, sendScore, signIn, signUp, test, visit,
} from "../support/fixtures.mjs";
import { EMERGENCY_REASON, openByOthers } from "../support/scenes.mjs";

const rows = (page) => page.getByRole("row").filter({ hasNot: page.getByRole("columnheader") });
/** Looks for what `fields` say in the audit log that `page` shows. */
async function look(page, { patient, action, denied }) {
  if (patient !== undefined) await page.getByLabel("Patient (user name or ID)").fill(patient);
  if (action !== undefined) await page.getByLabel("What was done").selectOption(action);
  if (denied !== undefined) await page.getByLabel("Only who was turned away").setChecked(denied);
  await page.getByRole("button", { name: "Show", exact: true }).click();
}
/** Where one is led after looking for something: whom, is sealed. */
const FOUND = /\/audit\?query=[\w-]+$/;
const entries = (page) => page.getByRole("main").getByRole("listitem");

/** A patient on `page` whose record others opened. */
async function openedPatient(page, request) {
  const name = newName();
  await signUp(page, name);
  await sendScore(page, 9);
  await openByOthers(request, name);
  return name;
}

async function patientSeesWhoOpened({ open, request }, scripted) {
  const page = await open();
  await openedPatient(page, request);
  await page.goto(`${patientUrl}/me`);
  await page.getByRole("link", { name: /Who opened my record/ }).click();
  await expect(page).toHaveURL(`${patientUrl}/access`);
  await expect(page.getByRole("heading", { level: 1, name: "Who opened my record" })).toBeVisible();
  const emergency = entries(page).filter({ hasText: "Opened your record in an emergency" });
  await expect(emergency).toContainText("of another clinic (south)");
  await expect(emergency).toContainText(`Reason given: ${EMERGENCY_REASON}`);
  await expect(entries(page).filter({ hasText: "Not let in" })).toContainText("Looked at your values");
  const own = entries(page).filter({ hasText: "clinician1" }).filter({ hasText: "Looked at your values" });
  await expect(own).toContainText("Clinician");
  await expect(own).not.toContainText("another clinic");
  await expect(own.locator("time")).toHaveText(scripted ? /^Today, / : / UTC$/);
}

async function auditorFinds({ open, request }, scripted) {
  // So many pages take their time on a busy machine.
  test.slow();
  const name = await openedPatient(await open(), request);
  const page = await open();
  await signIn(page, clinicianUrl, AUDITOR);
  await visit(page, `${clinicianUrl}/audit`, { scripted });
  await look(page, { patient: name, action: "Looked at values", denied: true });
  await expect(page).toHaveURL(FOUND);
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText("Turned away");
  await expect(rows(page)).toContainText("(clinic south)");
  await expect(rows(page)).toContainText(name);
  await expect(page.getByLabel("Patient (user name or ID)")).toHaveValue(name);
  await expect(page.getByLabel("Only who was turned away")).toBeChecked();
  const denied = page.url();
  await look(page, { denied: false });
  await expect(rows(page)).toHaveCount(3);
  await expect(rows(page).filter({ hasText: EMERGENCY_REASON })).toHaveCount(1);
  await page.goBack();
  await expect(page).toHaveURL(denied);
  await expect(rows(page)).toHaveCount(1);
  await expect(page.getByLabel("Only who was turned away")).toBeChecked();
  const tab = await page.context().newPage();
  await visit(tab, denied, { scripted });
  await expect(rows(tab)).toHaveCount(1);
  await tab.close();
  await rows(page).first().getByRole("link", { name }).click();
  await expect(page).toHaveURL(/\/audit\?patient=[0-9a-f-]{36}$/);
  await expect(rows(page).filter({ hasText: "Opened a record in an emergency" })).toHaveCount(1);
  await page.getByRole("link", { name: "Show everything" }).click();
  await expect(page).toHaveURL(`${clinicianUrl}/audit`);
  await expect(page.getByLabel("Patient (user name or ID)")).toHaveValue("");
}

async function faultsAreNamed({ open }) {
  const page = await open();
  await signIn(page, clinicianUrl, AUDITOR);
  const patient = page.getByLabel("Patient (user name or ID)");
  await look(page, { patient: "nobody-of-this-name" });
  await expect(page.getByRole("alert")).toContainText("No patient of your clinic has this user name");
  await expect(patient).toHaveValue("nobody-of-this-name");
  await expect(patient).toHaveAttribute("aria-invalid", "true");
  await expect(page).toHaveURL(FOUND);
  await look(page, { patient: "x".repeat(101) });
  await expect(page.getByRole("alert")).toContainText("at most 100 characters");
  await expect(patient).toHaveValue("x".repeat(101));
}

test("a patient sees who opened their record", ({ open, request }) => patientSeesWhoOpened({ open, request }, true));
test("an auditor finds what they look for", ({ open, request }) => auditorFinds({ open, request }, true));
test("what cannot be looked for is said", ({ open }) => faultsAreNamed({ open }));

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });
  test("a patient sees who opened their record", ({ open, request }) => patientSeesWhoOpened({ open, request }, false));
  test("an auditor finds what they look for", ({ open, request }) => auditorFinds({ open, request }, false));
  test("what cannot be looked for is said", ({ open }) => faultsAreNamed({ open }));
});

test("what is found is downloaded as it is listed", async ({ open, request }) => {
  const name = await openedPatient(await open(), request);
  const page = await open();
  await signIn(page, clinicianUrl, AUDITOR);
  await visit(page, `${clinicianUrl}/audit`);
  await look(page, { patient: name, action: "Looked at values" });
  await expect(rows(page)).toHaveCount(3);
  const begun = page.waitForEvent("download");
  await page.getByRole("button", { name: "Table (CSV)" }).click();
  const download = await begun;
  expect(download.suggestedFilename()).toMatch(/^audit-log-\d{4}-\d\d-\d\d\.csv$/);
  const lines = (await readFile(await download.path(), "utf8")).trim().split("\n");
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(/^at,who,role/);
});

test("a list goes on behind its first part, and keeps to what is looked for", async ({ open }) => {
  const page = await open();
  await signIn(page, clinicianUrl, AUDITOR);
  // Every look at the log is in the log.
  for (let look = 0; look < 55; look += 1) await page.request.get(`${clinicianUrl}/audit`);
  await visit(page, `${clinicianUrl}/audit`);
  await look(page, { action: "Looked at the audit log" });
  // The address changes before the list does.
  await expect(page.getByRole("link", { name: "Show older" })).toHaveAttribute("href", /query=/);
  await expect(rows(page)).toHaveCount(50);
  await page.getByRole("link", { name: "Show older" }).click();
  await expect(page).toHaveURL(/cursor=/);
  await expect(page.getByRole("link", { name: "Back to the newest" })).toBeVisible();
  await expect(rows(page).first()).toContainText("Looked at the audit log");
  await page.getByRole("link", { name: "Back to the newest" }).click();
  await expect(page.getByLabel("What was done")).toHaveValue("audit-log.read");
  await expect(page.getByRole("link", { name: "Show older" })).toBeVisible();
});

test("a clinician may not see the audit log", async ({ clinician }) => {
  const answer = await clinician.goto(`${clinicianUrl}/audit`);
  expect(answer.status()).toBe(403);
});
