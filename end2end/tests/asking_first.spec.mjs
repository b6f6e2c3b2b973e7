// What cannot be taken back, or concerns others, is asked first: with what will happen and to whom,
// and a reason that the audit log keeps.

import { ADMINISTRATOR, AUDITOR, clinicianUrl, expect, signIn, test, visit } from "../support/fixtures.mjs";
import { newStaff } from "../support/staff.mjs";

async function administrator(open, path) {
  const page = await open();
  await signIn(page, clinicianUrl, ADMINISTRATOR);
  await page.goto(`${clinicianUrl}${path}`);
  return page;
}

/** The question behind the button of this name. */
function question(page, label) {
  const summary = page.locator(`summary[aria-label="${label}"]`).or(page.locator("summary", { hasText: label }));
  return page.locator("details", { has: summary });
}

async function inAuditLog(open, words) {
  const page = await open();
  await signIn(page, clinicianUrl, AUDITOR);
  await page.goto(`${clinicianUrl}/audit`);
  await expect(page.getByRole("row").filter({ hasText: words })).toHaveCount(1);
}

async function disablingAsks(open, scripted) {
  const { username } = await newStaff();
  const page = await administrator(open, "/staff");
  if (scripted) await visit(page, `${clinicianUrl}/staff`);
  const row = page.getByRole("row").filter({ hasText: username });
  const asked = question(page, `Disable: ${username}`);
  await asked.locator("summary").click();
  await expect(asked.getByText(`${username} is signed out everywhere at once`)).toBeVisible();
  await expect(row).not.toContainText("Disabled");
  await asked.getByRole("button", { name: "Yes, disable" }).click();
  await expect(page.getByRole("alert").first()).toContainText("Say why, in a few words.");
  await expect(row).not.toContainText("Disabled");
  const again = question(page, `Disable: ${username}`);
  await expect(again.getByLabel("Reason"), "it is open where it was asked").toBeVisible();
  const reason = `Left the clinic, ${scripted ? "with" : "without"} JavaScript.`;
  await again.getByLabel("Reason").fill(reason);
  await again.getByRole("button", { name: "Yes, disable" }).click();
  await expect(row).toContainText("Disabled");
  await inAuditLog(open, `disabled ${username}: ${reason}`);
}

async function stoppingAsks(open, scripted) {
  const page = await administrator(open, "/operation");
  if (scripted) await visit(page, `${clinicianUrl}/operation`);
  const asked = question(page, "Stop everything but what cannot wait");
  await asked.locator("summary").click();
  await expect(asked.getByText("All patients, clinicians and programs")).toBeVisible();
  await asked.getByRole("button", { name: "Yes, stop everything else" }).click();
  await expect(page.getByRole("alert").first()).toContainText("Say why, in a few words.");
  await expect(page.getByText("Open for everybody")).toBeVisible();
}

for (const scripted of [true, false]) {
  test.describe(scripted ? "with JavaScript" : "without JavaScript", () => {
    test.use({ javaScriptEnabled: scripted });
    test("disabling somebody asks first, and keeps why", ({ open }) => disablingAsks(open, scripted));
    test("stopping everything asks first, and does nothing without a reason", ({ open }) =>
      stoppingAsks(open, scripted));
  });
}

test("a question is closed by Escape, and the focus stays", async ({ open }) => {
  const { username } = await newStaff();
  const page = await administrator(open, "/staff");
  await visit(page, `${clinicianUrl}/staff`);
  const asked = question(page, `Reset access: ${username}`);
  await asked.locator("summary").focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(asked.getByLabel("Reason")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(asked.getByLabel("Reason")).toBeHidden();
  await expect(asked.locator("summary")).toBeFocused();
});
