// Filling in, going wrong, mending.

import { expect, newName, patientUrl, sendScore, signUp, test, visit } from "../support/fixtures.mjs";
import { dizzy170ComesBack, enterDizzy170 } from "../support/unsent.mjs";

const summary = (page) => page.getByRole("alert");
/** Where a page is, without the port, which may be any number. */
const place = (page) => page.url().slice(patientUrl.length);

async function slips(page, scripted) {
  await visit(page, `${patientUrl}/send/symptom_score`, { scripted });
  await page.getByRole("button", { name: "Send", exact: true }).click();
  const missing = summary(page).getByRole("link", { name: "Choose a number from 1 to 10." });
  await expect(missing).toHaveAttribute("href", "#score");
  await missing.click();
  if (scripted) await expect(page.getByRole("radio", { name: "1", exact: true })).toBeFocused();

  await visit(page, `${patientUrl}/send/heart_rate`, { scripted });
  await page.getByLabel("Heart rate").fill("999");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  const beyond = summary(page).getByRole("link", { name: /from 20 to 300 per minute/ });
  await expect(beyond).toHaveAttribute("href", "#value");
  await expect(page.getByLabel("Heart rate")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Heart rate")).toHaveAccessibleDescription(/Please check your heart rate/);
  expect(place(page)).toMatch(/^\/send\/heart_rate(\?came_back=[0-9a-f-]{36})?$/);
  await expect(page.getByLabel("Heart rate")).toHaveValue("999");
}

test("a slip is shown at its field at once", async ({ patient }) => {
  await slips(patient.page, true);
  await expect(summary(patient.page)).toBeFocused();
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a slip is shown at its field after the page comes back", async ({ open }) => {
    const page = await open();
    await signUp(page, newName());
    await slips(page, false);
  });

  test("everything that was entered comes back, and goes once it was taken", async ({ open }) => {
    const page = await open();
    await signUp(page, newName());
    await visit(page, `${patientUrl}/send/glucose`, { scripted: false });
    const note = "<b>after</b> lunch & a walk";
    await page.getByLabel("Blood sugar").fill("9999");
    await page.getByRole("radio", { name: "mmol/L" }).check({ force: true });
    await page.getByText("Add a note").click();
    await page.getByLabel("Note", { exact: true }).fill(note);
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await expect(summary(page)).toBeVisible();
    for (const again of [false, true]) {
      if (again) await page.reload();
      await expect(page.getByLabel("Blood sugar")).toHaveValue("9999");
      await expect(page.getByRole("radio", { name: "mmol/L" })).toBeChecked();
      await expect(page.getByLabel("Note", { exact: true })).toHaveValue(note);
    }
    await page.getByLabel("Blood sugar").fill("5.5");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
    await expect(page.getByText(note)).toBeVisible();
    const cookies = await page.context().cookies();
    expect(cookies.filter(({ name }) => name.endsWith("_typed"))).toEqual([]);
  });

  test("an unusual value is asked for again, can be changed, and is never refused", async ({ open }) => {
    const page = await open();
    await signUp(page, newName());
    for (const temperature of ["39.4", "39,6"]) {
      await visit(page, `${patientUrl}/send/temperature`, { scripted: false });
      await page.getByLabel("Temperature").fill(temperature);
      await page.getByRole("button", { name: "Send", exact: true }).click();
      const shown = `You entered ${temperature.replace(",", ".")} °C`;
      await expect(page.getByRole("heading", { name: shown })).toBeVisible();
      await expect(summary(page)).toBeHidden();
      expect(place(page)).not.toMatch(/39[.,]/);
      if (temperature === "39.4") await page.getByRole("link", { name: "No, change it" }).click();
    }
    await page.getByRole("button", { name: "Yes, send 39.6 °C" }).click();
    await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
    await expect(page.getByText("39.6 °C")).toBeVisible();
    await page.getByRole("link", { name: "History" }).click();
    await expect(page.getByText(/39.4/)).toBeHidden();
  });

  test("after Back nothing is said to be unsent that was sent", async ({ open }) => {
    const page = await open();
    await signUp(page, newName());
    await visit(page, `${patientUrl}/send/heart_rate`, { scripted: false });
    await page.getByLabel("Heart rate").fill("150");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByRole("button", { name: "Yes, send 150 per minute" }).click();
    await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
    await page.goBack();
    await expect(page.getByLabel("Heart rate")).toHaveValue("");
    await expect(summary(page)).toBeHidden();
    await expect(page.getByText("You entered")).toBeHidden();
  });

  test("what was sent after the session was over comes back to its owner, unsent", async ({ open }) => {
    const [page, name] = [await open(), newName()];
    await signUp(page, name);
    await visit(page, `${patientUrl}/send/heart_rate`, { scripted: false });
    await enterDizzy170(page);
    const tab = await page.context().newPage();
    await visit(tab, `${patientUrl}/me`, { scripted: false });
    await tab.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await dizzy170ComesBack(page, name);
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByRole("button", { name: "Yes, send 170 per minute" }).click();
    await expect(page.getByText("dizzy")).toBeVisible();
  });

  test("a name that cannot be used comes back, a password does not", async ({ open }) => {
    const page = await open();
    await visit(page, `${patientUrl}/sign-up`, { scripted: false });
    await page.getByLabel("User name").fill("no\u2028body");
    await page.getByLabel("Password").fill("short");
    await page.getByRole("button", { name: "Create account" }).click();
    await expect(summary(page)).toBeVisible();
    await expect(page.getByLabel("User name")).toHaveValue("no\u2028body");
    await expect(page.getByLabel("Password")).toHaveValue("");
  });

  test("a wrong password is told at the form", async ({ open }) => {
    const [page, name] = [await open(), newName()];
    await signUp(await open(), name);
    await page.goto(`${patientUrl}/sign-in`);
    await page.getByLabel("User name").fill(name);
    await page.getByLabel("Password").fill("wrong password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(summary(page)).toContainText("User name or password is wrong");
    await expect(page.getByLabel("User name")).toHaveValue(name);
    await expect(page.getByLabel("Password")).toHaveValue("");
  });

  test("a form posted twice counts once", async ({ open }) => {
    const [page, name] = [await open(), newName()];
    await signUp(page, name);
    await page.goto(`${patientUrl}/send/weight`);
    const form = {
      page_of: name, kind: "weight", unit: "kg", value: "70", note: "",
      idempotency_key: await page.locator("[name=idempotency_key]").inputValue(),
    };
    const headers = { accept: "text/html", origin: patientUrl, referer: page.url() };
    const post = () =>
      page.request.post(`${patientUrl}/fn/patient/submit_observation`, { form, headers, maxRedirects: 0 });
    const [first, second] = [await post(), await post()];
    expect(first.status()).toBe(302);
    expect(second.headers().location).toBe(first.headers().location);
    await expect(async () => {
      await page.goto(`${patientUrl}/history`);
      await expect(page.getByRole("listitem").filter({ hasText: "70.0 kg" })).toHaveCount(1, { timeout: 500 });
    }).toPass();
  });
});

test("a double tap counts once", async ({ patient }) => {
  const { page } = patient;
  await visit(page, `${patientUrl}/send/weight`);
  await page.getByLabel("Weight").fill("70");
  await page.getByRole("button", { name: "Send", exact: true }).dblclick();
  await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
  await visit(page, `${patientUrl}/history`);
  await expect(page.getByRole("listitem").filter({ hasText: "70.0 kg" })).toHaveCount(1);
});

test("an unusual value is asked for again, can be changed, and is never refused", async ({ patient }) => {
  const { page } = patient;
  await visit(page, `${patientUrl}/send/heart_rate`);
  await page.getByLabel("Heart rate").fill("150");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(page.getByRole("heading", { name: "You entered 150 per minute" })).toBeFocused();
  await page.getByRole("link", { name: "No, change it" }).click();
  await expect(page.getByLabel("Heart rate")).toBeFocused();
  await expect(page.getByLabel("Heart rate")).toHaveValue("150");
  await page.getByLabel("Heart rate").fill("152");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Yes, send 152 per minute" }).click();
  await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeFocused();
});

test("an ended session loses nothing that was entered", async ({ patient }) => {
  const { page } = patient;
  await visit(page, `${patientUrl}/send/heart_rate`);
  await page.getByLabel("Heart rate").fill("72");
  const cookies = await page.context().cookies();
  await page.context().clearCookies();
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(summary(page).getByRole("link", { name: /Sign in to go on/ })).toHaveAttribute("target", "_blank");
  await expect(page.getByLabel("Heart rate")).toHaveValue("72");
  await page.context().addCookies(cookies);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
});

test("a lost connection loses nothing that was entered", async ({ patient }) => {
  const { page } = patient;
  await visit(page, `${patientUrl}/send/heart_rate`);
  await page.getByLabel("Heart rate").fill("72");
  await page.context().setOffline(true);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(summary(page)).toContainText("No connection to HealthFlow");
  await page.context().setOffline(false);
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
});

test("a lost connection is told beside the question whether a value is right", async ({ patient }) => {
  const { page } = patient;
  await visit(page, `${patientUrl}/send/heart_rate`);
  await page.getByLabel("Heart rate").fill("150");
  await page.getByRole("button", { name: "Send", exact: true }).click();
  const sure = page.getByRole("button", { name: "Yes, send 150 per minute" });
  await page.context().setOffline(true);
  await sure.click();
  await expect(summary(page)).toContainText("No connection to HealthFlow");
  await page.context().setOffline(false);
  await sure.click();
  await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
});

test("a value can be sent with the keyboard alone", async ({ patient }) => {
  const { page } = patient;
  await visit(page, `${patientUrl}/`);
  const tabTo = async (target) => {
    for (let step = 0; step < 40; step += 1) {
      await page.keyboard.press("Tab");
      if (await target.evaluate((element) => element === document.activeElement)) return;
    }
    throw new Error("the keyboard does not get there");
  };
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("#main")).toBeFocused();
  await tabTo(page.getByRole("link", { name: /How strong are your symptoms/ }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "How strong are your symptoms?" })).toBeFocused();
  await tabTo(page.getByRole("radio", { name: "1", exact: true }));
  await page.keyboard.press("Space");
  for (let step = 1; step < 4; step += 1) await page.keyboard.press("ArrowRight");
  await tabTo(page.getByRole("button", { name: "Send", exact: true }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeFocused();
  await expect(page.getByText("4 of 10")).toBeVisible();
});

test("times are shown in the zone of the person", async ({ patient }) => {
  const { page } = patient;
  await sendScore(page, 3);
  await visit(page, `${patientUrl}/history`);
  const time = page.locator("time").first();
  const at = new Date(await time.getAttribute("datetime"));
  const expected = at.toLocaleTimeString("en-GB", { timeZone: "Europe/Berlin", hour: "2-digit", minute: "2-digit" });
  await expect(time).toContainText(expected);
});
