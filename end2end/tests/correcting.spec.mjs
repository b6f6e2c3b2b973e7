// Putting right what was sent, and pages that come back: nothing is lost, nothing counts twice.

import { clinicianUrl, CLINICIAN, expect, newName, patientUrl, rowOf, signIn, signUp, test, visit } from "../support/fixtures.mjs";

async function send(page, kind, field, value, scripted = true) {
  await visit(page, `${patientUrl}/send/${kind}`, { scripted });
  await page.getByLabel(field).fill(value);
  await page.getByRole("button", { name: "Send", exact: true }).click();
}

async function sendDanger(page, scripted = true) {
  await send(page, "temperature", "Temperature", "39,4", scripted);
  await page.getByRole("button", { name: /^Yes, send/ }).click();
  await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
}

for (const scripted of [true, false]) {
  test.describe(scripted ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled: scripted });

    test("a slip is put right, and both apps show what stood there before", async ({ open }) => {
      const page = await open();
      const name = newName();
      await signUp(page, name);
      await sendDanger(page, scripted);
      await page.getByRole("link", { name: "Correct this" }).click();
      await expect(page.getByLabel("Temperature")).toHaveValue("39.4");
      await page.getByLabel("Temperature").fill("36.4 °C");
      await page.getByRole("button", { name: "Save the correction" }).click();
      await expect(page.getByRole("heading", { name: "Corrected", exact: true })).toBeVisible();
      await expect(page.getByText("36.4 °C")).toBeVisible();
      await expect(page.getByText("39.4 °C")).toBeVisible();
      const clinician = await open();
      await signIn(clinician, clinicianUrl, CLINICIAN);
      await expect(rowOf(clinician, name)).toContainText("Corrected");
      await rowOf(clinician, name).getByRole("link", { name }).click();
      await expect(clinician.getByText("Before:")).toBeVisible();
    });

    test("what should not be there is taken back and stays to be seen", async ({ open }) => {
      const page = await open();
      await signUp(page, newName());
      await send(page, "weight", "Weight", "70", scripted);
      await page.getByRole("link", { name: "Correct this" }).click();
      await page.getByText("It should not be here at all").click();
      await page.getByLabel("Why?").fill("my husband's");
      await page.getByRole("button", { name: "Take it back" }).click();
      await expect(page.getByRole("heading", { name: "Withdrawn", exact: true })).toBeVisible();
      await visit(page, `${patientUrl}/history`, { scripted });
      await expect(page.getByRole("listitem").filter({ hasText: "my husband's" }).first()).toContainText("Withdrawn");
      await expect(page.getByRole("link", { name: "Correct this" })).toBeHidden();
    });

    test("a correction of what was corrected meanwhile undoes nothing unseen", async ({ open }) => {
      const [page, name] = [await open(), newName()];
      await signUp(page, name);
      await send(page, "heart_rate", "Heart rate", "72", scripted);
      await page.getByRole("link", { name: "Correct this" }).click();
      await expect(page.getByLabel("Heart rate")).toHaveValue("72");
      const other = await open();
      await signIn(other, patientUrl, { username: name });
      await visit(other, page.url(), { scripted });
      await other.getByLabel("Heart rate").fill("152");
      await other.getByRole("button", { name: "Save the correction" }).click();
      await other.getByRole("button", { name: "Yes, send 152 per minute" }).click();
      await expect(other.getByRole("heading", { name: "Corrected", exact: true })).toBeVisible();

      await page.getByText("Add a note").click();
      await page.getByLabel("Note", { exact: true }).fill("after lunch");
      await page.getByRole("button", { name: "Save the correction" }).click();
      await expect(page.getByText("It was changed meanwhile: it says 152 per minute now")).toBeVisible();
      await expect(page.getByLabel("Heart rate")).toHaveValue("72");
      await expect(page.getByLabel("Note", { exact: true })).toHaveValue("after lunch");
      await page.getByRole("button", { name: "Save the correction" }).click();
      await expect(page.getByRole("heading", { name: "Corrected", exact: true })).toBeVisible();
      await expect(page.getByText("after lunch")).toBeVisible();
    });

    test("a correction of what was withdrawn meanwhile says so and is not lost", async ({ open }) => {
      const page = await open();
      await signUp(page, newName());
      await send(page, "weight", "Weight", "70", scripted);
      await page.getByRole("link", { name: "Correct this" }).click();
      await expect(page.getByLabel("Weight")).toHaveValue("70");
      const tab = await page.context().newPage();
      await visit(tab, page.url(), { scripted });
      await tab.getByText("It should not be here at all").click();
      await tab.getByLabel("Why?").fill("my husband's");
      await tab.getByRole("button", { name: "Take it back" }).click();
      await expect(tab.getByRole("heading", { name: "Withdrawn", exact: true })).toBeVisible();
      await page.getByLabel("Weight").fill("71");
      await page.getByRole("button", { name: "Save the correction" }).click();
      await expect(page.getByText("This value was withdrawn. Nothing was changed")).toBeVisible();
      await expect(page.getByLabel("Weight")).toHaveValue("71");
    });

    test("a form that Back brings again loses no value", async ({ open }) => {
      const page = await open();
      await signUp(page, newName());
      await send(page, "weight", "Weight", "70", scripted);
      await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
      await page.goBack();
      await page.getByLabel("Weight").fill("71");
      await page.getByRole("button", { name: "Send", exact: true }).click();
      await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
      await expect(page.getByText("71.0 kg")).toBeVisible();
      await visit(page, `${patientUrl}/history`, { scripted });
      await expect(page.getByText("70.0 kg")).toBeVisible();
      await expect(page.getByText("71.0 kg")).toBeVisible();
    });
  });
}

test("numbers are understood as people type them, or the fix is named", async ({ patient: { page } }) => {
  await send(page, "blood_pressure", "Upper number (systolic)", "１２０／８０");
  await expect(page.getByText("120/80 mmHg")).toBeVisible();
  await send(page, "temperature", "Temperature", "۳۶٫۸");
  await expect(page.getByText("36.8 °C")).toBeVisible();
  await send(page, "temperature", "Temperature", "101 °F");
  await expect(page.getByText(/take 32 away/).first()).toBeVisible();
  await page.getByLabel("Temperature").fill("1,500");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(page.getByText(/can be read in two ways/).first()).toBeVisible();
});
