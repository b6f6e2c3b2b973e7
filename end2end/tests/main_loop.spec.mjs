// From a patient's tap to a clinician's screen.

import {
  CLINICIAN, clinicianUrl, expect, newName, patientUrl, pressInRow, rowOf, sendScore, signIn, signUp, test,
  visit,
} from "../support/fixtures.mjs";

test("a patient sends 9 and the clinician's open page shows it without a reload", async ({
  clinician, patient,
}) => {
  await visit(clinician, `${clinicianUrl}/`);
  await expect(clinician.getByText("Live", { exact: true })).toBeVisible();

  await sendScore(patient.page, 9);
  await expect(patient.page.getByText("Your clinic has it.")).toBeVisible();
  await expect(patient.page.getByText("Your clinic has been alerted")).toBeVisible();

  const row = rowOf(clinician, patient.name);
  await expect(row).toBeVisible();
  await expect(row).toContainText("High");
  await expect(row).toContainText("9 of 10");
  await expect(row).toContainText("Score above threshold (7)");
  await expect(row.getByText("New", { exact: true })).toBeVisible();

  await row.getByRole("link", { name: patient.name }).click();
  await expect(clinician.getByRole("heading", { name: patient.name })).toBeFocused();
  await expect(clinician.getByRole("row").filter({ hasText: "9 of 10" })).toBeVisible();
});

test("who takes an alert over by keyboard is named on every open dashboard", async ({
  clinician, open, patient,
}) => {
  const other = await open();
  await signIn(other, clinicianUrl, CLINICIAN);
  await visit(other, `${clinicianUrl}/`);
  await expect(other.getByText("Live", { exact: true })).toBeVisible();
  await visit(clinician, `${clinicianUrl}/`);
  await sendScore(patient.page, 9);
  const name = `Take over: Symptom score 9 of 10, of ${patient.name}`;
  await expect(other.getByRole("button", { name })).toBeVisible();
  await clinician.getByRole("button", { name }).focus();
  await clinician.keyboard.press("Enter");
  const chip = rowOf(clinician, patient.name).getByText("Taken by clinician1");
  await expect(chip).toBeFocused();
  await expect(clinician.getByRole("button", { name })).toBeHidden();
  await expect(rowOf(other, patient.name)).toContainText("Taken by clinician1");
  await expect(other.getByRole("button", { name })).toBeHidden();
});

test("an alert that cannot be taken over says so in its row", async ({ clinician, patient }) => {
  await sendScore(patient.page, 9);
  await visit(clinician, `${clinicianUrl}/`);
  const row = rowOf(clinician, patient.name);
  await clinician.route("**/fn/clinician/acknowledge_alert", (route) => route.abort());
  await pressInRow(row.getByRole("button"));
  await expect(row.getByRole("alert")).toContainText("No connection to HealthFlow");
  await clinician.unroute("**/fn/clinician/acknowledge_alert");
  await pressInRow(row.getByRole("button"));
  await expect(row).toContainText("Taken by clinician1");
  await expect(row.getByRole("alert")).toBeHidden();
});

test("an ordinary value raises no alert and stands in the history", async ({ patient }) => {
  const { page } = patient;
  await visit(page, `${patientUrl}/send/heart_rate`);
  await page.getByLabel("Heart rate").fill("72");
  await page.getByText("Add a note").click();
  await page.getByLabel("Note").fill("after a walk");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeFocused();
  await expect(page.getByText("72 per minute")).toBeVisible();
  await expect(page.getByText("Your clinic has been alerted")).toBeHidden();
  await page.getByRole("link", { name: "History" }).click();
  await expect(page.getByRole("listitem").filter({ hasText: "after a walk" })).toBeVisible();
});

test("every kind can be sent", async ({ patient }) => {
  const { page } = patient;
  const fields = {
    blood_pressure: { systolic: "120", diastolic: "80" },
    heart_rate: { value: "64" },
    oxygen_saturation: { value: "97" },
    temperature: { value: "36,9" },
    respiratory_rate: { value: "15" },
    weight: { value: "71.4" },
    glucose: { value: "5.6" },
  };
  for (const [kind, values] of Object.entries(fields)) {
    await visit(page, `${patientUrl}/send/${kind}`);
    for (const [id, value] of Object.entries(values)) await page.locator(`#${id}`).fill(value);
    if (kind === "glucose") await page.getByRole("radio", { name: "mmol/L" }).check({ force: true });
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
  }
  await page.getByRole("link", { name: "Done" }).click();
  for (const value of ["120/80 mmHg", "64 per minute", "97 %", "36.9 °C", "15 per minute", "71.4 kg", "5.6 mmol/L"]) {
    await expect(page.getByText(value).first()).toBeVisible();
  }
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a patient signs up and sends 9, and the clinician's reloaded page shows it", async ({ open }) => {
    const [patient, clinician, name] = [await open(), await open(), newName()];
    await signIn(clinician, clinicianUrl, CLINICIAN);
    await expect(clinician.getByText("Not live: reload the page")).toBeVisible();
    await signUp(patient, name);
    await sendScore(patient, 9);
    await expect(patient.getByText("Your clinic has been alerted")).toBeVisible();
    await expect(async () => {
      await clinician.reload();
      await expect(rowOf(clinician, name)).toContainText("9 of 10", { timeout: 500 });
    }).toPass();
    await rowOf(clinician, name).getByRole("button", { name: `Take over: Symptom score 9 of 10, of ${name}` }).click();
    await expect(rowOf(clinician, name)).toContainText("Taken by clinician1");
    await rowOf(clinician, name).getByRole("link", { name }).click();
    await expect(clinician.getByRole("heading", { name })).toBeVisible();

    await patient.getByRole("link", { name: "History" }).click();
    await expect(patient.getByRole("listitem").filter({ hasText: "9 of 10" })).toBeVisible();
    await patient.getByRole("link", { name: "Me", exact: true }).click();
    await patient.getByRole("button", { name: "Sign out", exact: true }).click();
    await expect(patient).toHaveURL(`${patientUrl}/sign-in`);
  });
});
