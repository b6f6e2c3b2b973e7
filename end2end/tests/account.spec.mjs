// One's own account: the password, the sessions.

import {
  clinicianUrl, expect, newName, PASSWORD, patientUrl, signIn, signUp, test, visit,
} from "../support/fixtures.mjs";
import { newStaff } from "../support/staff.mjs";

const NEXT_PASSWORD = "another horse, another battery";

async function changePassword(page, present, next) {
  const form = page.locator("details", { has: page.getByLabel("Present password") });
  if (!(await form.getByLabel("Present password").isVisible())) await form.locator("summary").click();
  await page.getByLabel("Present password").fill(present);
  await page.getByLabel("New password").fill(next);
  await page.getByRole("button", { name: "Change password" }).click();
}

const confirmation = (page) => page.getByText("Password changed. Other devices are signed out.");

async function passwordChanges(open, scripted) {
  const [here, there, name] = [await open(), await open(), newName()];
  await signUp(here, name);
  await signIn(there, patientUrl, { username: name });
  await visit(here, `${patientUrl}/me`, { scripted });
  await changePassword(here, "not my password", NEXT_PASSWORD);
  await expect(here.getByRole("alert")).toContainText("This is not your present password.");
  await changePassword(here, PASSWORD, "password");
  await expect(here.getByRole("alert").getByRole("link")).toHaveAttribute("href", "#new_password");
  await changePassword(here, PASSWORD, NEXT_PASSWORD);
  await expect(confirmation(here)).toBeVisible();
  await there.goto(`${patientUrl}/history`);
  await expect(there).toHaveURL(`${patientUrl}/sign-in`);
  await signIn(there, patientUrl, { username: name, password: NEXT_PASSWORD });
}

async function othersAreSignedOut(open, scripted) {
  const [here, there, name] = [await open(), await open(), newName()];
  await signUp(here, name);
  await signIn(there, patientUrl, { username: name });
  await visit(here, `${patientUrl}/me`, { scripted });
  const sessions = here.getByRole("region", { name: "Where you are signed in" }).getByRole("listitem");
  await expect(sessions).toHaveCount(2);
  await expect(sessions.filter({ hasText: "This device" })).toHaveCount(1);
  await sessions.locator("summary[aria-label^='Sign out ']").click();
  await sessions.getByRole("button", { name: "Yes, sign it out" }).click();
  await expect(sessions).toHaveCount(1);
  await there.goto(`${patientUrl}/history`);
  await expect(there).toHaveURL(`${patientUrl}/sign-in`);
  await signIn(there, patientUrl, { username: name });
  await here.locator("summary", { hasText: "Sign out everywhere" }).click();
  await expect(here.getByText("You are signed out on every device, on this one too.")).toBeVisible();
  await here.getByRole("button", { name: "Yes, sign out everywhere" }).click();
  await expect(here).toHaveURL(`${patientUrl}/sign-in`);
  await there.goto(`${patientUrl}/history`);
  await expect(there).toHaveURL(`${patientUrl}/sign-in`);
}

async function oneTimePasswordsAreReplaced(open, scripted) {
  const page = await open();
  const somebody = await newStaff();
  await signIn(page, clinicianUrl, somebody);
  await expect(page.getByText("Choose a password of your own")).toBeVisible();
  await page.goto(`${clinicianUrl}/`);
  await expect(page).toHaveURL(`${clinicianUrl}/account`);
  if (scripted) {
    await visit(page, `${clinicianUrl}/account`);
    await page.getByRole("link", { name: "Alerts" }).click();
    await expect(page).toHaveURL(`${clinicianUrl}/account`);
    // The way there and back may still be under way: it would put a new form before who fills it in.
    await visit(page, `${clinicianUrl}/account`);
  }
  await changePassword(page, somebody.password, NEXT_PASSWORD);
  await expect(confirmation(page)).toBeVisible();
  await expect(page.getByText("Choose a password of your own")).toBeHidden();
  await page.goto(`${clinicianUrl}/`);
  await expect(page).toHaveURL(`${clinicianUrl}/`);
  await expect(page.getByRole("heading", { name: "Alerts" })).toBeVisible();
}

for (const scripted of [true, false]) {
  test.describe(scripted ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled: scripted });
    test("a new password signs other devices out", ({ open }) => passwordChanges(open, scripted));
    test("somebody signs out where they forgot to, and everywhere", ({ open }) => othersAreSignedOut(open, scripted));
    test("a one-time password opens the account alone until it is replaced", ({ open }) =>
      oneTimePasswordsAreReplaced(open, scripted));
  });
}

test("who is signed in is said with their role", async ({ clinician }) => {
  await visit(clinician, `${clinicianUrl}/account`);
  await expect(clinician.getByText("clinician1")).toBeVisible();
  await expect(clinician.getByText("Clinician", { exact: true })).toBeVisible();
});
