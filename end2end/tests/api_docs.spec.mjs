// The page on which the API can be tried.

import AxeBuilder from "@axe-core/playwright";

import { expect, patientUrl, test } from "../support/fixtures.mjs";

test("the API can be tried in the browser", async ({ open }) => {
  const page = await open();
  await page.goto(`${patientUrl}/api/docs`);
  await page.getByRole("button", { name: "Try login" }).click();
  await expect(page.getByText("Signed in as clinician.")).toBeVisible();
  await page.getByRole("button", { name: "Try listAlerts" }).click();
  await expect(page.getByLabel("Answer to listAlerts")).toContainText("200 OK");
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`)).toEqual([]);
  }
});
