// What moves on a page by itself, as the browser measures it.

/** Has every document of `page` count its layout shifts. */
export async function countShifts(page) {
  await page.addInitScript(() => {
    globalThis.shifts = [];
    const name = ({ node }) => {
      const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
      return element ? `${element.tagName.toLowerCase()}.${element.className}` : "?";
    };
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput, sources } of list.getEntries()) {
        // What somebody has just asked for by a click may move things.
        if (hadRecentInput) continue;
        const what = sources.map((source) => {
          const { previousRect: from, currentRect: to } = source;
          return `${name(source)} ${from.x},${from.y},${from.width}×${from.height} → ${to.x},${to.y},${to.width}×${to.height}`;
        });
        globalThis.shifts.push({ value, what });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
}

/** How much of the present document moved, and what. */
export async function shiftsOf(page) {
  const shifts = await page.evaluate(() => globalThis.shifts ?? []);
  const sum = shifts.reduce((total, { value }) => total + value, 0);
  const words = shifts.map(({ value, what }) => `${value.toFixed(4)}: ${what.join("; ")}`);
  return { sum, words };
}
