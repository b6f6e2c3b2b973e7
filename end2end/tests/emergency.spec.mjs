// Another clinic's record in an emergency: with a reason, for an hour, seen by those concerned.

import {
  ADMINISTRATOR, clinicianUrl, expect, newName, sendScore, signIn, signUp, test, visit,
} from "../support/fixtures.mjs";
import { OTHER_CLINIC, signInAsNewStaff } from "../support/staff.mjs";

const REASON = "Brought in unconscious, medication unknown.";
const banner = (page) => page.getByText(/^Emergency access until .*\. Everything you open is recorded\.$/);

async function ask(page, patient, reason) {
  await page.getByLabel("Patient").fill(patient);
  await page.getByLabel("Reason").fill(reason);
  await page.getByRole("button", { name: "Open the record" }).click();
}

async function recordIsOpened(open, scripted) {
  const [patient, page, name] = [await open(), await open(), newName()];
  await signUp(patient, name);
  await sendScore(patient, 4);
  const opener = await signInAsNewStaff(page, { clinic: OTHER_CLINIC });
  await visit(page, `${clinicianUrl}/emergency`, { scripted });
  await ask(page, name, "Too short");
  await expect(page.getByRole("alert")).toContainText("10 to 500 characters");
  await expect(page.getByLabel("Patient")).toHaveValue(name);
  await expect(page.getByLabel("Reason")).toHaveValue("Too short");
  await ask(page, "nobody-of-this-name", REASON);
  await expect(page.getByRole("alert")).toContainText("no patient of this user name");
  await expect(page).not.toHaveURL(new RegExp(REASON.slice(0, 7)));
  await ask(page, name, REASON);
  await expect(page).toHaveURL(/\/patients\//);
  await expect(banner(page)).toBeVisible();
  await expect(page.getByRole("row").filter({ hasText: "4 of 10" })).toBeVisible();
  await page.goto(page.url());
  await expect(banner(page)).toBeVisible();

  const administrator = await open();
  await signIn(administrator, clinicianUrl, ADMINISTRATOR);
  await visit(administrator, `${clinicianUrl}/operation`, { scripted });
  await administrator.getByRole("link", { name: /^\d+ records? (is|are) open in an emergency$/ }).click();
  await expect(administrator).toHaveURL(`${clinicianUrl}/staff#emergencies`);
  const list = administrator.getByRole("region", { name: "Emergency access to your patients' records" });
  const entry = list.getByRole("listitem").filter({ hasText: opener });
  await expect(entry).toContainText(`${opener} (clinic ${OTHER_CLINIC}) opened the record of ${name}`);
  await expect(entry).toContainText(REASON);
  await expect(entry.getByText("New", { exact: true })).toBeVisible();
}

test("a record is opened with a reason", ({ open }) => recordIsOpened(open, true));

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });
  test("a record is opened with a reason", ({ open }) => recordIsOpened(open, false));
});

test("patients of one's own clinic need no emergency, and show no banner", async ({ clinician, patient }) => {
  await sendScore(patient.page, 9);
  await visit(clinician, `${clinicianUrl}/emergency`);
  await ask(clinician, patient.name, REASON);
  await expect(clinician.getByRole("alert")).toContainText("a patient of your own clinic");
  await visit(clinician, `${clinicianUrl}/`);
  await clinician.getByRole("link", { name: patient.name }).click();
  await expect(clinician.getByRole("heading", { name: patient.name })).toBeVisible();
  await expect(banner(clinician)).toBeHidden();
});
