// The dashboard for everybody: large letters, the keyboard, forced colours, screen readers, and
// names as wide as can be.

import {
  ADMINISTRATOR, AUDITOR, CLINICIAN, clinicianUrl, expect, rowOf, sendScore, signIn, test, visit,
} from "../support/fixtures.mjs";
import { countShifts, SHIFT_MAX, shiftsOf } from "../support/shifts.mjs";
import { newStaff } from "../support/staff.mjs";
import { streamByHand } from "../support/stream.mjs";
import { seedWidePatient } from "../support/wide.mjs";

const PHONE = { width: 360, height: 740 };
const live = (page) => page.getByText("Live", { exact: true });

const places = [
  [CLINICIAN, ["/", "/emergency", "/account"]],
  [ADMINISTRATOR, ["/staff", "/operation", "/account"]],
  [AUDITOR, ["/audit"]],
];

/** What is wider than the window, or leaves it sideways. */
function tooWide(page) {
  return page.evaluate(() => {
    const wide = [];
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > width) wide.push(`page: ${document.documentElement.scrollWidth}`);
    for (const element of document.querySelectorAll("a, button, summary, input, textarea, h1, h2, p, .chip, .time, th, td")) {
      const { left, right, width: own } = element.getBoundingClientRect();
      const isHidden = own <= 1 || element.closest(".visually-hidden, .skip-link, thead");
      if (!isHidden && (right > width + 1 || left < -1)) wide.push(`${element.className || element.tagName}: ${left}–${right}`);
    }
    return wide;
  });
}

test("at 200 % text nothing leaves a phone, and signing out is in reach", async ({ open, request }) => {
  test.slow();
  const { alert } = await seedWidePatient(request);
  await newStaff();
  for (const [who, paths] of places) {
    const page = await open({ viewport: PHONE });
    await signIn(page, clinicianUrl, who);
    const own = who === CLINICIAN ? [...paths, `/patients/${alert.patient_id}`] : paths;
    for (const path of own) {
      await visit(page, `${clinicianUrl}${path}`);
      await page.evaluate(() => { document.documentElement.style.fontSize = "200%"; });
      expect(await tooWide(page), `${who.username} ${path}`).toEqual([]);
      const signOut = page.locator(".rail").getByRole("button", { name: "Sign out" });
      await expect(signOut).toBeInViewport({ ratio: 1 });
    }
    await page.context().close();
  }
});

/** Which stops of the keyboard are hidden under something, going back from the end of the page. */
async function hiddenStops(page, count) {
  const hidden = [];
  await page.evaluate(() => {
    scrollTo(0, document.documentElement.scrollHeight);
    const all = document.querySelectorAll("main a, main button");
    all[all.length - 1].focus();
  });
  for (let stop = 0; stop < count; stop += 1) {
    await page.keyboard.press("Shift+Tab");
    const found = await page.evaluate(async () => {
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      const element = document.activeElement;
      if (!element || element === document.body) return undefined;
      const { left, top, width, height } = element.getBoundingClientRect();
      const points = [[0.5, 0.5], [0.1, 0.1], [0.9, 0.9]];
      const seen = points.every(([x, y]) => {
        const there = document.elementFromPoint(left + width * x, top + height * y);
        return there && (element.contains(there) || there.contains(element));
      });
      return seen ? undefined : `${element.textContent.trim()} at ${Math.round(top)}`;
    });
    if (found) hidden.push(found);
  }
  return hidden;
}

for (const [width, height] of [[1440, 900], [768, 1024], [360, 740]]) {
  test(`no stop of the keyboard is hidden under a bar at ${width} px`, async ({ open }) => {
    test.slow();
    const page = await open({ viewport: { width, height } });
    await signIn(page, clinicianUrl, CLINICIAN);
    await visit(page, `${clinicianUrl}/`);
    await expect(live(page)).toBeVisible();
    expect(await hiddenStops(page, 80)).toEqual([]);
  });
}

test("no stop of the keyboard is hidden under the bar of a cut stream", async ({ open }) => {
  test.slow();
  const page = await open({ viewport: { width: 1024, height: 700 } });
  await signIn(page, clinicianUrl, CLINICIAN);
  await page.route("**/api/alerts/stream", (route) => route.abort());
  await visit(page, `${clinicianUrl}/`);
  await expect(page.getByRole("alert")).toBeVisible({ timeout: 15_000 });
  expect(await hiddenStops(page, 40)).toEqual([]);
});

test("the current part is told from the others where the system paints", async ({ open }) => {
  const page = await open({ forcedColors: "active" });
  await signIn(page, clinicianUrl, CLINICIAN);
  const style = (link) => link.evaluate((element) => {
    const { borderTopWidth, borderTopStyle, textDecorationLine } = getComputedStyle(element);
    return `${borderTopWidth} ${borderTopStyle} ${textDecorationLine}`;
  });
  const parts = page.getByRole("navigation", { name: "Parts of the dashboard" });
  const here = await style(parts.locator("[aria-current=page]"));
  const elsewhere = await style(parts.getByRole("link", { name: "Account" }));
  expect(here).toBe("2px solid underline");
  expect(here).not.toBe(elsewhere);
});

for (const width of [360, 768, 1024, 1440]) {
  test(`a name of 64 wide letters pushes nothing away at ${width} px`, async ({ open, request }) => {
    const { name, alert } = await seedWidePatient(request);
    const page = await open({ viewport: { width, height: 900 } });
    await signIn(page, clinicianUrl, CLINICIAN);
    await expect(live(page)).toBeVisible();
    await expect(rowOf(page, name).first()).toBeVisible();
    expect(await tooWide(page)).toEqual([]);
    const main = await page.locator("main").boundingBox();
    for (const button of await page.getByRole("button", { name: /^Take over/ }).all()) {
      const box = await button.boundingBox();
      expect(box.x + box.width).toBeLessThanOrEqual(main.x + main.width);
    }
    await visit(page, `${clinicianUrl}/patients/${alert.patient_id}`);
    expect(await tooWide(page)).toEqual([]);
  });
}

// Where most of the dashboard's people are, and where its tables are laid out otherwise. The scenes are
// measured one by one on demand (`npm run shifts`).
const SIZES = { 360: PHONE, 768: { width: 768, height: 1024 }, 1440: { width: 1440, height: 900 } };

for (const [who, paths] of places) {
  test(`nothing moves when a page comes alive: ${who.username}`, async ({ open, request }) => {
    test.slow();
    const page = await open();
    await countShifts(page);
    await signIn(page, clinicianUrl, who);
    await streamByHand(page);
    const all = [...paths];
    if (who === CLINICIAN) all.push(`/patients/${(await seedWidePatient(request)).alert.patient_id}`);
    if (who === ADMINISTRATOR) await newStaff();
    const tables = all.filter((path) => path === "/" || /^\/(patients|staff|audit)/.test(path));
    for (const [width, seen] of [[768, all], [360, tables], [1440, tables]]) {
      await page.setViewportSize(SIZES[width]);
      for (const path of seen) {
        await visit(page, `${clinicianUrl}${path}`);
        const { sum, words } = await shiftsOf(page);
        expect(sum, `${path} at ${width} px: ${words.join("\n")}`).toBeLessThanOrEqual(SHIFT_MAX);
      }
    }
  });
}

test("buttons of the same words are told apart by what and whose", async ({ clinician, patient }) => {
  await sendScore(patient.page, 8);
  await sendScore(patient.page, 9);
  await visit(clinician, `${clinicianUrl}/`);
  for (const value of [8, 9]) {
    const name = `Take over: Symptom score ${value} of 10, of ${patient.name}`;
    await expect(clinician.getByRole("button", { name, exact: true })).toBeVisible();
  }
});

for (const colorScheme of ["light", "dark"]) {
  test(`critical is louder than high in ${colorScheme}`, async ({ open }) => {
    const page = await open({ colorScheme });
    await page.goto(`${clinicianUrl}/design`);
    const loudness = (severity) => page.locator(`.chip--${severity}`).first().evaluate((chip) => {
      const paint = (color) => {
        const context = new OffscreenCanvas(1, 1).getContext("2d");
        context.fillStyle = color;
        context.fillRect(0, 0, 1, 1);
        const parts = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => {
          const share = part / 255;
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
      };
      const ground = getComputedStyle(document.body).getPropertyValue("background-color");
      const [one, other] = [paint(getComputedStyle(chip).backgroundColor), paint(ground)].sort((a, b) => b - a);
      return (one + 0.05) / (other + 0.05);
    });
    const [critical, high] = [await loudness("critical"), await loudness("high")];
    expect(critical).toBeGreaterThan(2 * high);
    const weight = (severity) => page.locator(`.chip--${severity}`).first()
      .evaluate((chip) => Number(getComputedStyle(chip).fontWeight));
    expect(await weight("critical")).toBeGreaterThan(await weight("high"));
  });
}
