// What people see of the audit log: the auditor all of their clinic, patients who opened their own
// record.

import { readFile } from "node:fs/promises";

import {
  AUDITOR, clinicianUrl, expect, newName, patientUrl, sendScore, signIn, signUp, test, visit,
} from "../support/fixtures.mjs";
import { EMERGENCY_REASON, openByOthers } from "../support/scenes.mjs";

const rows = (page) => page.getByRole("row").filter({ hasNot: page.getByRole("columnheader") });
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
  await expect(own.locator("time")).toHaveText(scripted ? /^(This|Tonight)/ : / UTC$/);
}

async function auditorFinds({ open, request }, scripted) {
  // So many pages take their time on a busy machine.
  test.slow();
  const name = await openedPatient(await open(), request);
  const page = await open();
  await signIn(page, clinicianUrl, AUDITOR);
  await visit(page, `${clinicianUrl}/audit`, { scripted });
  await page.getByLabel("Patient (user name or ID)").fill(name);
  await page.getByLabel("What was done").selectOption("Looked at values");
  await page.getByLabel("Only who was turned away").check();
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(page).toHaveURL(/denied=true/);
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText("Turned away");
  await expect(rows(page)).toContainText("(clinic south)");
  await expect(rows(page)).toContainText(name);
  await expect(page.getByLabel("Patient (user name or ID)")).toHaveValue(name);
  await expect(page.getByLabel("Only who was turned away")).toBeChecked();
  await page.getByLabel("Only who was turned away").uncheck();
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(rows(page)).toHaveCount(3);
  await expect(rows(page).filter({ hasText: EMERGENCY_REASON })).toHaveCount(1);
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
  await page.getByLabel("Patient (user name or ID)").fill("nobody-of-this-name");
  await page.getByRole("button", { name: "Show", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("No patient of your clinic has this user name");
  await expect(page.getByLabel("Patient (user name or ID)")).toHaveValue("nobody-of-this-name");
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
  await visit(page, `${clinicianUrl}/audit?patient=${name}&action=observations.read`);
  await expect(rows(page)).toHaveCount(3);
  const begun = page.waitForEvent("download");
  await page.getByRole("link", { name: "Table (CSV)" }).click();
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
  for (let look = 0; look < 55; look += 1) await page.request.get(`${clinicianUrl}/audit?who=auditor1`);
  await visit(page, `${clinicianUrl}/audit?action=audit-log.read`);
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
