// Who may see what.

import { clinicianUrl, expect, newName, patientUrl, signIn, signUp, test } from "../support/fixtures.mjs";

const doors = {
  [patientUrl]: ["/", "/send", "/send/heart_rate", "/history", "/me", "/sent/0198c1a0-0000-7000-8000-000000000000"],
  [clinicianUrl]: ["/", "/account", "/staff", "/emergency", "/patients/0198c1a0-0000-7000-8000-000000000000"],
};

for (const [url, paths] of Object.entries(doors)) {
  for (const path of paths) {
    test(`a stranger at ${url === patientUrl ? "the patient app" : "the dashboard"}${path} is asked to sign in`, async ({
      open, request,
    }) => {
      const answer = await request.get(`${url}${path}`, { maxRedirects: 0, headers: { accept: "text/html" } });
      expect(answer.status()).toBe(302);
      expect(answer.headers().location).toBe("/sign-in");
      const page = await open();
      await page.goto(`${url}${path}`);
      await expect(page).toHaveURL(`${url}/sign-in`);
    });
  }
}

test("a patient is refused at the dashboard", async ({ open }) => {
  const page = await open();
  const name = newName();
  await signUp(page, name);
  await page.goto(`${clinicianUrl}/sign-in`);
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("User name or password is wrong");
  await page.goto(`${clinicianUrl}/`);
  await expect(page).toHaveURL(`${clinicianUrl}/sign-in`);
});

test("each app answers to its own server functions alone", async ({ patient, clinician }) => {
  const asPage = (origin) => ({ form: {}, headers: { origin } });
  const alerts = await patient.page.request.post(`${patientUrl}/fn/clinician/alerts`, asPage(patientUrl));
  expect(alerts.status()).toBe(404);
  const key = await clinician.request.post(`${clinicianUrl}/fn/patient/form_start`, asPage(clinicianUrl));
  expect(key.status()).toBe(404);
});

test("a patient cannot open another's receipt", async ({ patient, open }) => {
  await patient.page.goto(`${patientUrl}/send/weight`);
  await patient.page.locator("html[data-alive]").waitFor({ state: "attached" });
  await patient.page.getByLabel("Weight").fill("70");
  await patient.page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(patient.page).toHaveURL(/\/sent\//);
  const other = await open();
  await signUp(other, newName());
  const answer = await other.goto(patient.page.url());
  expect(answer.status()).toBe(404);
  await expect(other.getByText("70.0 kg")).toBeHidden();
});

test("signing out ends the session", async ({ patient }) => {
  await patient.page.goto(`${patientUrl}/me`);
  await expect(patient.page.getByText(patient.name)).toBeVisible();
  await patient.page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(patient.page).toHaveURL(`${patientUrl}/sign-in`);
  await patient.page.goto(`${patientUrl}/history`);
  await expect(patient.page).toHaveURL(`${patientUrl}/sign-in`);
  await signIn(patient.page, patientUrl, { username: patient.name });
});
