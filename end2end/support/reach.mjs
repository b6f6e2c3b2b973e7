// What keeps a page from being reached by somebody: with large type, by keyboard, with colours of
// their own. Each function gives a list of what is wrong.

/** Somebody reads with type of so many percent of the usual size. */
export async function enlarge(page, percent) {
  await page.evaluate((percent) => {
    document.documentElement.style.fontSize = `${percent}%`;
  }, percent);
}

/** What sticks out of the window at either side, and what is cut off within the page. */
export function beyondTheWindow(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const found = [];
    if (document.documentElement.scrollWidth > width) {
      found.push(`the page is ${document.documentElement.scrollWidth} px wide`);
    }
    for (const element of document.body.querySelectorAll("*")) {
      if (element.closest(".visually-hidden, .skip-link, svg, dialog:not([open])")) continue;
      const box = element.getBoundingClientRect();
      if (box.width === 0 || box.height === 0) continue;
      if (box.left < -1 || box.right > width + 1) {
        found.push(`${element.tagName}.${element.className}: ${box.left} to ${box.right}`);
      }
    }
    return found;
  });
}

/** Words that are printed over other words. */
export function wordsOverWords(page) {
  return page.evaluate(() => {
    const lines = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const parent = text.parentElement;
      if (!text.data.trim() || parent.closest(".visually-hidden, .skip-link, script, style, option")) continue;
      if (!parent.checkVisibility({ checkVisibilityCSS: true, contentVisibilityAuto: true })) continue;
      // Bars that stay in sight lie over what is scrolled; what is cut away is there for ears alone.
      const isAside = (element) => {
        const { position, clipPath } = getComputedStyle(element);
        return ["fixed", "sticky"].includes(position) || clipPath !== "none";
      };
      let around = parent;
      while (around && !isAside(around)) around = around.parentElement;
      if (around) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      for (const { left, right, top, bottom } of range.getClientRects()) {
        // The room above and below letters may meet that of other lines.
        const slack = (bottom - top) / 5;
        lines.push({ words: text.data.trim(), text, left, right, top: top + slack, bottom: bottom - slack });
      }
    }
    const found = [];
    lines.forEach((a, at) => {
      for (const b of lines.slice(at + 1)) {
        if (a.text === b.text) continue;
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > 1 && down > 1) found.push(`"${a.words}" and "${b.words}"`);
      }
    });
    return found;
  });
}

/** Text that is smaller than `floor` pixels, and paragraphs, fields and entries below `body`. */
export function tooSmall(page, { floor, body }) {
  return page.evaluate(({ floor, body }) => {
    const found = new Set();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      const parent = text.parentElement;
      if (!text.data.trim() || parent.closest("script, style")) continue;
      const size = Number.parseFloat(getComputedStyle(parent).fontSize);
      if (size < floor) found.add(`${size} px: "${text.data.trim()}"`);
    }
    for (const element of document.querySelectorAll("body, input:not([type=hidden]), textarea, button, .row__name, .check p")) {
      const size = Number.parseFloat(getComputedStyle(element).fontSize);
      if (size < body) found.add(`${size} px: ${element.tagName}.${element.className}`);
    }
    return [...found];
  }, { floor, body });
}

/** Goes once around the page with `key`, and tells which stops cannot be seen: under a bar, outside
 * the window, or without a mark that they have the focus. */
export async function unseenStops(page, key, stopsMax = 150) {
  await page.evaluate(() => {
    document.activeElement?.blur();
    getSelection()?.removeAllRanges();
  });
  const found = [];
  const seen = new Set();
  for (let step = 0; step < stopsMax; step += 1) {
    await page.keyboard.press(key);
    // The window may still be on its way there.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    const stop = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      window.healthflowStops ??= new Map();
      const stops = window.healthflowStops;
      if (!stops.has(element)) stops.set(element, stops.size);
      const shown = element.matches(".choice__input") ? element.parentElement : element;
      const name = `${element.tagName}.${element.className} "${(shown.textContent || element.name || "").trim().slice(0, 40)}"`;
      const box = shown.getBoundingClientRect();
      const [middle, inset] = [(box.left + box.right) / 2, Math.min(3, box.height / 2)];
      const covered = [box.top + inset, (box.top + box.bottom) / 2, box.bottom - inset]
        // What is higher than the window cannot be seen as a whole.
        .filter((y) => box.height < innerHeight * 0.7 || (y > 0 && y < innerHeight))
        .filter((y) => {
          const hit = document.elementFromPoint(middle, y);
          return !hit || !(shown.contains(hit) || hit.contains(shown));
        });
      const marked = [shown, element, ...shown.querySelectorAll("*")].some((part) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(part);
        return outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
      });
      return { id: stops.get(element), name, isCovered: covered.length > 0, isMarked: marked, box: `${box.top}–${box.bottom} of ${innerHeight}` };
    });
    // Where the round began is the browser's choice: it may be the end.
    if (!stop && seen.size === 0) continue;
    if (!stop || seen.has(stop.id)) break;
    seen.add(stop.id);
    if (stop.isCovered) found.push(`covered: ${stop.name} at ${stop.box}`);
    if (!stop.isMarked) found.push(`not marked: ${stop.name}`);
  }
  await page.evaluate(() => delete window.healthflowStops);
  return { found, stops: seen.size };
}

/** Links and buttons of one name that do different things. Two sessions that one browser began within
 * a minute are as good as one. */
export async function namesakes(page) {
  const controls = await page.locator("a[href], button").all();
  const named = new Map();
  for (const control of controls) {
    if (!(await control.isVisible())) continue;
    const does = await control.evaluate((element) =>
      element.matches("a") ? new URL(element.href).pathname : element.outerHTML.replace(/ (id|aria-\w+|data-\w+)="[^"]*"/g, "") + [...(element.form?.elements ?? [])].filter((field) => !["idempotency_key", "session_id"].includes(field.name)).map((field) => `${field.name}=${field.value}`));
    const snapshot = await control.ariaSnapshot();
    const name = snapshot.split("\n")[0].replace(/^- (link|button) ?/, "").replace(/[:\s]+$/, "");
    named.set(name, (named.get(name) ?? new Set()).add(does));
  }
  return [...named].filter(([, does]) => does.size > 1).map(([name, does]) => `${name}: ${[...does].join(" | ")}`);
}
