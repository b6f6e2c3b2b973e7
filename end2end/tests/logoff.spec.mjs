// The end of a session by time: warned of, put off by any key, seen through. The browser's clock
// is the test's own.

import AxeBuilder from "@axe-core/playwright";

import { clinicianUrl, expect, newName, patientUrl, signIn, signUp, test, visit } from "../support/fixtures.mjs";
import { dizzy170ComesBack, enterDizzy170 } from "../support/unsent.mjs";

// As the server is configured by default: 30 min, of which the page spares one (see `TimeUp`).
const WARNED_AFTER_MIN = 27;
const MINUTE_MS = 60_000;

const dialog = (page) => page.getByRole("dialog", { name: "Are you still there?" });
const stay = (page) => page.getByRole("button", { name: "Stay signed in" });

/** Does something and waits until the page knows that the server has heard of somebody since. An
    answer that is still on its way will not do: a clock moved on before it is read counts for it. */
async function heardAfter(page, act) {
  const sinceMs = await page.evaluate(() => Date.now());
  await act();
  const seenMs = () => page.evaluate(() => Number(localStorage.getItem("healthflow-seen-ms")));
  await expect.poll(seenMs).toBeGreaterThanOrEqual(sinceMs);
}

/** Opens `path` of the patient app for somebody new, with the clock in hand. */
async function begin(page, path = "/me") {
  await page.clock.install();
  await signUp(page, newName());
  await heardAfter(page, () => visit(page, `${patientUrl}${path}`));
}

test("whoever does nothing is warned, then signed out, and told why", async ({ open }) => {
  const page = await open();
  await begin(page);
  await page.clock.fastForward((WARNED_AFTER_MIN - 1) * MINUTE_MS);
  await expect(dialog(page)).toBeHidden();
  await page.clock.fastForward(MINUTE_MS + 1_000);
  await expect(dialog(page)).toBeVisible();
  await expect(dialog(page)).toContainText("Less than 2 minutes left.");
  await page.clock.fastForward(MINUTE_MS);
  await expect(dialog(page)).toContainText("Less than a minute left.");
  await page.clock.fastForward(MINUTE_MS);
  await expect(page).toHaveURL(`${patientUrl}/sign-in?after=idle`);
  await expect(page.getByText("You were signed out because nothing was done for a while.")).toBeVisible();
  await page.goto(`${patientUrl}/history`);
  await expect(page).toHaveURL(`${patientUrl}/sign-in`);
});

test("what was entered when the time was up comes back to its owner, unsent", async ({ open }) => {
  const page = await open();
  await page.clock.install();
  const name = newName();
  await signUp(page, name);
  await heardAfter(page, () => visit(page, `${patientUrl}/send/heart_rate`));
  await enterDizzy170(page);
  await page.clock.fastForward(WARNED_AFTER_MIN * MINUTE_MS + 1_000);
  await expect(dialog(page)).toBeVisible();
  await page.clock.fastForward(2 * MINUTE_MS);
  await expect(page).toHaveURL(`${patientUrl}/sign-in?after=idle`);
  await dizzy170ComesBack(page, name);
  await page.locator("html[data-alive]").waitFor({ state: "attached" });
  const here = page.url();
  await page.getByRole("button", { name: "Send", exact: true }).click();
  await page.getByRole("button", { name: "Yes, send 170 per minute" }).click();
  await expect(page.getByRole("heading", { name: "Sent", exact: true })).toBeVisible();
  await page.goto(here);
  await expect(page.getByText("This was not sent")).toBeHidden();
  await expect(page.getByLabel("Heart rate")).toHaveValue("");
});

test("the warning is answered by keyboard, and gives the focus back", async ({ open }) => {
  const page = await open({ reducedMotion: "reduce" });
  await begin(page, "/send/heart_rate");
  await page.getByLabel("Heart rate").fill("72");
  await page.getByLabel("Heart rate").focus();
  await page.clock.fastForward(WARNED_AFTER_MIN * MINUTE_MS + 1_000);
  await expect(dialog(page)).toBeVisible();
  await expect(stay(page)).toBeFocused();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  }
  await heardAfter(page, () => page.keyboard.press("Escape"));
  await expect(dialog(page)).toBeHidden();
  await expect(page.getByLabel("Heart rate")).toBeFocused();
  await expect(page.getByLabel("Heart rate")).toHaveValue("72");

  await page.clock.fastForward(WARNED_AFTER_MIN * MINUTE_MS + 1_000);
  await expect(stay(page)).toBeFocused();
  await heardAfter(page, () => page.keyboard.press("Enter"));
  await expect(dialog(page)).toBeHidden();
  await page.clock.fastForward((WARNED_AFTER_MIN - 1) * MINUTE_MS);
  await expect(dialog(page)).toBeHidden();
});

test("a key is a sign of life, told to the server once a minute at most", async ({ open }) => {
  const page = await open();
  await begin(page);
  let calls = 0;
  page.on("request", (request) => (calls += request.url().endsWith("/fn/session/stay_signed_in") ? 1 : 0));
  await page.clock.fastForward(30_000);
  for (const key of ["a", "b", "c"]) await page.keyboard.press(key);
  await page.clock.fastForward(10_000);
  expect(calls).toBe(0);
  await heardAfter(page, () => page.clock.fastForward(25 * MINUTE_MS));
  expect(calls).toBe(1);
  await page.clock.fastForward((WARNED_AFTER_MIN - 1) * MINUTE_MS);
  await expect(dialog(page)).toBeHidden();
});

test("activity in one tab keeps the others", async ({ open }) => {
  const page = await open();
  await begin(page);
  const other = await page.context().newPage();
  await heardAfter(page, () => visit(other, `${patientUrl}/history`));
  // All pages of a browser share the clock.
  await page.clock.fastForward(WARNED_AFTER_MIN * MINUTE_MS + 1_000);
  await expect(dialog(page)).toBeVisible();
  await expect(dialog(other)).toBeVisible();
  await stay(other).press("Enter");
  await expect(dialog(other)).toBeHidden();
  await page.clock.fastForward(1_000);
  await expect(dialog(page)).toBeHidden();
});

test("the whole time runs out however busy somebody is", async ({ open }) => {
  const page = await open();
  await page.clock.install();
  await signIn(page, clinicianUrl, { username: "clinician1", password: "demo" });
  await heardAfter(page, () => visit(page, `${clinicianUrl}/account`));
  // Busy all day: the server hears of it, and answers as if no time had passed.
  await page.route("**/fn/session/stay_signed_in", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), ends_in_s: 90 } });
  });
  await page.keyboard.press("a");
  await heardAfter(page, () => page.clock.fastForward(MINUTE_MS + 1_000));
  await page.clock.fastForward(1_000);
  const ends = page.getByRole("dialog", { name: "Your session ends soon" });
  await expect(ends).toBeVisible();
  await expect(stay(page)).toBeHidden();
  await page.getByRole("button", { name: "Go on until then" }).click();
  await expect(ends).toBeHidden();
  await page.clock.fastForward(10_000);
  await expect(ends).toBeHidden();
  await page.clock.fastForward(2 * MINUTE_MS);
  await expect(page).toHaveURL(`${clinicianUrl}/sign-in?after=whole`);
  await expect(page.getByText("because no session lasts longer")).toBeVisible();
  // A dashboard that nobody looks at says so in its tab.
  await expect(page.getByText("New alerts do not arrive here")).toBeVisible();
  await expect(page).toHaveTitle("Signed out – HealthFlow");
  await expect(page.locator("link[rel=icon]")).toHaveAttribute("href", /^data:image/);
});
