// What moves on a page by itself, as the browser measures it.

export const SHIFT_MAX = 0.01;

/** Has every document of `page` count its layout shifts from its next load on. What somebody has just
 * asked for by a click may move things, and so may the answer to a form, however long it takes;
 * `afterInput` counts that too. */
export async function countShifts(page, { afterInput = false } = {}) {
  await page.addInitScript((afterInput) => {
    globalThis.shifts = [];
    let isSent = false;
    addEventListener("submit", () => { isSent = true; }, true);
    const name = ({ node }) => {
      const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
      return element ? `${element.tagName.toLowerCase()}.${element.className}` : "?";
    };
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput, sources } of list.getEntries()) {
        if ((hadRecentInput || isSent) && !afterInput) continue;
        const what = sources.map((source) => {
          const { previousRect: from, currentRect: to } = source;
          return `${name(source)} ${from.x},${from.y},${from.width}×${from.height} → ${to.x},${to.y},${to.width}×${to.height}`;
        });
        globalThis.shifts.push({ value, what });
      }
    }).observe({ type: "layout-shift", buffered: true });
  }, afterInput);
}

/** How much of the present document has moved when it has been there for `settledMs` more, and what. */
export async function shiftsOf(page, settledMs = 50) {
  const shifts = await page.evaluate((settledMs) => new Promise((done) => {
    requestAnimationFrame(() => setTimeout(() => done(globalThis.shifts ?? []), settledMs));
  }), settledMs);
  const sum = shifts.reduce((total, { value }) => total + value, 0);
  const words = shifts.map(({ value, what }) => `${value.toFixed(4)}: ${what.join("; ")}`);
  return { sum, words };
}
