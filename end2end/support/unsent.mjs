// What was entered and not sent, because nobody was signed in any more.

import { expect, PASSWORD } from "./fixtures.mjs";

/** Enters what would be lost, on the page of a heart rate. */
export async function enterDizzy170(page) {
  await page.getByLabel("Heart rate").fill("170");
  await page.getByText("Add a note").click();
  await page.getByLabel("Note", { exact: true }).fill("dizzy");
}

/** The page on which to sign in says that it was not saved; its owner signs in and finds it, unsent. */
export async function dizzy170ComesBack(page, name) {
  await expect(page.getByText("what you entered was not saved")).toBeVisible();
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("This was not sent")).toBeVisible();
  await expect(page.getByLabel("Heart rate")).toHaveValue("170");
  await expect(page.getByLabel("Note", { exact: true })).toHaveValue("dizzy");
}
