// The clinic's staff in the hands of its administrator, and what each role finds on the dashboard.

import {
  ADMINISTRATOR, AUDITOR, CLINICIAN, clinicianUrl, expect, newName, PASSWORD, signIn, test, visit,
} from "../support/fixtures.mjs";
import { newStaff, signInAsNewStaff } from "../support/staff.mjs";

const parts = (page) => page.getByRole("navigation", { name: "Parts of the dashboard" }).getByRole("link");
const row = (page, name) => page.getByRole("row").filter({ hasText: name });
const secret = (page, name) => page.getByRole("region", { name: `One-time password for ${name}` });

/** Answers what is asked before an account is changed. */
async function changeBy(page, label, confirm, reason = "Left the clinic.") {
  const asked = page.locator("details", { has: page.locator(`summary[aria-label="${label}"]`) });
  await asked.locator("summary").click();
  await asked.getByLabel("Reason").fill(reason);
  await asked.getByRole("button", { name: confirm }).click();
}

async function administrator(open) {
  const page = await open();
  await signIn(page, clinicianUrl, ADMINISTRATOR);
  return page;
}

async function passwordShown(page, name) {
  await expect(page.getByRole("heading", { name: `One-time password for ${name}` })).toBeFocused();
  const words = await secret(page, name).locator(".secret__text").textContent();
  return words.trim();
}

for (const [who, found] of [
  [CLINICIAN, ["Alerts", "Emergency", "Account"]],
  [ADMINISTRATOR, ["Staff", "Server load", "Account"]],
  [AUDITOR, ["Audit log", "Account"]],
]) {
  test(`${who.username} finds ${found.join(", ")}`, async ({ open }) => {
    const page = await open();
    await signIn(page, clinicianUrl, who);
    await expect(parts(page)).toHaveText(found);
    await visit(page, `${clinicianUrl}/account`);
    await expect(parts(page)).toHaveText(found);
    await parts(page).first().click();
    await expect(page.getByRole("heading", { level: 1, name: found[0] })).toBeFocused();
    await expect(parts(page)).toHaveText(found);
  });
}

test("the way home leads those without alerts to where they begin", async ({ open }) => {
  const page = await administrator(open);
  await page.goto(`${clinicianUrl}/`);
  await expect(page).toHaveURL(`${clinicianUrl}/staff`);
  await visit(page, `${clinicianUrl}/account`);
  await page.getByRole("link", { name: "HealthFlow" }).click();
  await expect(page).toHaveURL(`${clinicianUrl}/staff`);
  await expect(page.getByRole("heading", { level: 1, name: "Staff" })).toBeVisible();
  const auditor = await open();
  await signIn(auditor, clinicianUrl, AUDITOR);
});

test("what belongs to another role is refused in words", async ({ open }) => {
  const page = await administrator(open);
  const answer = await page.goto(`${clinicianUrl}/patients/0198c1a0-0000-7000-8000-000000000000`);
  expect(answer.status()).toBe(403);
  await expect(page.getByText("Your account may not see this")).toBeVisible();
  const clinician = await open();
  await signIn(clinician, clinicianUrl, CLINICIAN);
  expect((await clinician.goto(`${clinicianUrl}/staff`)).status()).toBe(403);
});

test("somebody is added, chooses a password, is disabled and enabled", async ({ open }) => {
  const [page, name] = [await administrator(open), newName()];
  await visit(page, `${clinicianUrl}/staff`);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("Enter a user name.");
  await page.getByLabel("User name").fill(name);
  await page.getByRole("radio", { name: "Clinician", exact: true }).check({ force: true });
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const password = await passwordShown(page, name);
  await expect(row(page, name)).toContainText("Must choose a password");
  await page.getByRole("button", { name: "Done, hide it" }).click();
  await expect(page.getByText(password)).toBeHidden();

  const somebody = await open();
  await signIn(somebody, clinicianUrl, { username: name, password, start: "/account" });
  await somebody.getByLabel("Present password").fill(password);
  await somebody.getByLabel("New password").fill(PASSWORD);
  await somebody.getByRole("button", { name: "Change password" }).click();
  await expect(somebody.getByText("Password changed.")).toBeVisible();

  await visit(page, `${clinicianUrl}/staff`);
  await expect(row(page, name)).toContainText("Active");
  await changeBy(page, `Disable: ${name}`, "Yes, disable");
  await expect(row(page, name)).toContainText("Disabled");
  await expect(async () => {
    await somebody.goto(`${clinicianUrl}/`);
    await expect(somebody).toHaveURL(`${clinicianUrl}/sign-in`, { timeout: 500 });
  }).toPass();
  await changeBy(page, `Enable: ${name}`, "Yes, enable");
  await expect(row(page, name)).toContainText("Active");
  await signIn(somebody, clinicianUrl, { username: name });
});

test("access is reset by keyboard alone", async ({ open }) => {
  const somebody = await open();
  const name = await signInAsNewStaff(somebody);
  const page = await administrator(open);
  await visit(page, `${clinicianUrl}/staff`);
  await page.locator(`summary[aria-label="Reset access: ${name}"]`).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.type("Forgot the password.");
  await page.keyboard.press("Enter");
  const password = await passwordShown(page, name);
  await signIn(somebody, clinicianUrl, { username: name, password, start: "/account" });
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("accounts are disabled and enabled; what shows a password says how else to do it", async ({ open }) => {
    const { username: name } = await newStaff();
    const page = await administrator(open);
    await expect(page.getByText("healthflow users create")).toBeVisible();
    await expect(page.getByRole("button", { name: "Add", exact: true })).toBeHidden();
    await expect(page.locator(`summary[aria-label="Reset access: ${name}"]`)).toBeHidden();
    await changeBy(page, `Disable: ${name}`, "Yes, disable");
    await expect(row(page, name)).toContainText("Disabled");
    await changeBy(page, `Enable: ${name}`, "Yes, enable");
    await expect(row(page, name)).toContainText("Must choose a password");
  });
});
